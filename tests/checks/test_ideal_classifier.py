"""Appendix D: exact values, Monte Carlo against them, and each claim and link failing where it should."""

from dataclasses import replace
from importlib import import_module
from math import erfc, exp, log, sqrt

import numpy as np
import pytest

from checks.ideal_classifier import ideal_classifier
from checks.ideal_masses import Masses, gaussian_masses, masses, plain, rate
from rfa import Outcome, Rounded, judge
from rfa.data import draw_centres, draw_fresh
from rfa.simulation import start
from tests.checks.faulty import broken, constant
from tests.planting import breaks, holding
from tests.runs import loose, rng, small, small_setting

file = import_module("checks.ideal_classifier")
PRINTED = {"U-AD2 P0→P1 (printed)"}
DRAWN = "U-AD0 X0→X1"
TIGHT = {"U-AD3 D1→D2", "U-AD3 P0→P1 (printed)"}


def upper(t):
    return erfc(t / sqrt(2)) / 2


def test_the_gaussian_values_are_those_of_the_specification():
    found = gaussian_masses(0.3)

    assert float(np.exp(found.wrong)[0]) == pytest.approx(0.018252, abs=5e-7)
    assert float(np.exp(gaussian_masses(sqrt(1 / 50)).wrong)[0]) == pytest.approx(5.7e-7, rel=0.01)


@pytest.mark.parametrize("sigma", [0.05, 0.3, 1.0, 5.0])
def test_the_gaussian_values_are_closed_forms(sigma):
    q, found = upper(1 / (sqrt(2) * sigma)), gaussian_masses(sigma)

    assert np.exp(found.wrong.value) == pytest.approx(np.full(4, 2 * q * (1 - q)))
    assert np.exp(found.far.value) == pytest.approx(4 * q * (1 - q))
    assert np.exp(found.third.value) == pytest.approx(np.full(2, 2 * upper(1 / (3 * sigma))))


def test_the_gaussian_values_are_frequencies_of_literal_draws():
    draws, sigma = 20_000, 0.4
    z = sigma * rng(5).standard_normal((draws, 2))
    wrong = sum(abs(1 + a) - abs(b) <= 0 for a, b in z) / draws
    far = sum(abs(a) + abs(b) >= 1 for a, b in z) / draws
    third = sum(abs(a) >= 1 / 3 for a, _ in z) / draws
    found = gaussian_masses(sigma)

    for seen, exact in ((wrong, found.wrong[0]), (far, found.far), (third, found.third[0])):
        assert seen == pytest.approx(exp(float(exact)), abs=5 * sqrt(0.25 / draws))


@pytest.mark.parametrize("clusters", ["laplace", "exponential", "ball", "rademacher"])
def test_sampled_values_agree_with_points_of_that_law_cluster_by_cluster(clusters):
    run = loose(clusters=clusters)
    points = draw_fresh(run.setting, draw_centres(run.setting), 40_000, rng(6))
    across = np.abs(points.X @ run.sample.mu.T)
    wrong = points.y_clean * (across[:, 0] - across[:, 1]) <= 0
    found = masses(run)

    assert not found.logs
    for mu in range(4):
        seen = rate(wrong[points.cluster == mu])
        assert abs(float(seen) - found.wrong.value[mu]) <= float(seen.error) + found.wrong.error[mu]


def test_a_random_orientation_does_not_change_the_error():
    straight, turned = loose(clusters="ball"), loose(clusters="ball", orientation="random")

    assert np.abs(plain(straight, "wrong").value - plain(turned, "wrong").value).max() < 0.02


def test_every_claim_and_link_that_can_hold_holds_on_a_tight_run():
    verdicts = holding(judge(ideal_classifier, small()))

    assert len(verdicts) == 18
    assert {id for id, v in verdicts.items() if not v.holds} == PRINTED | TIGHT | {DRAWN}
    assert all(verdicts[id].outcome is Outcome.SILENT for id in TIGHT)


@pytest.mark.parametrize("law", ["gaussian", "laplace"])
def test_fresh_points_can_refute_the_mean_over_the_clusters_and_not_confirm_it(law):
    right = small(sigma=0.3, clusters=law)
    found = [holding(judge(ideal_classifier, run))[DRAWN] for run in (right, replace(right, sigma=3.0))]

    assert found[0].outcome is Outcome.UNDECIDED and not found[0].fails
    assert found[1].fails and "not confirm" in found[0].reason
    breaks(ideal_classifier, right, replace(right, sigma=3.0), DRAWN)


def test_the_dimension_chain_holds_where_its_need_does():
    roomy = replace(small(), d=4000)
    verdicts = holding(judge(ideal_classifier, roomy))

    breaks(ideal_classifier, roomy, small(), "U-AD3 D1→D2")
    assert verdicts["U-AD3 D1→D2"].outcome is Outcome.CONFIRMED
    assert verdicts["U-AD3 P0→P1 (printed)"].outcome is Outcome.CONFIRMED


def test_the_text_s_comparison_of_root_d_fails_between_two_and_nine():
    longest = log(48 / 0.1) ** 2
    verdicts = holding(judge(ideal_classifier, replace(small(), d=round(4 * longest))))

    assert verdicts["U-AD3 P0→P1 (printed)"].outcome is Outcome.REFUTED
    assert verdicts["U-AD3 D1→D2"].outcome is Outcome.CONFIRMED


