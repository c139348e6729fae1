"""Every mutant of the recursion and of what it measures differs from the specification on some constructed numbers."""

from dataclasses import replace
from functools import cache
from types import SimpleNamespace

import numpy as np
import pytest

from checks.explicit import recursion
from checks.explicit.intervals import Interval, exactly
from checks.explicit.recursion import Measured, Recursion, run_recursion
from tests.explicit import oracle
from tests.explicit.mutants import mutants, planted, source_of

STEPS = (
    "start", "advance", "with_outputs", "projection_bound", "output_bound", "decrease", "own_next", "wrong_next",
    "other_next", "beta_next", "jump", "wrong_end", "lag_share", "own_half", "other_half",
)  # fmt: skip
ENDS = ("grown", "first_gain", "last_gain", "wrong_end", "lag_share", "own_half", "other_half", "margin")
STATE = {
    "F": "F", "plus": "most_g", "minus": "least_g", "own": "own", "oth": "other", "P": "P", "beta": "beta",
    "spent": "spent",
}  # fmt: skip
PLACES = [*((recursion, name) for name in STEPS), *((Recursion, name) for name in ENDS), (Measured, "N")]


def numbers(seed: int) -> dict:
    """Numbers as they are measured, each drawn on its own, so that no two are equal; some are 0."""
    rng = np.random.default_rng(seed)
    sizes = {name: float(10 ** rng.uniform(-3, -0.5)) for name in ("v0", "b0", "d1", "dp", "G")}
    c, r = rng.dirichlet(np.ones(4)) * 0.8, rng.dirichlet(np.ones(4)) * 0.1
    q = {"m": 20, "plus": int(rng.integers(3, 18)), "T": int(rng.integers(1, 6)), "alpha": 10 ** rng.uniform(-2, 0.7)}
    q |= {"minus": 20 - q["plus"], "c": c.tolist(), "r": r.tolist(), **sizes}
    if seed % 5 == 0:
        q |= {"d1": 0.0, "c": [0.5, 0.5, 0.0, 0.0], "r": [0.0] * 4}
    if seed % 3 == 0:
        q |= {"plus": 10 + seed % 2, "minus": 10 - seed % 2, "c": (0.23 + 0.01 * rng.random(4)).tolist()}
        q |= {"r": (0.01 * rng.random(4)).tolist(), "T": int(rng.integers(4, 7)), "alpha": 0.08 * rng.random()}
        q |= {"v0": 0.3 * q["v0"], "b0": 0.01 * q["b0"], "d1": 0.1 * q["d1"], "dp": 0.01 * q["dp"], "G": 0.01 * q["G"]}
    if seed % 7 == 0:
        q["v0"] = 3.0
    q["N"] = max(q["c"][mu] + q["r"][oracle.OTHER[mu]] for mu in range(4))
    q["M"] = rng.integers(1, 9, 4).tolist()
    q["miss"] = [{0: float(x)} for x in rng.uniform(0, 0.3, 4)]
    return q


def as_measured(q: dict) -> Measured:
    """The same numbers for the recursion; N follows from the counts."""
    kept = {name: exactly(q[name]) for name in ("v0", "b0", "d1", "dp", "G")}
    return Measured(
        steps=q["T"], scale=exactly(q["alpha"]) / q["m"], most=max(q["plus"], q["minus"]),
        opposed=(q["minus"], q["minus"], q["plus"], q["plus"]),
        clean=tuple(map(exactly, q["c"])), noisy=tuple(map(exactly, q["r"])), members=tuple(q["M"]),
        missed=tuple(exactly(one[0]) for one in q["miss"]), **kept,
    )  # fmt: skip


@cache
def expected(seed: int) -> dict:
    q = numbers(seed)
    r = oracle.recursion(q)
    ends = oracle.ends(q, r)
    T, found = q["T"], {STATE[key]: r[key] for key in STATE}
    found |= {"falling": r["ok"], "h": r["h"], "grown": ends["S"], "wrong_end": ends["P"], "margin": ends["margin"]}
    found["first_gain"] = [r["h"][0][mu] - r["beta"][1] for mu in range(4)]
    found["last_gain"] = [ends["S"][mu] - r["beta"][T] for mu in range(4)]
    found["lag_share"] = [gain / r["plus"][0] for gain in found["first_gain"]]
    wrong = [q["minus"], q["minus"], q["plus"], q["plus"]]
    nothing = [-q["alpha"] * wrong[mu] / q["m"] * (ends["P"][mu] + r["beta"][T]) for mu in range(4)]
    found["margin"] = [
        e if gain > 0 else none for e, gain, none in zip(ends["margin"], found["first_gain"], nothing, strict=True)
    ]
    return found


