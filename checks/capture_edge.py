"""Lemma 6: a neuron that leans towards a centre captures more of its clean samples than of the opposing ones.

C1 = 2 in E6-E14, which use its L5c and L5d parts only. Probabilities close to 1 are compared through 1 − p.
"""

from collections.abc import Iterator

from checks.capture_terms import Premises, Terms, enough_samples, equal_sizes, known_law, premises
from checks.measured import captured, edge, per_run, starts_off_zero
from checks.projections import clean_probability, start_correlation
from rfa import PROOF, Claim, Rounded, Run, chain, eq, ge, le, result, then
from rfa.chains import Chain
from rfa.run import OPPOSITE


@per_run
def positive_edge(run: Run) -> Claim:
    """Lemma 6 on the run: the edge is positive, so that some C2 is finite, for every captured pair."""
    given = premises(run) if run.setting else None
    return then(
        "L6.edge", "cnt_μ(j) − cnt_−μ(j) ≥ n/C2, C2 finite", edge(run), ">", 0,
        axes="j mu", where=captured(run), scale=run.n, probability=1 - 2 * run.given("delta"),
        needs=(known_law(run), equal_sizes(run), *((given.edge,) if given else ())),
    )  # fmt: skip


@result(
    "L6", "Leaning towards a centre captures more of its samples", kind="WHP-both",
    uses=["L5a", "L5b", "L5c", "L5d", "A1", "A2", "A3", "A4"], gaps=["G2", "G3", "G16"], readings=["R8"],
)  # fmt: skip
def capture_edge(run: Run) -> Iterator[Claim | Chain]:
    """Suppose ⟨ŵ_j(0), μ⟩ ≥ 1/(3C0√d), clusters of equal size up to 2√(log(1/δ)/n), and
    (1 − 8√(log(1/δ)/n)) p > (1 + 8√(log(1/δ)/n)) q + 4ρ + 8√(log(64m/δ)/(2n)), with p and q the probabilities
    that w_j(0) is active on a point of cluster μ and of cluster −μ.

    Then with probability at least 1 − 2δ: Σ_{I^C_μ} φ'(⟨w_j(0), x_i⟩) − Σ_{I^C_−μ} φ'(⟨w_j(0), x_i⟩) ≥ n/C2.

    The premise in probabilities is what the proof needs for any law and any noise. The paper gets it from
    s ≤ 3/C0 and a large n by q = 1 − p and p ≥ ½ + c1, for laws with median 0 (G2) and noise that does not
    look at x (G3). Without symmetry p − q = P(−⟨ŵ, μ⟩/σ < ⟨z, ŵ⟩ ≤ ⟨ŵ, μ⟩/σ) ≥ 2c1 does the same.
    """
    conclusion = positive_edge(run)
    yield from conclusion.needs or ()
    yield from (enough_samples(run), conclusion)
    given = premises(run) if run.setting is not None else None
    if given is not None:
        yield from (given.third, given.symmetric, given.blind, given.log_concave, given.tight, given.few)
        yield given.likely
    yield PROOF
    yield from _cluster_sizes(Terms(run))
    if given is not None:
        yield from _chains(Terms(run), given)


def _chains(terms: Terms, given: Premises) -> Iterator[Chain]:
    yield from _counts(terms)
    yield from _bounds_on_counts(terms, given)
    yield from _probabilities(terms, given)
    yield from _edge(terms, given)
    yield from _edge_of_any_law(terms, given)


def _cluster_sizes(terms: Terms) -> Iterator[Chain]:
    run, n, rho = terms.run, terms.run.n, terms.run.rho
    sizes, room, sure = equal_sizes(run), enough_samples(run), 1 - run.given("delta") / 4
    spread, quarter = terms.scales.spread, terms.scales.quarter
    yield chain(
        "E6", "cluster sizes",
        0.25 * (1 - spread),
        le(Rounded(run.cluster_size) / n, "L5d", probability=sure),
        eq(Rounded(run.clean_size) / n + Rounded(run.noisy_size) / n, "clean and noisy"),
        le(0.25 * (1 + spread), "L5d", probability=sure),
        axes="mu",
    )  # fmt: skip
    yield chain(
        "E7", "clean samples in each cluster",
        Rounded(n) / 8,
        le(quarter * (1 - spread) - rho * n, "(i) C1√(log(1/δ)/n) + ρ ≤ 1/8", needs=[room]),
        le(run.clean_size, "E6", needs=[sizes]),
        le(quarter * (1 + spread), "E6", needs=[sizes]),
        axes="mu",
    )  # fmt: skip