def test_the_printed_equivalence_is_off_by_a_factor_two():
    verdicts = holding(judge(ideal_classifier, small()))
    printed, repaired = verdicts["U-AD2 P0→P1 (printed)"], verdicts["U-AD2 P0→P1"]

    assert printed.outcome is Outcome.REFUTED and printed.link.gap == "G10"
    assert printed.rhs == pytest.approx(2 * printed.lhs)
    assert repaired.outcome is Outcome.CONFIRMED
    assert exp(-repaired.rhs / 3) == pytest.approx(sqrt(log(10) / 48))


def test_wide_clusters_break_the_bound_without_refuting_it():
    verdicts = holding(judge(ideal_classifier, loose(sigma=3.0, n=2000)))

    assert verdicts["RP.AD2"].outcome is Outcome.SILENT
    assert verdicts["AD.error"].outcome is Outcome.SILENT
    assert verdicts["U-AD2 X0→X1"].outcome is Outcome.SILENT


def test_a_law_without_log_concavity_takes_the_promise_away():
    heavy = small(clusters="student-t")
    verdicts = holding(judge(ideal_classifier, heavy))

    breaks(ideal_classifier, small(), heavy, "RP.concave")
    assert verdicts["RP.concave"].outcome is Outcome.SILENT
    assert verdicts["AD.error"].outcome is Outcome.BEYOND


def test_a_run_of_unknown_law_is_not_judged():
    assert judge(ideal_classifier, replace(small(), setting=None)).outcome is Outcome.NOT_APPLICABLE


@pytest.mark.parametrize(
    ("changes", "ids"),
    [
        ({"sigma": 3.0}, {"RP.AD2", "U-AD2 X0→X1"}),
        ({"sigma": 3.0, "delta": 0.999}, {"AD.error"}),
    ],
)
def test_planted_parameters_break_what_rests_on_them(changes, ids):
    breaks(ideal_classifier, small(), replace(small(), **changes), *ids)


def test_another_constant_breaks_the_step_that_quotes_A2(monkeypatch):
    right = file.largest_C
    wrong = constant(file, "largest_C", lambda *of: 3 * right(*of))

    broken(ideal_classifier, small(), wrong, {"U-AD1 X1→X2": {}}, monkeypatch)


@pytest.mark.parametrize(
    ("spoil", "id", "witness"),
    [
        (lambda m: m._replace(wrong=at(m.wrong, 2, 0.5)), "E56 X0→X1", {"mu": 2}),
        (lambda m: m._replace(far=m.far + 100.0), "E56 X1→X2", {}),
        (lambda m: m._replace(third=at(m.third, 1, 50.0)), "U-AD1 X0→X1", {"k": 1}),
    ],
)
def test_a_spoilt_mass_breaks_its_link_there(monkeypatch, spoil, id, witness):
    wrong = constant(file, "masses", lambda run: spoil(gaussian_masses(0.05)))

    broken(ideal_classifier, small(sigma=0.05), wrong, {id: witness}, monkeypatch)


def at(values: Rounded, index: int, added: float) -> Rounded:
    changed = values.value.copy()
    changed[index] += added + (abs(changed[index]) if added < 1 else 0)
    return Rounded(changed, values.error)


def test_one_label_that_is_no_sign_breaks_the_first_equality_there():
    run, fresh = replace(loose()), loose().fresh
    right = int(np.flatnonzero(fresh.y_clean * fresh.ideal > 0)[-1])
    doubled = fresh.y_clean * np.where(np.arange(len(fresh.y)) == right, 2, 1)
    run.__dict__["fresh"] = replace(fresh, y_clean=doubled)

    breaks(ideal_classifier, loose(), run, "U-AD0 F0→F1", f=right)


def test_masses_are_those_of_points_in_the_coordinates_of_the_sample():
    sizes = {"clusters": "ball", "d": 90, "sigma": 0.9, "n": 20, "m": 4, "C0": 2.0}
    reduced, direct = (start(small_setting(engine=engine, **sizes)) for engine in ("reduced", "direct"))
    assert reduced.sample.X.shape[1] < reduced.d

    for name in ("wrong", "far", "third"):
        one, other = getattr(masses(reduced), name), getattr(masses(direct), name)
        assert (one.value > 0.05).all() and (np.abs(one.value - other.value) <= one.error + other.error).all()


@pytest.mark.parametrize(
    ("name", "factor", "ids"),
    [
        ("log_ratio", 3.0, {"U-AD2 P0→P1", "U-AD3 X0→X1", "U-AD3 D0→D1"}),
        ("log_inverse_delta", 0.01, {"U-AD3 X1→X2", "U-AD3 X2→X3"}),
    ],
)
def test_a_wrong_logarithm_breaks_the_algebra(monkeypatch, name, factor, ids):
    right = getattr(file, name)
    wrong = constant(file, name, lambda run: factor * right(run))

    broken(ideal_classifier, small(), wrong, {id: {} for id in ids}, monkeypatch)


def test_masses_are_logarithms_for_gaussian_clusters_only():
    assert isinstance(masses(small()), Masses) and masses(small()).logs
    assert small_setting().clusters == "gaussian"
    assert np.isfinite(masses(small()).wrong.value).all()
