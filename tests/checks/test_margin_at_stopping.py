from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from checks import margin_chains, margin_growth, output_size
from checks.feature_movement import feature_movement
from checks.loss_ledgers import margin_ledger
from checks.main_theorem import main_theorem
from checks.margin_at_stopping import margin_at_stopping
from checks.subnetwork_margin import subnetwork_margin
from rfa import Outcome, Rounded, judge
from rfa.chains import Chain
from rfa.data import CENTRE_LABEL
from rfa.simulation import simulate
from tests.checks.faulty import broken, constant
from tests.checks.plants import (
    NEURON as J,
    across,
    clean_sample,
    entry,
    input_of,
    noisy_sample,
    overridden,
    quantity,
    traced,
    with_output,
    with_pre,
)
from tests.planting import breaks, holding, in_sample, in_weights, verdicts_of
from tests.runs import good_start, loose, small, small_setting

E = np.exp(-2.0)


@cache
def quiet():
    """`small` without noise: E20 goes through to its end."""
    return small(noisy=0)


@cache
def slow():
    """A step size as small as (E22) asks, and two steps."""
    return small(K=12000, steps=2)


HOME = 3
SIGN = -1
K_HOME, K_OTHER = 1, 0
T = 4


def flip_home(x):
    """A projection that points far away from the home of the neuron."""
    return -SIGN * 50 * abs(x)


