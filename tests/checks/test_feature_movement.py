from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from checks import feature_chains
from checks.feature_chains import Features
from checks.feature_movement import feature_movement
from rfa import Outcome, Rounded, judge
from rfa.data import draw_sample, draw_start
from rfa.simulation import trained
from tests.checks.faulty import broken, constant
from tests.checks.plants import (
    NEURON as J,
    clean_sample,
    in_sample,
    overridden,
    quantity,
    traced,
    with_pre,
)
from tests.planting import breaks, holding, in_weights, verdicts_of
from tests.runs import loose, small, small_setting

E = np.exp(-2.0)
T, HOME, K_HOME, K_OTHER, SIGN = 4, 3, 1, 0, -1
SAMPLE = 47
"""A sample; what is planted at a neuron of its home is planted at `OWN`."""


@cache
def quiet():
    """`small` without noise, on which Proposition 2 applies."""
    return small(noisy=0)


@cache
def half_asleep():
    """One neuron for each centre starts almost orthogonal to it, so that some samples of the cluster are asleep."""
    setting = small_setting(n=96, noisy=0, sigma=4e-6, C0=1e6, K=3)
    sample, (W, a) = draw_sample(setting), draw_start(setting)
    size = np.linalg.norm(W[0])
    for mu in range(4):
        centre = sample.centre[mu]
        first, *others = [j for j in range(12) if (a[j] > 0) == (mu < 2) and j % 2 == mu % 2]
        aside = np.eye(6)[2 + mu]
        W[first] = size * (4e-6 * centre + aside)
        W[others] = size * (0.5 * centre + 0.5 * aside)
    return trained(
        sample, a, W, step_size=1 / 12, steps=4, C0=1e6, omega_init=setting.omega_init, sigma=setting.sigma, eta=0.02,
        delta=0.1,
    )  # fmt: skip


OWN = int(np.flatnonzero(quiet().J[:, quiet().sample.cluster[SAMPLE]])[0])
K_OWN, OWN_SIGN = int(quiet().sample.cluster[SAMPLE]) // 2, 1 - 2 * (int(quiet().sample.cluster[SAMPLE]) % 2)

SECOND = tuple(np.flatnonzero(quiet().sample.cluster == 1))


def back(x):
    """A projection of neuron J far away from its home."""
    return -SIGN * 50 * abs(x)


PLANTED = {
    "RP.L3": (lambda r: traced(r, "norm", (0, J), 1.0), {"j": J}),
    "RP.E34": (lambda r: traced(r, "projection", (1, J, K_HOME), back), {"j": J}),
    "RP.alpha10": (lambda r: overridden(r, alpha=Rounded(0.1)), {}),
    "RP.D8": (lambda r: in_sample(r, SAMPLE, lambda x: 2 * x), {"i": SAMPLE}),
    "RP.u": (lambda r: overridden(r, u=Rounded(1.0)), {}),
    "RP.half": (lambda r: overridden(r, C0=2.0), {}),
    "P2.ratio": (lambda r: in_weights(r, T, slice(None), lambda W: r.weights[0]), {}),
    "U-P2b X0→X1": (lambda r: traced(r, "projection", (T, J, K_HOME), back), {"j": J}),
    "U-P2b X1→X2": (lambda r: overridden(r, alpha=Rounded(0.3)), {}),
    "E50 X0→X1": (lambda r: traced(r, "projection", (1, J, K_HOME), back), {"j": J}),
    "E50 X1→X2": (lambda r: traced(r, "projection", (T, J, K_HOME), back), {"j": J}),
    "E50 X2→X3": (lambda r: overridden(r, b=Rounded(0.3)), {}),
    "E51 X0→X1": (lambda r: traced(r, "moved", (T, J), 9.0), {"j": J}),
    "E51 X1→X2": (lambda r: overridden(r, alpha=Rounded(0.3)), {}),
    "E51 X2→X3": (lambda r: overridden(r, alpha=Rounded(9.0)), {}),
    "E51 R0→R1": (lambda r: overridden(r, alpha=Rounded(9.0)), {}),
    "E52 X0→X1": (lambda r: with_pre(r, T, (SAMPLE, OWN), 9.0), {"i": SAMPLE, "j": OWN}),
    "E52 X1→X2": (
        lambda r: traced(r, "projection", (T, OWN, K_OWN), lambda x: -50 * OWN_SIGN * abs(x)),
        {"j": OWN},
    ),
    "E52 X2→X3": (lambda r: traced(r, "moved", (T, OWN), 9e4), {"j": OWN}),
    "E52 X3→X4": (lambda r: overridden(r, D=Rounded(1.0)), {}),
    "E53 X0→X1": (lambda r: with_pre(r, T, (SAMPLE, OWN), -9.0), {"i": SAMPLE, "j": OWN}),
    "E53 X1→X2": (lambda r: with_pre(r, T, (SAMPLE, OWN), -9.0), {"i": SAMPLE, "j": OWN}),
    "E55 X0→X1": (lambda r: in_sample(r, SAMPLE, lambda x: 0 * x), {"i": SAMPLE}),
    "E55 X1→X2": (lambda r: overridden(r, J_size=np.array([3, 0, 3, 3])), {"i": SECOND}),
    "E55 X2→X3": (lambda r: overridden(r, C0=2.0), {}),
    "U-P2c X0→X1": (lambda r: with_pre(r, 0, (SAMPLE, OWN), 9.0), {"i": SAMPLE}),
    "U-P2c X1→X2": (lambda r: in_sample(r, SAMPLE, lambda x: 9 * x), {"i": SAMPLE}),
    "U-P2d X0→X1": (lambda r: overridden(r, u=Rounded(1e-9)), {}),
    "U-P2d X1→X2": (lambda r: overridden(r, u=Rounded(-1.0)), {}),
}


