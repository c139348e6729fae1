from dataclasses import replace
from functools import cache
from math import exp, log, sqrt

import numpy as np
import pytest
from scipy.stats import norm

from checks import capture_terms
from checks.capture_edge import capture_edge
from checks.measured import C2_run, StartCounts, captured, edge, edge_share, start_counts
from checks.projections import tails
from rfa import Outcome, Rounded, Setting, judge
from rfa.data import Sample, four_centres
from rfa.simulation import simulate, trained
from tests.checks.breaking import members, verdict
from tests.checks.test_projections import AXES, planted
from tests.planting import breaks, holding, verdicts_of, with_quantities
from tests.runs import loose, small, small_setting


@cache
def crowded():
    """A substitute for n = 5·10⁶, at which the losses of E14 stay below c1.

    Clusters of exactly equal size let δ be close to 1, outside the range of the lemma: log(1/δ) is close to 0
    and n = 2·10⁵ suffices for two neurons.
    """
    setting = Setting(d=4, n=200_000, m=2, sigma=0.7, eta=0.005, K=1, steps=1, omega_init=1e-3, C0=2.0)
    rng, cluster = np.random.default_rng(1), np.arange(setting.n) % 4
    mu = np.eye(4)[:2]
    X = four_centres(mu)[cluster] + setting.sigma * rng.standard_normal((setting.n, 4))
    clean = np.where(cluster < 2, 1, -1)
    y = np.where(np.arange(setting.n) < 800, -clean, clean)
    a, W = np.array([1.0, -1.0]) / sqrt(2), 1e-3 * rng.standard_normal((2, 4))
    known = {"sigma": 0.7, "eta": 0.005, "omega_init": 1e-3, "delta": 1 - 1e-9, "C0": 2.0}
    return trained(Sample(X, y, clean, cluster, mu), a, W, step_size=0.25, steps=1, **known, setting=setting)


@cache
def separated():
    """A small natural run with a positive edge and L6's premise in probabilities."""
    return simulate(small_setting(n=4000, d=20, m=8, sigma=1e-6, noisy=None, eta=0.005, K=1, steps=1, seed=1))


def on_crowded():
    return verdicts_of(capture_edge, crowded())


def test_every_premise_and_link_holds_on_a_crowded_sample():
    assert judge(capture_edge, crowded()).outcome is Outcome.CONFIRMED
    assert [id for id, v in on_crowded().items() if not v.holds] == []
    assert all(v.outcome is Outcome.CONFIRMED for v in on_crowded().values())


def test_the_lemma_is_exercised_on_a_natural_run():
    judgement = judge(capture_edge, separated())

    assert judgement.outcome is Outcome.CONFIRMED
    assert not [v.id for v in judgement.links if v.outcome is Outcome.REFUTED]


# ---- planted faults --------------------------------------------------------------------------------------


def fails(faulty, *ids, **witness):
    """The ids hold on the crowded sample and fail on `faulty` with the witness at the planted index."""
    breaks(capture_edge, crowded(), faulty, *ids, **witness)


def place(run=None):
    """A captured pair (j, mu) of the crowded sample."""
    j, mu = np.argwhere(captured(run or crowded()))[0]
    return int(j), int(mu)


COUNTS = [
    ("clean", "down", ("L6.edge", "E8 X0→X1 (printed)", "E9 X0→X1")),
    ("clean", "down", ("E14 X0→X1", "E14 R0→R1", "E15 X0→X1")),
    ("clean", "up", ("E8 Y0→Y1 (printed)", "E8 Y1→Y2")),
    ("noisy", "up", ("E8 X0→X1",)),
    ("noisy", "down", ("E8 Y0→Y1", "E8 X1→X2")),
]