PLANTED = {
    "RP.M1": (lambda r: traced(r, "step_error", (2, J), 1.0), {"s": 2, "j": J}),
    "RP.NAC.on": (lambda r: traced(r, "pre_min", (2, J, HOME), -1.0), {"s": 2, "j": J}),
    "RP.NAC.off": (lambda r: traced(r, "pre_max", (2, J, HOME ^ 1), 1.0), {"s": 2, "j": J}),
    "RP.L14F": (lambda r: traced(r, "frobenius", (2,), 9.0), {"t": 2}),
    "RP.grid": (lambda r: replace(r, step_size=0.08), {}),
    "RP.alpha": (lambda r: replace(r, step_size=0.3), {}),
    "RP.R": (lambda r: in_sample(r, 5, lambda x: 2 * x), {"i": 5}),
    "RP.D½": (lambda r: in_sample(r, 5, lambda x: 2 * x), {"i": 5}),
    "RP.n8": (lambda r: overridden(r, clean_size=np.array([12, 11, 5, 12])), {"mu": 2}),
    "RP.L12": (lambda r: traced(r, "projection", (1, J, K_HOME), flip_home), {"j": J}),
    "RP.L4": (lambda r: overridden(r, J_size=np.array([3, 2, 3, 3])), {"mu": 1}),
    "RP.D4096": (lambda r: in_sample(r, 5, lambda x: 2 * x), {"i": 5}),
    "RP.AO.T": (lambda r: traced(r, "projection", (T, J, K_OTHER), 1.0), {"j": J}),
    "L11.norm": (lambda r: traced(r, "frobenius", (T,), 9.0), {}),
    "L11.clean": (
        lambda r: input_of(r, clean_sample(r), across(r, clean_sample(r))),
        {"i": clean_sample()},
    ),
    "L11.noisy": (lambda r: input_of(r, noisy_sample(r), across(r, noisy_sample(r))), {"i": noisy_sample()}),
    "U-L11n X0→X1": (lambda r: traced(r, "frobenius", (2,), 9.0), {"t": 2}),
    "U-L11n X1→X2": (lambda r: overridden(r, alpha=Rounded(-1.0)), {"t": 1}),
    "U-L11n X2→X3": (lambda r: overridden(r, alpha=Rounded(-1.0)), {}),
    "U-L11n X3→X4": (lambda r: overridden(r, alpha=Rounded(0.3)), {}),
    "E18 X0→X1": (lambda r: with_output(r, 7, 9.0), {"i": 7}),
    "E18 X1→X2": (lambda r: replace(r, a=2 * r.a), {}),
    "E18 X2→X3": (lambda r: with_pre(r, T, (7, J), 9.0), {"i": 7}),
    "E18 X3→X4": (lambda r: traced(r, "frobenius", (T,), lambda x: x / 10), {}),
    "U-L11f X0→X1": (lambda r: traced(r, "reach", (2,), 9.0), {"s": 2}),
    "U-L11f X1→X2": (lambda r: traced(r, "frobenius", (2,), 9.0), {"s": 2}),
    "E19 X0→X1": (
        lambda r: quantity(r, "g_min", (2, int(r.sample.cluster[noisy_sample()]), 1), -0.3),
        {"s": 2, "mu": int(small().sample.cluster[noisy_sample()]), "q": 1},
    ),
    "E19 X1→X2": (lambda r: traced(r, "margin_min", (2, 0, 0), -9.0), {"s": 2, "mu": 0, "q": 0}),
    "E20 X0→X1": (lambda r: traced(r, "projection", (3, J, K_HOME), 1.0), {"s": (2, 3), "j": J}),
    "E20 X1→X2": (lambda r: traced(r, "pull_plane", (2, J, HOME, 0, K_HOME), 9.0), {"s": 2, "j": J}),
    "E20 X2→X3": (lambda r: traced(r, "whole_pull_plane", (2, HOME, 0, K_HOME), -9.0 * SIGN), {"s": 2}),
    "E20 X3→X4": (lambda r: traced(r, "whole_pull", (2, HOME, 0), -99.0), {"s": 2}),
    "E20 X4→X5": (lambda r: overridden(r, clean_size=np.array([12, 11, 12, 0])), {"j": (6, 10, 11)}),
    "E20 P0→X6": (lambda r: overridden(r, D=Rounded(9.0)), {}),
    "E21 X0→X1": (lambda r: traced(r, "projection", (1, J, K_HOME), flip_home), {"j": J}),
    "E21 X1→X2": (lambda r: traced(r, "projection", (T, J, K_HOME), flip_home), {"j": J}),
    "E21 X2→X3": (lambda r: overridden(r, alpha=Rounded(0.3)), {}),
    "E23 X0→X1": (lambda r: traced(r, "projection", (3, J, K_HOME), flip_home), {"s": 2, "j": J}),
    "U-L11mu direct 0→Y0": (
        lambda r: in_weights(r, T, J, lambda w: w + r.sample.centre[HOME]),
        {"mu": HOME},
    ),
    "U-L11mu Y0→Y1": (
        lambda r: traced(r, "projection", (T, J, K_HOME), flip_home),
        {"mu": (HOME, HOME ^ 1)},
    ),
    "U-L11mu Y2→Y3": (lambda r: traced(r, "projection", (T, J, K_OTHER), 9.0), {"mu": (0, 1)}),
    "U-L11mu Y3→Y4": (lambda r: traced(r, "projection", (T, J, K_HOME), flip_home), {"mu": HOME}),
    "U-L11mu Y4→Y5": (lambda r: overridden(r, J_size=np.array([3, -(10**6), 3, 3])), {"mu": 1}),
    "E22 X0→X1": (lambda r: overridden(r, alpha=Rounded(0.3)), {}),
    "U-L11Lip X0→X1": (lambda r: with_output(r, 7, 9.0, only_J=True), {"i": 7}),
    "U-L11Lip X1→X2": (lambda r: traced(r, "frobenius", (T,), lambda x: x / 1e4), {}),
    "U-L11c X0→X1": (
        lambda r: with_output(r, clean_sample(), -9.0 * r.sample.y[clean_sample()]),
        {"i": clean_sample()},
    ),
    "U-L11c X1→X2": (lambda r: traced(r, "frobenius", (T,), 1e5), {}),
    "U-L11c X2→X3": (lambda r: overridden(r, D=Rounded(9.0)), {}),
    "U-L11n2 X0→X1": (
        lambda r: replace(r, sample=replace(r.sample, y_clean=entry(r.sample.y_clean, noisy_sample(), 3))),
        {"i": noisy_sample()},
    ),
    "U-L11n2 X1→X2": (
        lambda r: with_output(r, noisy_sample(), 9.0 * r.sample.y[noisy_sample()]),
        {"i": noisy_sample()},
    ),
    "U-L11n2 X2→X3": (lambda r: traced(r, "frobenius", (T,), 1e5), {}),
}


@pytest.mark.parametrize("id", PLANTED)
def test_a_planted_fault_is_found_where_it_was_planted(id):
    plant, at = PLANTED[id]
    breaks(margin_at_stopping, small(), plant(small()), id, **at)


SHARED = {
    main_theorem: ("M1", "NAC.on", "NAC.off", "L14F", "grid", "alpha", "R", "D½", "n8", "L12", "L4", "D4096", "AO.T"),
    feature_movement: ("M1", "NAC.on", "NAC.off", "L14F", "grid", "alpha", "R", "D½", "n8", "L4"),
}


@pytest.mark.parametrize(("statement", "name"), [(s, name) for s, names in SHARED.items() for name in names])
def test_a_premise_fails_in_what_rests_on_the_lemma_as_well(statement, name):
    plant, at = PLANTED[f"RP.{name}"]
    breaks(statement, small(), plant(small()), f"RP.{name}", **at)