def _counts(terms: Terms) -> Iterator[Chain]:
    run, p, clean, counts = terms.run, terms.p, terms.counts.clean, terms.counts
    deviation = terms.deviation(run.clean_size, terms.scales.c_hoeffding)
    wide = terms.deviation(run.cluster_size, terms.scales.c_hoeffding)
    sure, says = 1 - run.given("delta"), "binomial over I^C_μ, as if clean samples had the law of the cluster"
    yield chain(
        "E8", "the law of one activation",
        clean_probability(run),
        eq(p, "a clean sample has the law of its cluster", printed=True, gap="G3"),
        axes="j mu", prefix="P", where=run.clean_size > 0,
    )  # fmt: skip
    yield chain(
        "E8", "active clean samples, from below",
        clean,
        ge(run.clean_size * p - deviation, says, printed=True, gap="G3", probability=sure),
        ge(counts.less(run.noisy_size), "at most |I^N_μ| of the active ones are noisy", gap="G3"),
        ge(run.cluster_size * p - wide - run.noisy_size, "binomial over I_μ", gap="G3", probability=sure),
        axes="j mu",
    )  # fmt: skip
    yield chain(
        "E8", "active clean samples, from above",
        clean,
        le(run.clean_size * p + deviation, says, printed=True, gap="G3", probability=sure),
        le(counts.less(0), "I^C_μ is part of I_μ", gap="G3"),
        le(run.cluster_size * p + wide, "binomial over I_μ", gap="G3", probability=sure),
        axes="j mu", prefix="Y",
    )  # fmt: skip


def _bounds_on_counts(terms: Terms, given: Premises) -> Iterator[Chain]:
    run, p, of = terms.run, terms.p, terms.scales
    width, quarter, spread, c = of.width, of.quarter, of.spread, of.c
    rho, clean = run.rho, terms.counts.clean
    deviation, sure = terms.deviation(run.clean_size, c), 1 - run.given("delta")
    eighth = [given.sizes, given.room]
    yield chain(
        "E9", "active on the right side",
        clean,
        ge(run.clean_size * p - deviation, "(i) E8", gap="G3", needs=[given.blind], probability=sure),
        ge(
            quarter * (1 - spread - 4 * rho) * (p - 3 * c * width),
            "(ii) E7, |I^C_μ| ≥ n/8, √8 < 3", needs=[*eighth, given.likely],
        ),
        ge(quarter * ((1 - 4 * rho) * p - 4 * c * width), "(iii) c√log(64m/δ) ≥ 4C1√log(1/δ)"),
        axes="j mu",
    )  # fmt: skip
    yield chain(
        "E10", "active on the opposing side",
        clean[:, OPPOSITE],
        le(
            run.clean_size[OPPOSITE] * (1 - p) + deviation[OPPOSITE],
            "E8 with 1 − p", gap="G2", needs=[given.blind, given.symmetric], probability=sure,
        ),
        le(quarter * (1 + spread) * (1 - p + 3 * c * width), "(i) E7, |I^C_−μ| ≥ n/8", needs=eighth),
        le(
            quarter * ((1 + spread) * (1 - p) + 4 * c * width),
            "(ii) 4C1√(log(1/δ)/n) ≤ 1/3", needs=[given.third],
        ),
        axes="j mu",
    )  # fmt: skip