@pytest.mark.parametrize(("which", "way", "ids"), COUNTS)
def test_a_wrong_count_of_active_samples_is_seen(monkeypatch, which, way, ids):
    j, mu = place()
    on_crowded()  # judged before anything is wrong
    counts = start_counts(crowded())
    wrong = {name: Rounded(np.array(getattr(counts, name).value)) for name in ("clean", "noisy")}
    wrong[which].value[j, mu] += 60_000 if way == "up" else -60_000
    for module in ("checks.capture_terms", "checks.measured"):
        monkeypatch.setattr(f"{module}.start_counts", lambda run: StartCounts(**wrong))

    fails(replace(crowded()), *ids, j=j, mu=mu)


def test_too_many_active_on_the_opposing_side_are_seen(monkeypatch):
    j, mu = place()
    counts = start_counts(crowded())
    clean = Rounded(np.array(counts.clean.value))
    clean.value[j, mu ^ 1] += 60_000
    monkeypatch.setattr("checks.capture_terms.start_counts", lambda run: StartCounts(clean, counts.noisy))

    fails(replace(crowded()), "E10 X0→X1", j=j, mu=mu)


def with_tail(monkeypatch, field, index, value):
    wrong = Rounded(np.array(getattr(tails(crowded()), field).value))
    wrong.value[index] = value
    changed = replace(tails(crowded()), **{field: wrong})
    monkeypatch.setattr("checks.capture_terms.tails", lambda run: changed)
    return replace(crowded())


def test_wrong_probabilities_are_seen(monkeypatch):
    j, mu = place()
    fails(with_tail(monkeypatch, "active", (j, mu), 0.01), "RP.edge", "E14 X1→X2", "E14 R2→R3", j=j, mu=mu)
    fails(with_tail(monkeypatch, "active", (j, mu), 0.01), "E11 X0→X1", "E11 X0→X1 (printed)", j=j, mu=mu)
    fails(with_tail(monkeypatch, "active", (j, mu), 0.0), "RP.E9", j=j, mu=mu)
    fails(with_tail(monkeypatch, "active", (j, mu), 1e9), "E9 X2→X3", j=j, mu=mu)
    fails(with_tail(monkeypatch, "active", (j, mu), 0.4), "E8 P0→P1 (printed)", j=j, mu=mu)
    fails(with_tail(monkeypatch, "idle", (j, mu), 0.49), "U-L6p X0→X1", "E13 X0→X1", j=j, mu=mu)
    fails(with_tail(monkeypatch, "lead", (j, mu), 0.05), "E13 R0→R1", j=j, mu=mu)
    fails(with_tail(monkeypatch, "near", j, 0.02), "E12 X0→X1", j=j)
    fails(with_tail(monkeypatch, "idle_wide", j, 0.47), "U-L6p X1→X2", j=j)


def sizes(**changes):
    """The crowded sample with some cluster sizes replaced at one centre."""
    changed = {}
    for name, (mu, size) in changes.items():
        array = np.array(getattr(crowded(), name))
        array[mu] = size
        changed[name] = array
    return with_quantities(crowded(), **changed)


def test_wrong_cluster_sizes_are_seen():
    mu = place()[1]
    fails(sizes(cluster_size=(mu, 30_000)), "RP.L5d")
    fails(sizes(cluster_size=(mu, 30_000), noisy_size=(mu, 0)), "E6 X0→X1", "E14 R1→R2", mu=mu)
    fails(sizes(clean_size=(mu, 70_000)), "E6 X2→X3", mu=mu)
    fails(sizes(noisy_size=(mu, 900)), "E6 X1→X2", mu=mu)
    fails(sizes(clean_size=(mu, 1_000)), "E7 X1→X2", "E9 X1→X2", mu=mu)
    fails(sizes(clean_size=(mu, 90_000)), "E7 X2→X3", mu=mu)
    fails(sizes(clean_size=(mu ^ 1, 90_000)), "E10 X1→X2", mu=mu)


def test_few_samples_noise_and_wide_clusters_break_their_premises():
    fails(replace(crowded(), delta=1e-300), "RP.E10", "E10 X2→X3")
    fails(replace(crowded(), delta=0.1), "RP.E14", "E14 X3→X4")
    fails(with_quantities(crowded(), rho=Rounded(0.2)), "RP.E7", "E7 X0→X1")
    fails(replace(crowded(), C0=3.0), "RP.s")


