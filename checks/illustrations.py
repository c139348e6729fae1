"""What the text says in passing and a run can show: no premise, no promise, only whether it holds."""

from collections.abc import Iterator

import numpy as np
import scipy

from checks.constants import E
from checks.ideal_masses import rate
from checks.projections import cluster_law, draws_for, exact_tail, known_setting
from rfa import Claim, DoesNotApply, Rounded, Run, result, rounded, then
from rfa.data import CENTRE_LABEL, Sample, draw_fresh, stream
from rfa.rounding import UNIT, Array
from rfa.together import by_itself

FITTING_STEPS = 20
"""Iterations of the least-squares fit where it is not exact."""
EXACT_FIT = 10**7
"""Up to this n·d·min(n, d) the fit is exact."""


@result("X1", "No linear classifier beats guessing", kind="TEXT", gaps=["G13"])
def linear_classifiers(run: Run) -> Iterator[Claim]:
    """Then x ↦ sgn⟨v,x⟩ is right on half of the clean points, whatever v.

    If v were right on less than half, −v would be right on more. Candidates v: Σ y_i x_i, the
    least-squares fit to the training labels, μ1, μ2 and μ1 + μ2. The affine sgn(⟨μ1,x⟩ − ½) is right on
    ¾ (G13). Exact for spherical laws; for the others fresh points can refute one half, not confirm it.
    """
    shares = exact_shares if cluster_law(run).spherical else drawn_shares
    linear, affine = shares(run)
    yield then("X1.linear", "sgn⟨v,x⟩ is right on half of the points", linear, "==", 0.5, axes="v")
    yield then("X1.affine", "sgn(⟨μ1,x⟩ − ½) is right on more than half", affine, ">", 0.5)


@result("X2", "One step amplifies the features", kind="TEXT", uses=["L4", "L12"])
def amplification(run: Run) -> Iterator[Claim]:
    """Then correlations ⟨ŵ_j, μ⟩ are of order 1/√d at the start and of order 1 after one step.

    Nearer in ratio to 1/√d than to 1 means below d^(−1/4): judged for the mean over J_μ, for each centre.
    The mean square of the correlations of all neurons with μ1 and μ2 has mean 1/d; on the run it is off
    by at most five standard deviations of its law.
    """
    if not (run.trace.norm[0] > 0).any():
        raise DoesNotApply("every neuron starts at zero, and zero has no direction")
    between = rounded(1 / np.sqrt(np.sqrt(Rounded(run.d))))
    filled = run.J_size > 0
    start, after = mean_correlation(run, 0), mean_correlation(run, 1)
    yield then("X2.start", "mean ⟨ŵ_j(0),μ⟩ ≤ d^(−1/4)", start, "<=", between, axes="mu", where=filled)
    yield then("X2.step", "mean ⟨ŵ_j(1),μ⟩ ≥ d^(−1/4)", after, ">=", between, axes="mu", where=filled)
    off = np.abs(mean_square(run) - 1 / Rounded(run.d))
    yield then(
        "X2.scale", "|mean of ⟨ŵ_j(0),μ_k⟩² − 1/d| ≤ 5 std", off, "<=", 5 * deviation(run),
        where=run.d > 2, note="in the plane of the centres the mean is 1/d of necessity",
    )  # fmt: skip


@result("X3", "Neurons grow and turn away", kind="TEXT", uses=["L11", "L13", "L14"])
def turning_away(run: Run) -> Iterator[Claim]:
    """Then after the first step the norms of the neurons of J grow, and |⟨ŵ_j(t), ν⟩| ≤ 192e²/(t − 1) until
    T.

    192e² is what C10 and E39 prove together; about 1/t is measured.
    """
    t, grown, before = run.t, run.norm[1 : run.n_s + 1], run.norm[: run.n_s]
    stepped = (run.s_steps >= 1)[:, None] & run.in_J
    late = ((t >= 2) & (t <= run.T))[:, None] & run.in_J
    turned, proved = np.abs(run.other) / run.divisor, 192 / Rounded(E, UNIT) / np.maximum(t - 1, 1)[:, None]
    yield then("X3.norms", "‖w_j(s+1)‖ > ‖w_j(s)‖", grown, ">", before, axes="s j", where=stepped)
    yield then("X3.turning", "|⟨ŵ_j(t),ν⟩| ≤ 192e²/(t − 1)", turned, "<=", proved, axes="t j", where=late)


@result("X4", "The subnetwork resembles the ideal classifier", kind="TEXT", uses=["L11", "L13"])
def resemblance(run: Run) -> Iterator[Claim]:
    """Then f^J(·; W(T)) ≈ c f* on the training inputs, with one c > 0.

    Judged at the best c: what c f* leaves of f^J is shorter than c f* itself, and the signs agree.
    """
    if not run.in_J.any():
        raise DoesNotApply("J is empty")
    across, plane = np.abs(run.input_along), np.abs(run.input_along.value)
    if (plane[:, 0] == plane[:, 2]).all():
        raise DoesNotApply("f* is zero on every training input")
    ideal, output = rounded(across[:, 0] - across[:, 2]), run.output(run.T, run.in_J)
    c = (ideal * output).sum() / (ideal * ideal).sum()
    left = output - c * ideal
    length = np.sqrt((left * left).sum()), c * np.sqrt((ideal * ideal).sum())
    yield then("X4.shape", "‖f^J − c f*‖ < c ‖f*‖ at the best c", length[0], "<", length[1])
    size = np.abs(output.value * ideal.value)
    yield then("X4.signs", "f^J(x_i) f*(x_i) > 0", output * ideal, ">", 0.0, axes="i", scale=size)