def agrees(seed: int) -> bool:
    """Whether the recursion is that of the specification on the numbers of a seed."""
    wanted, known = expected(seed), run_recursion(as_measured(numbers(seed)))
    ends = ("grown", "wrong_end", "margin", "first_gain", "last_gain", "lag_share")
    return (
        len(known.states) == len(wanted["F"])
        and all(near(getattr(s, key), wanted[key][t]) for t, s in enumerate(known.states) for key in STATE.values())
        and all(near(*pair) for t, s in enumerate(known.states) for pair in zip(s.h, wanted["h"][t], strict=True))
        and [s.falling for s in known.states] == wanted["falling"]
        and all(near(*pair) for key in ends for pair in zip(getattr(known, key), wanted[key], strict=True))
    )


def near(interval, value) -> bool:
    room = 1e-9 * (1 + abs(value))
    return value - room <= interval.lower <= value + room and value - room <= interval.upper <= value + room


SEEDS = range(40)
EQUIVALENT = {
    "advance: s.falling and all((h.lower >= 0 for h in s.h)) → all((h.lower >= 0 for h in s.h))":
        "F_t never falls, so h^t never rises: once negative it stays so",
    "beta_next: largest(s.beta, m.b0 + m.dp * (own + other) + m.G * spent) → m.b0 + m.dp * (own + other) + m.G * spent":
        "own_t, P_t, Sg_t never fall, and `other` only grows where ok_t is lost",
    "other_half: r.measured.opposed[mu] → r.measured.opposed[OPPOSITE[mu]]":
        "y_mu = y_{-mu}",
}  # fmt: skip
"""Mutants that are the same function on all numbers that can occur, and why."""


def test_the_recursion_agrees_with_the_specification_on_all_constructed_numbers():
    assert all(agrees(seed) for seed in SEEDS)


def test_constructed_numbers_reach_both_sides_of_every_choice():
    found = [expected(seed) for seed in SEEDS]

    assert {f["falling"][-1] for f in found} == {True, False}
    assert {min(f["first_gain"]) > 0 for f in found} == {True, False}
    assert {min(f["margin"]) > 0 for f in found} == {True, False}
    assert {f["other"][-1] < f["own"][-1] for f in found} == {True, False}


@pytest.mark.parametrize(("owner", "name"), PLACES, ids=[f"{owner.__name__}.{name}" for owner, name in PLACES])
def test_every_mutant_differs_from_the_specification(owner, name, monkeypatch):
    for told, mutant in mutants(source_of(owner, name)):
        with monkeypatch.context() as patch:
            patch.setattr(owner, name, planted(owner, name, mutant))
            assert differs() is (told not in EQUIVALENT), told


def differs() -> bool:
    """Whether some number is not that of the specification, or cannot be computed."""
    try:
        return not all(agrees(seed) for seed in SEEDS) or not straddling()
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
        return True


def straddling() -> bool:
    """What is not certain is not claimed: an h that may be negative, a kappa that may not be positive."""
    m = as_measured(numbers(3))
    wide = replace(m, d1=Interval(0.0, 0.3))
    uncertain = [SimpleNamespace(lag_share=[Interval(low, 1.0)] * 4, last_gain=[], measured=m) for low in (-1.0, 0.0)]
    return (
        all(h.lower < 0 < h.upper for h in run_recursion(wide).states[0].h)
        and not run_recursion(wide).states[1].falling
        and all(recursion.own_half(r, 0).is_zero for r in uncertain)
    )


def test_what_is_not_certain_is_not_claimed():
    assert straddling()


def test_there_are_mutants_of_every_line():
    assert sum(1 for owner, name in PLACES for _ in mutants(source_of(owner, name))) > 200