def test_a_wrong_sum_in_the_algebra_is_seen(monkeypatch):
    right = capture_terms.Terms.edge_at
    monkeypatch.setattr(capture_terms.Terms, "edge_at", lambda self, p: right(self, p) + 1)

    fails(replace(crowded()), "E14 X2→X3")


LAWS = [("RP.symmetric", {"clusters": "two-point"}), ("RP.log-concave", {"clusters": "student-t"})]


@pytest.mark.parametrize(("id", "change"), [*LAWS, ("RP.blind", {"noise": "boundary"})])
def test_laws_that_the_proof_does_not_cover_break_their_premises(id, change):
    other = replace(small(), setting=small().setting.override(**change))

    breaks(capture_edge, small(), other, id)


def test_without_its_law_a_run_keeps_the_edge_and_the_cluster_sizes():
    judgement = judge(capture_edge, replace(separated(), setting=None))

    breaks(capture_edge, separated(), replace(separated(), setting=None), "RP.law")
    assert judgement.outcome is Outcome.BEYOND
    assert {v.link.chain for v in judgement.links} == {"E6", "E7"}


# ---- the members against loops straight from the specification -------------------------------------------


class Literal:
    """The quantities of E6-E15 for one run with Gaussian clusters, entry by entry."""

    def __init__(self, run):
        self.run, self.n = run, run.n
        self.r, self.w = sqrt(log(1 / run.delta) / run.n), sqrt(log(64 * run.m / run.delta) / run.n)
        self.c = max(1 / sqrt(2), 4 * 2 * self.r / self.w)
        self.rho = sum(run.sample.y != run.sample.y_clean) / run.n
        self.active = [[float(w @ x) > 0 for x in run.sample.X] for w in run.W(0)]

    def members(self, mu, clean=None):
        y, y_clean, cluster = self.run.sample.y, self.run.sample.y_clean, self.run.sample.cluster
        return [i for i in range(self.n) if cluster[i] == mu and clean in (None, y[i] == y_clean[i])]

    def cnt(self, j, mu, clean=True):
        return sum(self.active[j][i] for i in self.members(mu, clean))

    def p(self, j, mu):
        w, centre = self.run.W(0)[j], four_centres(self.run.sample.mu)[mu]
        return norm.cdf(float(w @ centre) / sqrt(w @ w) / self.run.sigma)

    def dev(self, size, c):
        return c * sqrt(log(64 * self.run.m / self.run.delta) * size)

    def edge_at(self, p):
        sharp = (1 - 4 * self.rho) * p - (1 + 8 * self.r) * (1 - p) - 8 * self.c * self.w
        return self.n / 4 * sharp


@pytest.mark.parametrize("run", [small(), loose()], ids=["small", "loose"])
def test_the_members_about_counts_are_those_of_the_specification(run):
    x, n, half = Literal(run), run.n, 1 / sqrt(2)
    r, w, c, rho = x.r, x.w, x.c, x.rho
    keys = (("E8", "X"), ("E8", "Y"), ("E9", "X"), ("E10", "X"))
    found = {key: members(capture_edge, run, *key) for key in keys}
    for j in range(0, run.m, 3):
        for mu in range(4):
            clean, every = len(x.members(mu, True)), len(x.members(mu))
            noisy, other, p, cnt = every - clean, len(x.members(mu ^ 1, True)), x.p(j, mu), x.cnt(j, mu)
            literal = {
                ("E8", "X"): [
                    cnt, clean * p - x.dev(clean, half), x.cnt(j, mu, None) - noisy,
                    every * p - x.dev(every, half) - noisy,
                ],
                ("E8", "Y"): [
                    cnt, clean * p + x.dev(clean, half), x.cnt(j, mu, None), every * p + x.dev(every, half),
                ],
                ("E9", "X"): [
                    cnt, clean * p - x.dev(clean, c), n / 4 * (1 - 8 * r - 4 * rho) * (p - 3 * c * w),
                    n / 4 * ((1 - 4 * rho) * p - 4 * c * w),
                ],
                ("E10", "X"): [
                    x.cnt(j, mu ^ 1), other * (1 - p) + x.dev(other, c),
                    n / 4 * (1 + 8 * r) * (1 - p + 3 * c * w), n / 4 * ((1 + 8 * r) * (1 - p) + 4 * c * w),
                ],
            }  # fmt: skip
            for key, values in literal.items():
                assert [float(v[j, mu]) for v in found[key]] == pytest.approx(values), (key, j, mu)