@result("X5", "The loss derivative stays near one half", kind="TEXT", uses=["L14"])
def steady_derivative(run: Run) -> Iterator[Claim]:
    """Then until T every g_{i,t} is nearer to ½ than to 0 and 1, and above the ½e⁻² that the proof uses."""
    low, high = run.g_min[: run.n_s], run.g_max[: run.n_s]
    seen = run.group_size > 0
    yield then("X5.floor", "g ≥ E/2", low, ">=", E / 2, axes="s mu q", where=seen)
    yield then("X5.low", "½ − g < ¼", 0.5 - low, "<", 0.25, axes="s mu q", where=seen)
    yield then("X5.high", "g − ½ < ¼", high - 0.5, "<", 0.25, axes="s mu q", where=seen)


def exact_shares(run: Run) -> tuple[Rounded, Rounded]:
    """How often the linear candidates, axis v, and the affine classifier are right under a spherical law."""
    mu1 = run.sample.mu[:1]
    return right_share(run, candidates(run), 0.0), right_share(run, mu1, 0.5)[0]


def right_share(run: Run, v: Array, threshold: float) -> Rounded:
    """P(y (⟨v,x⟩ − `threshold`) > 0) for rows of v (k, d), axis v: the mean of a tail over the four centres."""
    length, sigma = np.linalg.norm(v, axis=1, keepdims=True), run.given("sigma")
    scale = np.where(length > 0, sigma * length, np.nan)
    margin = CENTRE_LABEL * (v @ run.sample.centre.T - threshold) / scale
    error = 2 * run.dot * (1 / sigma + np.abs(margin))
    tails = exact_tail(cluster_law(run), run.d, Rounded(-margin, error))
    return Rounded(*(np.where(length > 0, part, 0.0) for part in (tails.value, tails.error))).mean(axis=1)


def drawn_shares(run: Run) -> tuple[Rounded, Rounded]:
    """The same as frequencies among fresh points."""
    points = fresh_points(run)
    right = np.sign(points.X @ candidates(run).T) == points.y_clean[:, None]
    return rate(right), rate(np.sign(points.X @ run.sample.mu[0] - 0.5) == points.y_clean)


def fresh_points(run: Run) -> Sample:
    """Fresh points with clean labels of the run's law."""
    setting = known_setting(run)
    clean = setting.override(eta=0.0, noise="uniform", noisy=None)
    rng = stream(setting.seed, "probability", run.draws - 1)
    return draw_fresh(clean, run.sample.mu, draws_for(run.d), rng, run.draws - 1)


@by_itself
def candidates(run: Run) -> Array:
    """Directions v (5, d) of linear classifiers, in the order given in `linear_classifiers`."""
    X, y, mu = run.sample.X, run.sample.y, run.sample.mu
    return np.stack([y @ X, least_squares(X, y.astype(X.dtype)), mu[0], mu[1], mu[0] + mu[1]])


def least_squares(X: Array, y: Array) -> Array:
    """The shortest v (d,) with the least ‖Xv − y‖ for X (n, d), or for large X where LSQR has come to."""
    if X.size * min(X.shape) > EXACT_FIT:
        return np.asarray(scipy.sparse.linalg.lsqr(X, y, iter_lim=FITTING_STEPS)[0])
    return np.asarray(scipy.linalg.lstsq(X, y, lapack_driver="gelsy", check_finite=False)[0])


def mean_correlation(run: Run, t: int) -> Rounded:
    """Mean of ⟨w_j(t)/‖w_j(t)‖, mu⟩ over J_mu, axis mu."""
    cosine = run.toward[t - run.first] / run.divisor[t - run.first][:, None]
    return rounded(cosine.sum(axis=0, where=run.J) / np.maximum(run.J_size, 1))


def mean_square(run: Run) -> Rounded:
    """Mean over k and the neurons j that are not zero of ⟨w_j(0)/‖w_j(0)‖, mu_k⟩²."""
    turned = run.trace.norm[0] > 0
    cosine: Rounded = run.plane[0][turned] / run.norm[0][turned, None]
    return rounded(cosine * cosine).mean()


def deviation(run: Run) -> Rounded:
    """The standard deviation of `mean_square`.

    The sum over k = 1, 2 has the law Beta(1, (d − 2)/2), of variance 4(d − 2)/(d²(d + 2)).
    """
    d, turned = Rounded(run.d), (run.trace.norm[0] > 0).sum()
    return rounded(np.sqrt((d - 2) / (d * d * (d + 2) * turned)))