@pytest.mark.parametrize("id", PLANTED)
def test_a_planted_fault_is_found_where_it_was_planted(id):
    plant, at = PLANTED[id]
    breaks(feature_movement, quiet(), plant(quiet()), id, **at)


ASLEEP = {
    "E54 X0→X1": lambda r, i, j: with_pre(r, T, (i, j), -9.0),
    "E54 X1→X2": lambda r, i, j: with_pre(r, 0, (i, j), -9.0),
    "E54 X2→X3": lambda r, i, j: quantity(r, "norm", (0, j), 1.0),
    "E54 X3→X4": lambda r, i, j: overridden(r, omega_root_d=Rounded(1.0)),
}


@pytest.mark.parametrize("id", ASLEEP)
def test_a_planted_fault_among_sleeping_features_is_found(id):
    run = half_asleep()
    of = Features(run)
    i, j = (int(k) for k in np.argwhere(of.at_home & (of.before.value < 0))[0])
    at = {"E54 X2→X3": {"j": j}, "E54 X3→X4": {}}.get(id, {"i": i, "j": j})
    breaks(feature_movement, run, ASLEEP[id](run, i, j), id, **at)


def test_features_that_sleep_at_the_start_are_all_confirmed():
    verdicts = verdicts_of(feature_movement, half_asleep())
    asleep = [v for id, v in verdicts.items() if id.startswith("E54")]

    assert [v.outcome for v in asleep] == [Outcome.CONFIRMED] * 5 and asleep[0].size >= 8
    assert verdicts["P2.ratio"].outcome is Outcome.CONFIRMED


def test_a_wrong_activation_is_noticed(monkeypatch):
    wrong = constant(feature_chains, "positive_part", lambda x: 0.5 * x)
    verdicts_of(feature_movement, quiet())

    broken(feature_movement, half_asleep(), wrong, {"E54 N0→N1": {}}, monkeypatch)
    breaks(feature_movement, quiet(), replace(quiet()), "U-P2a X0→X1")


def test_a_wrong_sum_over_all_features_is_noticed(monkeypatch):
    half = constant(Features, "squared", property(lambda of: 0.5 * (of.moved * of.moved).sum(axis=1)))

    broken(feature_movement, quiet(), half, {"U-P2a X0→X1": {}, "U-P2a X1→X2": {}}, monkeypatch)


def test_one_far_sample_takes_what_is_promised_from_all_others():
    run = quiet()
    far = in_sample(run, SAMPLE, lambda x: 1e6 * x)
    pushed = overridden(far, moved=run.moved * 1e6, D=run.D, deviation_norm=run.deviation_norm)
    link = holding(judge(feature_movement, pushed))["E52 X2→X3"]

    assert link.holds is False and link.outcome is Outcome.SILENT