@pytest.mark.parametrize("run", [small(), loose()], ids=["small", "loose"])
def test_the_members_about_the_edge_are_those_of_the_specification(run):
    x, n, half, c1 = Literal(run), run.n, 1 / sqrt(2), 0.0442358
    r, w, rho = x.r, x.w, x.rho
    first, other = members(capture_edge, run, "E14"), members(capture_edge, run, "E14", "R")
    last = members(capture_edge, run, "E15")
    losses = 4 * rho * (0.5 + c1) + 8 * r * (0.5 - c1) + 8 * x.c * w
    for j in range(0, run.m, 3):
        for mu in range(4):
            p, q, lead = x.p(j, mu), x.p(j, mu ^ 1), x.cnt(j, mu) - x.cnt(j, mu ^ 1)
            one, two = len(x.members(mu)), len(x.members(mu ^ 1))
            noisy = one - len(x.members(mu, True))
            counted = one * p - two * q - x.dev(one, half) - x.dev(two, half) - noisy
            general = (1 - 8 * r) * p - (1 + 8 * r) * q - 4 * rho - 8 * half * w
            least = 2 * c1 - 16 * r - 4 * rho - 8 * half * w
            literal = [lead, x.edge_at(p), x.edge_at(0.5 + c1), n / 4 * (2 * c1 - losses), n / 4 * c1]
            assert [float(v[j, mu]) for v in first] == pytest.approx(literal)
            repaired = [lead, counted, n / 4 * general, n / 4 * least]
            assert [float(v[j, mu]) for v in other] == pytest.approx(repaired)
            assert [float(v[j, mu]) for v in last] == pytest.approx([lead, n / (4 / c1)])


def test_the_edge_constant_is_that_of_the_worst_captured_pair():
    for run in (small(), loose(), separated()):
        x, worst = Literal(run), np.inf
        for j in range(run.m):
            for mu, centre in enumerate(four_centres(run.sample.mu)):
                w = run.W(0)[j]
                if float(w @ centre) / sqrt(w @ w) >= 1 / (3 * run.C0 * sqrt(run.d)):
                    worst = min(worst, x.cnt(j, mu) - x.cnt(j, mu ^ 1))
        assert float(C2_run(run)) == (pytest.approx(run.n / worst) if worst > 0 else np.inf)
        assert edge(run).min(where=captured(run)).value == worst


def test_without_a_captured_pair_the_lemma_is_empty():
    run = replace(small(), C0=1e-9)

    assert not captured(run).any()
    assert (float(edge_share(run)), float(C2_run(run))) == (1.0, 1.0)
    assert judge(capture_edge, run).outcome is Outcome.NOT_APPLICABLE


def test_an_activation_on_the_verge_leaves_the_edge_undecided():
    run = planted(AXES, sigma=0.1, n=60)
    x = np.array(run.sample.X)
    x[:, 2] = 1e-17
    flat = replace(run, sample=replace(run.sample, X=x))

    assert start_counts(flat).clean.error[4].sum() > 0
    assert start_counts(flat).clean.error[0].sum() == 0


# ---- gaps ------------------------------------------------------------------------------------------------