def test_the_setting_of_the_table_is_that_of_the_run():
    run = small()

    assert (run.T, run.home[J], run.in_J[J]) == (T, HOME, True)
    assert set(np.flatnonzero(run.home == HOME)) == {6, 10, 11}


def test_the_noise_premise_and_the_end_of_E20_fail_on_wide_clusters():
    wide = overridden(quiet(), D=Rounded(0.01))

    breaks(margin_at_stopping, quiet(), wide, "RP.E20", "E20 X5→X7")
    breaks(main_theorem, quiet(), wide, "RP.E20")
    breaks(feature_movement, quiet(), wide, "RP.E20")


@pytest.mark.parametrize("id", ["RP.E22", "E22 X1→X2"])
def test_the_step_size_premise_fails_on_a_larger_step(id):
    coarse = overridden(slow(), alpha=Rounded(0.01))

    breaks(margin_at_stopping, slow(), coarse, id)
    breaks(main_theorem, slow(), coarse, "RP.E22")


def test_the_end_of_E20_with_C_goes_through_for_a_huge_C_only(monkeypatch):
    id, huge = "E20 X6→X7 with C", replace(small())
    with monkeypatch.context() as while_judged:
        while_judged.setattr(margin_growth, "largest_C", lambda *_: Rounded(1e14))
        huge_C = verdicts_of(margin_at_stopping, huge)[id]
    small_C = verdicts_of(margin_at_stopping, small())[id]

    assert huge_C.outcome is Outcome.CONFIRMED
    assert (small_C.outcome, small_C.failing) == (Outcome.SILENT, ("RP.C",))
    breaks(margin_at_stopping, huge, small(), id)


def test_a_wrong_bound_on_the_loss_derivative_is_noticed(monkeypatch):
    broken(margin_at_stopping, small(), constant(output_size, "E", 1.0), {"E19 X2→X3": {}}, monkeypatch)


def test_a_wrong_activation_is_noticed(monkeypatch):
    wrong = constant(margin_chains, "positive_part", lambda x: Rounded(2 * np.abs(x.value)))

    broken(margin_at_stopping, small(), wrong, {"U-L11mu Y1→Y2": {}}, monkeypatch)


def test_a_neuron_of_the_wrong_sign_in_J_breaks_the_inequality_that_needs_no_alignment():
    run = small()
    moved = np.array(run.J)
    moved[J] = [True, False, False, False]
    faulty = overridden(traced(run, "projection", (T, J, 0), 1.0), J=moved)

    breaks(margin_at_stopping, run, faulty, "U-L11mu N0→N1", j=J, mu=0)


def test_a_sleeping_neuron_leaves_the_inequality_that_needs_no_alignment_alone():
    asleep = traced(small(), "projection", (T, J, K_HOME), flip_home)

    assert holding(judge(margin_at_stopping, asleep))["U-L11mu N0→N1"].outcome is Outcome.CONFIRMED


def test_a_step_size_too_large_leaves_the_margins_true_beyond_what_is_promised():
    verdicts = verdicts_of(margin_at_stopping, quiet())

    assert (verdicts["L11.clean"].outcome, verdicts["L11.clean"].failing) == (Outcome.BEYOND, ("RP.E22",))
    assert verdicts["L11.norm"].outcome is Outcome.CONFIRMED


def test_the_largest_step_size_allowed_leaves_the_norm_bound_attained():
    attained = verdicts_of(margin_at_stopping, small(K=1))["U-L11n X3→X4"]

    assert attained.lhs == attained.rhs == 1 and attained.outcome is Outcome.CONFIRMED


def test_a_heavy_step_costs_its_own_derivatives_alone_their_premise():
    run = small()
    heavy = traced(run, "frobenius", (2,), 9.0)
    link = holding(judge(margin_at_stopping, heavy))["E19 X1→X2"]

    assert link.failing == ("RP.L14F",)
    assert link.counts[Outcome.BEYOND] + link.counts[Outcome.SILENT] == link.size / 3


def test_the_norm_needs_short_weights_and_a_step_of_at_most_a_quarter_alone():
    verdicts = verdicts_of(margin_at_stopping, quiet())

    assert {verdicts[f"U-L11n X{k}→X{k + 1}"].outcome for k in range(4)} == {Outcome.CONFIRMED}