def test_the_sum_of_the_steps_needs_no_grid():
    verdicts = holding(judge(feature_movement, overridden(quiet(), on_grid=False)))

    assert verdicts["U-P2b X0→X1"].outcome is Outcome.CONFIRMED
    assert verdicts["E50 X1→X2"].failing == ("RP.grid",)


def test_a_feature_that_counts_while_it_sleeps_is_noticed(monkeypatch):
    wrong = constant(Features, "moved", property(lambda of: of.after - np.abs(of.before)))

    broken(feature_movement, half_asleep(), wrong, {"E54 N0→N1": {}}, monkeypatch)


def test_the_proposition_applies_without_the_small_steps_of_lemma_11():
    assert judge(feature_movement, quiet()).outcome is Outcome.CONFIRMED


def test_the_printed_value_of_alpha_T_is_refuted_and_its_repair_confirmed():
    verdicts = verdicts_of(feature_movement, quiet())

    assert verdicts["E51 X1→X2 (printed)"].outcome is Outcome.REFUTED
    assert verdicts["E51 X1→X2 (printed)"].link.gap == "G7"
    assert verdicts["E51 X1→X2"].outcome is Outcome.CONFIRMED


def test_the_end_with_C_holds_for_a_huge_C_only(monkeypatch):
    id = "U-P2d P0→1/(Cu)"
    huge = replace(quiet())
    with monkeypatch.context() as while_judged:
        while_judged.setattr(feature_chains, "largest_C", lambda *_: Rounded(1e6))
        assert verdicts_of(feature_movement, huge)[id].outcome is Outcome.CONFIRMED

    assert verdicts_of(feature_movement, quiet())[id].outcome is Outcome.SILENT
    breaks(feature_movement, huge, quiet(), id)


def test_a_sample_without_awake_features_at_the_start_has_no_ratio():
    run = quiet()
    W = run.weights[0].copy()
    dark = overridden(replace(run, weights={**run.weights, 0: -np.abs(W)}))
    silent = ~Features(dark).some
    verdict = holding(judge(feature_movement, dark))["P2.ratio"]

    assert silent.any() and verdict.size == run.n - silent.sum()


def test_a_run_without_its_initial_scale_is_not_judged():
    assert judge(feature_movement, replace(quiet(), omega_init=None)).outcome is Outcome.NOT_APPLICABLE


def test_the_ratio_is_promised_with_1_minus_4_delta_and_sure_under_its_premises():
    ratio = next(c for c in feature_movement.claims(quiet()) if c.id == "P2.ratio")

    assert ratio.probability == pytest.approx(1 - 4 * quiet().delta) and not ratio.may_fail


def dot(u, v):
    return sum(float(p) * float(q) for p, q in zip(u, v, strict=True))


@pytest.mark.parametrize("make", [quiet, half_asleep, loose])
def test_the_features_are_those_of_a_loop_over_samples_and_neurons(make):
    run = make()
    of, u = Features(run), run.omega_init * np.sqrt(run.m * run.d)
    verdict = verdicts_of(feature_movement, run)["P2.ratio"]
    start, end = run.weights[0], run.weights[run.T]
    for i in (0, run.n // 2, verdict.witness["i"]):
        x = run.sample.X[i]
        before = [max(0.0, dot(w, x)) for w in start]
        after = [max(0.0, dot(w, x)) for w in end]
        change = sum((p - q) ** 2 for p, q in zip(after, before, strict=True))
        at_home = [j for j in range(run.m) if run.J[j, run.sample.cluster[i]]]
        assert of.squared.value[i] == pytest.approx(change, rel=1e-9)
        assert of.ratio.value[i] == pytest.approx(np.sqrt(change / sum(q**2 for q in before)), rel=1e-9)
        assert list(np.flatnonzero(of.at_home[i])) == at_home
        for j in at_home:
            push = dot(end[j], x) - dot(start[j], x)
            assert of.pushed.value[i, j] == pytest.approx(push, rel=1e-9, abs=1e-15)
            assert of.moved.value[i, j] == pytest.approx(after[j] - before[j], rel=1e-9, abs=1e-15)
    assert verdict.rhs == pytest.approx(E / (16 * 1024 * u), rel=1e-12)


def test_the_sample_of_the_table_is_at_the_home_of_its_neuron():
    run = quiet()

    assert run.T == T and run.home[J] == HOME
    assert run.J[OWN, run.sample.cluster[SAMPLE]] and not run.sample.noisy[clean_sample(run)]
