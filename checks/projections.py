"""What a cluster law gives to a neuron at the start: exact probabilities where it allows, else Monte Carlo.

z is the deviation in units of sigma (mean zero, unit variance per coordinate), v_j = w_j(0)/‖w_j(0)‖ and
tau_j,mu = <v_j, mu>/sigma, so that w_j is active on mu + sigma z iff <z, v_j> > −tau_j,mu.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import scipy
from numpy.typing import NDArray

from checks.measured import per_run
from rfa import DoesNotApply, Rounded, Run, Sampled, Setting, rounded
from rfa.clusters import LAWS, ClusterLaw, tail_by_sampling
from rfa.data import stream
from rfa.engine.reduction import draw_reduced_points, noise_rates
from rfa.noise import LAWS as NOISE_LAWS, Clusters
from rfa.parameters import Parameters, per_setting
from rfa.rounding import UNIT, Array
from rfa.run import OPPOSITE
from rfa.stacked import as_array

DRAWS = (2_000, 20_000)
"""Least and most Monte Carlo draws; between them, as many as make `ENTRIES` numbers."""
ENTRIES = 2**24
NEURONS_AT_ONCE = 256
UNKNOWN = "the law of the clusters is not known for this run"
SPECIAL = 1e-12
"""Relative error granted to the special functions behind an exact tail."""
LARGEST_NORM = {"ball": (1.0, 2.0), "cube": (3.0, 0.0), "rademacher": (1.0, 0.0), "two-point": (9.0, 0.0)}
"""Laws of bounded support: ‖z‖² <= k d + r, as (k, r)."""


@dataclass(frozen=True, eq=False)
class Tails:
    """What the law of z gives to each neuron at the start: axes j mu, from `half` on axis j.

    `active` P(<z, v_j> > −tau_j,mu) = p_j,mu, `idle` = 1 − p_j,mu, `band` P(<z, v_j> in (−tau_j,mu, 0]),
    `lead` p_j,mu − p_j,−mu = P(<z, v_j> in (−tau_j,mu, tau_j,mu]); `half` P(<z, v_j> > 0), `near`
    P(<z, v_j> in (−1/9, 0]), `idle_wide` P(<z, v_j> <= −1/(3 C0 s)), `idle_ninth` P(<z, v_j> <= −1/9).
    """

    active: Rounded
    idle: Rounded
    band: Rounded
    lead: Rounded
    half: Rounded
    near: Rounded
    idle_wide: Rounded
    idle_ninth: Rounded


def known_setting(run: Run) -> Setting:
    """The setting of the run, which names the laws of clusters and noise; `DoesNotApply` if there is none."""
    if run.setting is None:
        raise DoesNotApply(UNKNOWN)
    return run.setting


def cluster_law(of: Run | Parameters) -> ClusterLaw:
    """The law of z; `DoesNotApply` where it is not known."""
    name = of.parameters.clusters
    if name is None:
        raise DoesNotApply(UNKNOWN)
    return LAWS[name]


def start_correlation(run: Run) -> Rounded:
    """tau_j,mu = <v_j, mu>/sigma, axes j mu."""
    return rounded(run.cosine_start / run.given("sigma"))


@per_run
def tails(run: Run) -> Tails:
    """The probabilities of every neuron, from one set of draws where they are not exact."""
    tau, wide = start_correlation(run), rounded(1 / (3 * run.C0 * run.s))
    fixed = [(0.0, 0.0), (float(wide), float(wide.error)), (1 / 9, 0.0)]
    value = np.column_stack([tau.value, *(np.full(run.m, t) for t, _ in fixed)])
    error = np.column_stack([np.broadcast_to(tau.error, tau.shape), *(np.full(run.m, e) for _, e in fixed)])
    above, below = projection_tails(run, Rounded(-value, error))
    active, half, draws = above[:, :4], above[:, 4], draws_for(run.d)
    band, near = _between(active, half[:, None], draws), _between(above[:, 6], half, draws)
    lead = _between(active, active[:, OPPOSITE], draws)
    return Tails(active, below[:, :4], band, lead, half, near, below[:, 5], below[:, 6])


def _between(above: Rounded, above_end: Rounded, draws: int) -> Rounded:
    """P(t < <z, v> <= end): a difference or, where that errs less, a frequency of its own among the draws."""
    band = rounded(above - above_end)
    return type(band)(band.value, np.minimum(band.error, frequency_error(np.abs(band.value), draws)))


def frequency_error(rate: Array, draws: float) -> Array:
    """Five standard errors of a frequency (which rounding may leave just above 1), and at least ten draws."""
    share = np.clip(rate, 0, 1)
    return as_array(np.maximum(5 * np.sqrt(share * (1 - share) / draws), 10 / draws))


def activation_probability(run: Run) -> Rounded:
    """p_j,mu = P(<w_j(0), mu + sigma z> > 0), axes j mu."""
    return tails(run).active


def projection_tails(run: Run, thresholds: Rounded) -> tuple[Rounded, Rounded]:
    """P(<z, v_j> > t_jl) and P(<z, v_j> <= t_jl), axes j l.

    Exact for spherical laws and along coordinate axes, else by Monte Carlo.
    """
    law = cluster_law(run)
    if law.spherical:
        return exact_tail(law, run.d, thresholds), exact_tail(law, run.d, rounded(-thresholds))
    directions = start_directions(run)
    value, error = np.empty(thresholds.shape), np.empty(thresholds.shape)
    along_axis = np.count_nonzero(directions, axis=1) == 1
    for j in np.flatnonzero(along_axis):
        exact_row = _exact(partial(_along_axis, law, directions[j]), thresholds[j])
        value[j], error[j] = exact_row.value, exact_row.error
    if along_axis.all():
        return Rounded(value, error), Rounded(1 - value, error + UNIT)
    rest = ~along_axis
    value[rest], error[rest] = _sampled(run, law, directions[rest], thresholds.value[rest])
    return Sampled(value, error), Sampled(1 - value, error + UNIT)


def exact_tail(law: ClusterLaw, d: int, thresholds: Rounded) -> Rounded:
    """P(<z, v> > t) for any unit v in R^d under a spherical law."""
    return _exact(lambda t: law.marginal_tail(t, d), thresholds)


def start_directions(run: Run) -> Array:
    """v_j = w_j(0)/‖w_j(0)‖, shape (m, d); 0 for w_j(0) = 0."""
    size = np.linalg.norm(run.W(0), axis=1, keepdims=True)
    return as_array(run.W(0) / np.where(size > 0, size, 1))


def _along_axis(law: ClusterLaw, direction: Array, t: Array) -> Array:
    return np.array([law.tail(direction, one) for one in t])


def _exact(tail: Callable[[Array], Array], thresholds: Rounded) -> Rounded:
    """A tail with the error that the error of its thresholds leaves; tails decrease, so the ends bound it."""
    t, e = thresholds.value, thresholds.error
    value = tail(t)
    return Rounded(value, np.maximum(tail(t - e) - value, value - tail(t + e)) + SPECIAL * value)


def draws_for(d: int) -> int:
    """Number of Monte Carlo draws in dimension d."""
    return int(np.clip(ENTRIES // d, *DRAWS))


def _sampled(run: Run, law: ClusterLaw, directions: Array, thresholds: Array) -> tuple[Array, Array]:
    rng, draws = stream(known_setting(run).seed, "probability", run.draws - 1), draws_for(run.d)
    parts = [
        tail_by_sampling(law, directions[block], thresholds[block], rng, draws)
        for block in (slice(at, at + NEURONS_AT_ONCE) for at in range(0, len(directions), NEURONS_AT_ONCE))
    ]
    return np.concatenate([part.value for part in parts]), np.concatenate([part.error for part in parts])


@per_run
def clean_probability(run: Run) -> Rounded:
    """P(w_j(0) active on x | x clean, of cluster mu), axes j mu: p_j,mu unless the noise looks at x."""
    setting = known_setting(run)
    if not NOISE_LAWS[setting.noise].depends_on_x or setting.eta == 0:
        return activation_probability(run)
    z, seen = drawn_deviations(run, draws_for(run.d))
    projected, tau = z @ start_directions(run).T, start_correlation(run).value
    shares = [_share(projected > -tau[:, mu], 1 - flip_rates(run, seen, mu)) for mu in range(4)]
    return Sampled(*(np.stack(part, axis=1) for part in zip(*shares, strict=True)))


def drawn_deviations(run: Run, draws: int) -> tuple[Array, Array]:
    """Deviations z (draws, coordinates of the run) in units of sigma, and of them what the noise looks at."""
    setting, coordinates = known_setting(run), run.sample.mu.shape[1]
    rng = stream(setting.seed, "probability", run.draws - 1)
    if coordinates != run.d:
        return draw_reduced_points(setting, coordinates, draws, rng)
    z = cluster_law(run).sample(rng, draws, run.d)
    return z, z


def flip_rates(run: Run, seen: Array, mu: int) -> Array:
    """The chance that the label of mu + sigma z is flipped, for what the noise sees of draws of z."""
    setting, cluster = known_setting(run), np.full(len(seen), mu)
    reference = stream(setting.seed, "reference", run.draws - 1)
    if run.sample.mu.shape[1] != run.d:
        return noise_rates(setting, seen, cluster, reference)
    of = Clusters(cluster_law(run), setting.sigma, run.sample.mu)
    return NOISE_LAWS[setting.noise].rate(seen, cluster, setting.eta, of, reference)


def _share(active: NDArray[np.bool_], weight: Array) -> tuple[Array, Array]:
    """Share of the weight on active draws, per neuron, with its error."""
    total = max(float(weight.sum()), 1.0)
    share = weight @ active / total
    return share, frequency_error(share, total)


@per_setting
def far_probability(of: Parameters, r: float) -> float:
    """P(‖z‖² > r d): exact for Gaussian clusters, else an upper bound (Markov's 1/r where the law is not known)."""
    law = LAWS[of.clusters] if of.clusters else None
    if law is not None and law.name == "gaussian":
        return float(scipy.special.chdtrc(of.d, r * of.d))
    times, plus = LARGEST_NORM.get(law.name, (np.inf, 0.0)) if law else (np.inf, 0.0)
    if r * of.d >= times * of.d + plus:
        return 0.0
    return min(1.0, 1 / r, 1.0 if law is None or law.spherical else _far_product(law, of.d, r))


def _far_product(law: ClusterLaw, d: int, r: float) -> float:
    """A bound on P(‖z‖² > r d) for independent coordinates, each z_k² truncated at B².

    At most d P(|z_1| > B) plus Bernstein's exp(−t²/(2B²(d + t/3))) with t = (r − 1) d > 0, as E z_k⁴ 1{|z_k| <= B} <=
    B²; the least over a grid of B.
    """
    t = max(r - 1, 0.0) * d
    B = np.geomspace(1, 1e4, 400)
    beyond = law.marginal_tail(B, d) + (1 - law.marginal_tail(-B, d)) + UNIT
    return float((d * beyond + np.exp(-(t**2) / (2 * B**2 * (d + t / 3)))).min())
