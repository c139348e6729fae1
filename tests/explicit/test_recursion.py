"""The recursion against the specification, and planted mistakes in it against the lines of the proof."""

from dataclasses import replace

import pytest

from checks.explicit import certificate, recursion
from checks.explicit.certificate import certify
from tests.adversary import adversarial, broken
from tests.explicit import oracle
from tests.explicit.constructed import CONSTRUCTED
from tests.explicit.mistakes import MISTAKES
from tests.runs import loose, small

NAMES = {
    "F": "F", "plus": "most_g", "minus": "least_g", "own": "own", "oth": "other", "P": "P", "beta": "beta",
    "spent": "spent",
}  # fmt: skip
MEASURED = ("v0", "b0", "d1", "dp", "G", "N")
runs = [small, loose, *CONSTRUCTED.values(), *(lambda seed=seed: adversarial(seed) for seed in range(40))]


def holds(interval, value, room=1e-12):
    return interval.lower - room * abs(value) <= value <= interval.upper + room * abs(value)


@pytest.mark.parametrize("make", runs[:6], ids=lambda make: make.__name__)
def test_what_is_measured_is_what_the_specification_says(make):
    run = make()
    m, q = certify(run).recursion.measured, oracle.measured(run)

    for name in MEASURED:
        assert holds(getattr(m, name), q[name]), name
    assert list(m.members) == q["M"] and m.steps == q["T"] and m.most == max(q["plus"], q["minus"])
    assert holds(m.scale * run.m, q["alpha"])
    for mu in range(4):
        assert holds(m.clean[mu], q["c"][mu]) and holds(m.noisy[mu], q["r"][mu])
        assert holds(m.missed[mu], sum(q["miss"][mu].values()))


def test_the_recursion_is_that_of_the_specification():
    compared = 0
    for run in (make() for make in runs):
        expected, known = oracle.recursion(oracle.measured(run)), certify(run).recursion
        if min(abs(h) for one in expected["h"] for h in one) < 1e-9:
            continue  # whether h is negative lies within rounding
        compared += 1
        for t, state in enumerate(known.states):
            for key, name in NAMES.items():
                assert holds(getattr(state, name), expected[key][t], 1e-9), (key, t)
            assert state.falling == expected["ok"][t]
            for mu in range(4):
                assert abs(state.h[mu].lower - expected["h"][t][mu]) < 1e-9
    assert compared > 30


def test_the_certified_margin_is_that_of_the_specification():
    compared = 0
    for run in (make() for make in runs):
        q, known = oracle.measured(run), certify(run).recursion
        expected = oracle.ends(q, oracle.recursion(q))
        for mu in range(4):
            assert holds(known.grown[mu], expected["S"][mu], 1e-9) or abs(expected["S"][mu]) < 1e-9
            assert holds(known.wrong_end[mu], expected["P"][mu], 1e-9)
            same = known.measured.members[mu] == q["M"][mu]  # no start lies within rounding of the boundary
            if known.lag_share[mu].lower > 0 and same:
                assert holds(known.lag_share[mu], 1 / expected["kappa"][mu], 1e-6)
                room, margin = 1e-7 * max(1, abs(expected["margin"][mu])), known.margin[mu]
                assert margin.lower - room <= expected["margin"][mu] <= margin.upper + room
                compared += 1
    assert compared > 60


def test_the_ends_of_the_certified_margin_are_close_together():
    for mu in range(4):
        margin = certify(small()).recursion.margin[mu]
        assert 0 < margin.upper - margin.lower < 1e-12 * margin.upper


def test_unequal_halves_enter_with_their_own_numbers():
    run = next(r for r in map(adversarial, range(200)) if 0 < r.positive.sum() < r.m and 2 * r.positive.sum() != r.m)
    m, positive = certify(run).recursion.measured, int(run.positive.sum())

    assert m.most == max(positive, run.m - positive)
    assert m.opposed == (run.m - positive, run.m - positive, positive, positive)


# ---- planted mistakes --------------------------------------------------------------------------------------

CAUGHT_BY = {
    "S1: d1 dropped": 3,
    "F: the smaller sign": 4,
    "h: clean and noisy swapped": 1,
    "P: d1 dropped": 25,
    "jump: d1 dropped": 25,
    "own half: beta_T dropped": 229,
    "other half: the wrong sign counted": 4,
}
"""Seeds of random runs that catch a mistake which no constructed run does."""


def refuted_conclusions(run):
    return {v.id for v in broken(replace(run)) if v.link is None}


def suspects(name):
    yield from (make() for make in CONSTRUCTED.values())
    yield from map(adversarial, (CAUGHT_BY.get(name, 0), *range(400)))


@pytest.mark.parametrize("name", MISTAKES)
def test_a_planted_mistake_is_refuted_by_a_conclusion(name, monkeypatch):
    monkeypatch.setattr(recursion, *MISTAKES[name])

    assert any(refuted_conclusions(run) for run in suspects(name))


def test_the_constructed_runs_refute_nothing_of_the_right_recursion():
    for make in CONSTRUCTED.values():
        assert broken(make()) == []


def test_swapped_counts_are_refuted(monkeypatch):
    right = certificate.measure

    def swapped(*args):
        m = right(*args)
        return replace(m, clean=m.noisy, noisy=m.clean)

    monkeypatch.setattr(certificate, "measure", swapped)
    assert any("S4.h" in refuted_conclusions(run) for run in suspects("counts"))


@pytest.mark.parametrize("name", ["dp", "G", "d1", "b0", "v0"])
def test_a_maximum_measured_too_small_is_refuted(name, monkeypatch):
    right = certificate.measure

    def small_one(*args):
        m = right(*args)
        return replace(m, **{name: getattr(m, name) * 0.1})

    monkeypatch.setattr(certificate, "measure", small_one)
    assert any(refuted_conclusions(run) for run in suspects(name))


def test_a_start_is_certified_up_to_the_steps_of_its_setting_and_not_without_end():
    from rfa import DoesNotApply
    from rfa.simulation import start
    from tests.runs import small_setting

    assert len(certify(start(small_setting(steps=2))).recursion.states) == 3
    with pytest.raises(DoesNotApply, match="evaluated up to T = 100000, and here T = 100000001"):
        certify(start(small_setting(K=10**8, record="light")))