def test_exponential_clusters_break_the_printed_half():
    run = planted(AXES[:2], sigma=9.0, clusters="exponential", n=2000)
    printed, repaired = (members(capture_edge, run, "E11")[k] for k in (1, 2))
    p = members(capture_edge, run, "E11")[0]

    assert p[0, 0] == pytest.approx(exp(-8 / 9))  # 0.411, below a half
    assert printed[0, 0] == pytest.approx(0.5 + exp(-8 / 9) - exp(-1))  # 0.543
    assert verdict(capture_edge, run, "E11 X0→X1 (printed)").outcome is Outcome.REFUTED
    assert verdict(capture_edge, run, "E11 X0→X1").outcome is Outcome.CONFIRMED
    assert repaired[0, 0] == pytest.approx(1 - 1 / (1 + 1 / 81))


def test_gaussian_clusters_keep_the_printed_half():
    run = planted(AXES[:2], sigma=9.0, n=2000)

    assert verdict(capture_edge, run, "E11 X0→X1 (printed)").outcome is Outcome.CONFIRMED


def test_without_symmetry_the_edge_is_what_it_is_with_it():
    run = planted(AXES[:2], sigma=8.9, clusters="exponential", n=2000, C0=1.0 + 1e-9)
    lead = tails(run).lead
    tight = replace(run, sigma=8.9, C0=3 / (8.9 * sqrt(3)) * 0.999)  # s just below 3/C0

    assert lead.value[0, 0] == pytest.approx(exp(-1 + 1 / 8.9) - exp(-1 - 1 / 8.9))
    link = verdict(capture_edge, tight, "E13 R0→R1")
    assert link.outcome is Outcome.CONFIRMED
    assert link.lhs >= 2 * 0.0319 == link.rhs
    printed = verdict(capture_edge, tight, "E13 X0→X1")
    assert (printed.holds, printed.witness["j"], printed.failing) == (False, 0, ("RP.symmetric",))


def test_against_the_tail_the_printed_opposing_count_is_too_small():
    run = planted(AXES[:2], sigma=9.0, clusters="exponential", n=60_000)  # w_1 points to −e1

    # on −mu1: p = 0.671, so 1 − p = 0.329 of the opposing samples are claimed to be active; true: q = 0.589
    printed = verdict(capture_edge, run, "E10 X0→X1")
    assert (printed.holds, printed.witness["j"], printed.failing) == (False, 1, ("RP.symmetric",))
    assert tails(run).active.value[1, :2] == pytest.approx([1 - exp(-8 / 9), 1 - exp(-10 / 9)])
    assert verdict(capture_edge, run, "E14 R0→R1").holds


def test_noise_that_looks_at_x_breaks_the_printed_binomial_law():
    run = planted(AXES, eta=0.25, noise="half-space", n=8000)
    found = holding(judge(capture_edge, run))

    law = found["E8 P0→P1 (printed)"]
    assert law.outcome is Outcome.REFUTED
    assert law.link.gap == "G3"
    assert found["E8 X0→X1 (printed)"].holds is False
    for id in ("E8 X0→X1", "E8 X1→X2", "E8 Y0→Y1", "E8 Y1→Y2", "E14 R0→R1"):
        assert found[id].outcome is Outcome.CONFIRMED, id


def test_noise_that_does_not_look_at_x_keeps_the_printed_binomial_law():
    found = holding(judge(capture_edge, planted(AXES, eta=0.25, n=8000)))

    for id in ("E8 P0→P1 (printed)", "E8 X0→X1 (printed)", "E8 Y0→Y1 (printed)"):
        assert found[id].outcome is Outcome.CONFIRMED


def test_the_constant_of_a_law_is_the_mass_next_to_zero():
    assert 0 < norm.cdf(1 / 9) - 0.5 - capture_terms.NEAR_ZERO["gaussian"] < 1e-6
    assert 1 / (18 * sqrt(3)) > capture_terms.NEAR_ZERO_LOG_CONCAVE  # the uniform law