def _probabilities(terms: Terms, given: Premises) -> Iterator[Chain]:
    run, law, c1, tau = terms.run, terms.tails, terms.scales.c1, start_correlation(terms.run)
    pairs, towards = captured(run), run.toward[0].value > 0
    yield chain(
        "E11", "the chance to be active",
        law.active,
        eq(0.5 + law.band, "P(⟨z, ŵ⟩ > 0) = ½", printed=True, gap="G2"),
        ge(1 - 1 / (1 + tau * tau), "Cantelli, with ⟨ŵ, μ⟩/σ for the distance", gap="G2"),
        axes="j mu", where=towards,
    )  # fmt: skip
    yield chain(
        "U-L6p", "the chance not to be active, 1 − p",
        law.idle,
        le(law.idle_wide[:, None], "⟨ŵ, μ⟩/σ ≥ 1/(3C0 s)"),
        le(law.idle_ninth[:, None], "s ≤ 3/C0", needs=[given.tight]),
        axes="j mu", where=pairs,
    )  # fmt: skip
    yield chain(
        "E12", "mass next to 0",
        law.near, ge(c1, "one-dimensional isotropic log-concave law", needs=[given.log_concave]),
        axes="j", where=starts_off_zero(run),
    )  # fmt: skip
    needs = [given.symmetric, given.log_concave, given.tight]
    yield chain(
        "E13", "p ≥ ½ + c1",
        0.5 - law.idle, ge(c1, "E11, E12", gap="G2", needs=needs), axes="j mu", where=pairs,
    )  # fmt: skip
    yield chain(
        "E13", "without symmetry: the chance on μ less that on −μ, P(−⟨ŵ, μ⟩/σ < ⟨z, ŵ⟩ ≤ ⟨ŵ, μ⟩/σ)",
        law.lead,
        ge(2 * c1, "E12 on both sides of 0", gap="G2", needs=[given.log_concave, given.tight]),
        axes="j mu", where=pairs, prefix="R",
    )  # fmt: skip


def _edge(terms: Terms, given: Premises) -> Iterator[Chain]:
    run, of, c1, quarter = terms.run, terms.scales, terms.scales.c1, terms.scales.quarter
    counts = [given.sizes, given.room, given.third, given.likely, given.symmetric, given.blind]
    shape = [given.symmetric, given.log_concave, given.tight, given.room]
    losses = 4 * run.rho * (0.5 + c1) + of.spread * (0.5 - c1) + 8 * of.c * of.width
    yield chain(
        "E14", "the edge",
        edge(run),
        ge(terms.edge_at(terms.p), "E9, E10", gap="G3", needs=counts, probability=1 - run.given("delta")),
        ge(terms.edge_at(0.5 + c1), "(i) E13", needs=shape),
        eq(quarter * (2 * c1 - losses), "(ii) algebra"),
        ge(quarter * c1, "(iii) losses ≤ c1", needs=[given.few]),
        axes="j mu", where=captured(run),
    )  # fmt: skip
    sure = 1 - 2 * run.given("delta")
    yield chain(
        "E15", "the edge against n/C2, C2 = 4/c1",
        edge(run),
        ge(c1 * run.n / 4, "E14", needs=[*counts, *shape, given.few], probability=sure),
        axes="j mu", where=captured(run),
    )  # fmt: skip


def _edge_of_any_law(terms: Terms, given: Premises) -> Iterator[Chain]:
    run, p, q, of, delta = terms.run, terms.p, terms.q, terms.scales, terms.run.given("delta")
    wide = terms.deviation(run.cluster_size, of.c_hoeffding)
    counted = run.cluster_size * p - run.cluster_size[OPPOSITE] * q - wide - wide[OPPOSITE] - run.noisy_size
    smallest = 2 * of.c1 - 2 * of.spread - 4 * run.rho - 8 * of.c_hoeffding * of.width
    yield chain(
        "E14", "the edge for any law and any noise",
        edge(run),
        ge(counted, "binomial over I_μ and I_−μ, less |I^N_μ|", gap="G3", probability=1 - delta),
        ge(terms.general_edge(p, q), "E6, √(3/2) ≤ 2", gap="G3", needs=[given.sizes, given.room]),
        ge(of.quarter * smallest, "p − q ≥ 2c1 by E13", gap="G2", needs=[given.log_concave, given.tight]),
        axes="j mu", where=captured(run), prefix="R",
    )  # fmt: skip