def test_only_the_links_of_a_sleeping_neuron_lose_their_premise():
    faulty = traced(small(), "pre_min", (2, J, HOME), -1.0)
    link = holding(judge(margin_at_stopping, faulty))["E20 X1→X2"]

    assert link.counts[Outcome.BEYOND] == 1 and link.counts[Outcome.CONFIRMED] == 3 * 12 - 1


def test_a_sleeping_neuron_costs_the_margin_at_its_own_centre_alone_its_premise():
    run = quiet()
    j = int(np.flatnonzero(run.in_J)[0])
    faulty = traced(run, "pre_min", (2, j, run.home[j]), -1.0)
    link = holding(judge(margin_at_stopping, faulty))["U-L11mu Y3→Y4"]

    assert verdicts_of(margin_at_stopping, run)["U-L11mu Y3→Y4"].counts[Outcome.CONFIRMED] == 4
    assert (link.counts[Outcome.BEYOND], link.counts[Outcome.CONFIRMED]) == (1, 3)


def test_a_neuron_far_across_costs_the_centres_of_the_other_pair_their_premise():
    run = quiet()
    j = int(np.flatnonzero(run.in_J)[0])
    faulty = traced(run, "projection", (T, j, 1 - run.home[j] // 2), 1.0)
    link = holding(judge(margin_at_stopping, faulty))["U-L11mu Y2→Y3"]

    assert link.failing == ("RP.AO.T",)
    assert link.counts[Outcome.BEYOND] + link.counts[Outcome.SILENT] == link.counts[Outcome.CONFIRMED] == 2


def test_a_centre_without_candidates_leaves_nothing_to_judge():
    empty = overridden(small(), J_size=np.array([3, 0, 3, 3]))

    assert holding(judge(margin_at_stopping, empty))["U-L11mu Y3→Y4"].size == 3


def test_runs_without_the_sums_lose_E20_alone():
    light = {c.id for c in margin_at_stopping.claims(small(record="light")) if isinstance(c, Chain)}
    full = {c.id for c in margin_at_stopping.claims(small()) if isinstance(c, Chain)}

    assert full - light == set() and "E20" in light  # its printed end needs no sums
    assert "E20 X0→X1" not in verdicts_of(margin_at_stopping, small(record="light"))


def test_runs_of_unknown_law_lose_the_constant_C_alone():
    bare = replace(small(), setting=None, sigma=None, eta=None, delta=None)

    assert set(verdicts_of(margin_at_stopping, small())) - set(holding(judge(margin_at_stopping, bare))) == {
        "E20 P0→X6", "E20 X6→X7 with C",
    }  # fmt: skip


def chain_values(statement, run, id, prefix="X"):
    """The expressions of one chain of a statement, as plain arrays."""
    chains = [c for c in statement.claims(run) if isinstance(c, Chain)]
    found = next(c for c in chains if c.id == id and c.prefix == prefix)
    return [np.asarray(e.value if isinstance(e, Rounded) else e, dtype=float) for e in found.expressions]


@cache
def kept_run(kind):
    """A run with the weights of every step: `small` or `loose`."""
    if kind == "small":
        return simulate(small_setting(), accept=good_start, keep=range(5))
    return simulate(loose().setting, keep=range(5))


def dot(u, v):
    return sum(float(p) * float(q) for p, q in zip(u, v, strict=True))


@pytest.mark.parametrize("kind", ["small", "loose"])
def test_the_members_of_E20_are_those_of_a_loop_over_samples(kind):
    run = kept_run(kind)
    s, n, b, alpha = 2, run.n, 1 / run.m**0.5, run.step_size
    W, sample = run.weights[s], run.sample
    members = chain_values(margin_at_stopping, run, "E20")
    for j in np.flatnonzero(run.in_J):
        home = int(run.home[j])
        mu, y_mu = sample.centre[home], int(CENTRE_LABEL[home])
        X1 = X2 = X3 = X4 = 0.0
        far = 0
        for i in range(n):
            x, f = sample.X[i], sum(run.a[k] * max(0.0, dot(W[k], sample.X[i])) for k in range(run.m))
            g = 1 / (1 + np.exp(sample.y[i] * f))
            awake, along = float(dot(W[j], x) > 0), dot(x, mu)
            noisy = sample.y[i] != sample.y_clean[i]
            X1 += (1 if sample.y[i] == y_mu else -1) * g * awake * along / n
            if sample.cluster[i] == home:
                X2 += (-1 if noisy else 1) * g * along / n
                X3 += (-1.5 if noisy else 0.5) * g / n
                X4 += (-1.5 if noisy else E / 4) / n
            elif int(sample.y_clean[i]) != y_mu:
                X2 += (1 if noisy else -1) * g * awake * along / n
                far += 1
        D = max(np.linalg.norm(sample.X[i] - sample.centre[sample.cluster[i]]) for i in range(n))
        gained = dot(run.weights[s + 1][j] - W[j], mu) / (alpha * b)
        noisy_share = sum(sample.y != sample.y_clean) / n
        expected = [gained, X1, X2, X3 - far * D / n, X4 - far * D / n, E / 32 - 1.5 * noisy_share - D, E / 64]
        for member, value in zip(members, expected, strict=True):
            here = np.broadcast_to(member, (run.n_s, run.m))[s, j]
            assert here == pytest.approx(value, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("kind", ["small", "loose"])
def test_the_members_of_the_centre_margin_are_those_of_a_loop_over_neurons(kind):
    run = kept_run(kind)
    W, b, m, alpha, C0 = run.weights[run.T], 1 / run.m**0.5, run.m, run.step_size, run.C0
    members = chain_values(margin_at_stopping, run, "U-L11mu", "Y")
    direct = chain_values(margin_at_stopping, run, "U-L11mu", "direct ")[0]
    for mu in range(4):
        centre = run.sample.centre[mu]
        Y0 = CENTRE_LABEL[mu] * sum(run.a[j] * max(0.0, dot(W[j], centre)) for j in range(m) if run.in_J[j])
        pull = sum(b * dot(W[j], centre) for j in range(m) if run.J[j, mu])
        others = [j for j in range(m) if run.in_J[j] and (run.a[j] > 0) != (CENTRE_LABEL[mu] > 0)]
        asleep = sum(b * max(0.0, dot(W[j], centre)) for j in others)
        size = sum(b * abs(dot(W[j], centre)) for j in others)
        mine, steps, share = sum(run.J[:, mu]), run.T - 1, (1 - 1 / C0) ** 2
        expected = [
            Y0, pull - asleep, pull - size, pull - 3 * alpha * len(others) / m,
            alpha * (mine * steps * E / (64 * m) - 3 * len(others) / m), alpha * (steps * E * share / 256 - 3),
        ]  # fmt: skip
        assert direct[mu] == pytest.approx(Y0, rel=1e-9)
        for member, value in zip(members, expected, strict=True):
            assert np.broadcast_to(member, 4)[mu] == pytest.approx(value, rel=1e-9, abs=1e-12)


def test_the_margins_and_bounds_are_those_of_a_loop_over_samples():
    run = kept_run("small")
    W, C0 = run.weights[run.T], run.C0
    clean, noisy = (verdicts_of(margin_at_stopping, run)[f"L11.{q}"] for q in ("clean", "noisy"))
    for verdict, sign in ((clean, 1), (noisy, -1)):
        i = verdict.witness["i"]
        inside = [j for j in range(run.m) if run.in_J[j]]
        f = sum(run.a[j] * max(0.0, dot(W[j], run.sample.X[i])) for j in inside)
        assert verdict.lhs == pytest.approx(run.sample.y[i] * f, rel=1e-9)
        assert verdict.rhs == pytest.approx(sign / (4096 * np.exp(2) / (1 - 1 / C0) ** 2), rel=1e-9)
        assert run.sample.noisy[i] == (sign < 0)


def proof_scale(n, m, **changes):
    """A run small in everything but the number of steps."""
    K = 11400
    omega = 0.05 / (4 * K) / (6 * m) ** 0.5
    sizes = {"d": 6, "n": n, "m": m, "sigma": 4e-6, "omega_init": omega, "K": K, "C0": 1000.0, "fresh": 200}
    return simulate(small_setting(**{**sizes, **changes}), accept=good_start)


def test_everything_is_confirmed_at_proof_scale():
    run = proof_scale(n=800, m=8, eta=1 / 800, noisy=1)
    for statement in (subnetwork_margin, margin_at_stopping, main_theorem, feature_movement):
        judgement = judge(statement, run)
        conclusions = [v for v in judgement.conclusions if v.id != "L8.random"]
        assert {v.id: v.outcome for v in conclusions if v.outcome is not Outcome.CONFIRMED} == {}
        assert {v.id for v in judgement.premises if not v.holds} == set()
        open_or_wrong = {v.id for v in judgement.links if v.outcome in (Outcome.REFUTED, Outcome.UNDECIDED)}
        assert open_or_wrong <= {"E51 X1→X2 (printed)"}
    ledger = margin_ledger(run)
    assert ledger.product == pytest.approx(ledger.total, rel=1e-12)
    assert 200 < ledger.total < 260
