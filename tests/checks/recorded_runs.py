"""The runs on record: between them they have every parameter away from its default, and what random runs lack."""

from collections.abc import Callable, Mapping
from functools import cache

import numpy as np

from rfa import Run, Setting
from rfa.data import Sample
from rfa.simulation import simulate, start, trained
from rfa.studies.candidates import Candidate, make_run
from tests.explicit.constructed import TINY_STEP, along, made as constructed
from tests.runs import good_start, loose, small, small_setting


def rough() -> Run:
    """Every parameter away from its default, no premise in sight."""
    return simulate(Setting(
        d=5, n=50, m=10, sigma=0.3, clusters="ball", noise="per-cluster", eta=0.2, alpha=0.3, steps=6, omega_init=0.4,
        delta=0.3, C0=2.0, a6_power=3.0, relu_at_zero=0.5, orientation="random", fresh=150, seed=5, name="rough",
    ))  # fmt: skip


def plane() -> Run:
    """Figure 1 in small: two dimensions, weights of all steps, past T."""
    return simulate(Setting(
        d=2, n=60, m=14, sigma=0.15, eta=0.15, alpha=0.06, steps=12, omega_init=0.1, fresh=150, seed=1, name="plane",
    ), keep=range(13))  # fmt: skip


def skewed() -> Run:
    """A law that is neither spherical nor symmetric, noise that looks at x, phi'(0) = 1."""
    return simulate(small_setting(
        clusters="exponential", noise="half-space", eta=0.1, noisy=None, sigma=0.02, relu_at_zero=1.0, d=7, m=16, n=80,
        K=2, seed=2, C0=5.0, delta=0.2, omega_init=1e-5, name="skewed",
    ))  # fmt: skip


def heavy() -> Run:
    """Heavy tails and no noise at all; longer than any run so far."""
    return simulate(small_setting(
        clusters="student-t", eta=0.0, noisy=0, sigma=0.05, K=5, steps=9, d=3, n=40, seed=4, C=9.0, name="heavy",
    ))  # fmt: skip


def clean() -> Run:
    """Independent bounded coordinates, no noise, many neurons."""
    return simulate(small_setting(
        clusters="cube", eta=0.0, noisy=0, sigma=0.004, m=48, n=120, d=16, C0=1.5, delta=0.4, seed=6, name="clean",
    ))  # fmt: skip


def later() -> Run:
    """Recorded from step 2 on."""
    run = small(K=5, seed=8)
    W = simulate(run.setting, accept=good_start, keep=range(7)).W(2)
    known = {key: getattr(run, key) for key in ("sigma", "eta", "omega_init", "delta", "C0", "setting")}
    return trained(run.sample, run.a, W, step_size=run.step_size, steps=4, first=2, d=run.d, **known)


def nameless() -> Run:
    """Of a law that nobody knows, with a step so short that margins lie on the ramp, and no second step."""
    run = small(seed=10)
    return trained(run.sample, run.a, 20 * run.W(0), step_size=1e-6, steps=1, C0=run.C0, d=run.d)


def lonely() -> Run:
    """One cluster is empty, one holds all the noise, one has one sample; neurons at 0, on a centre, of all sizes."""
    run = small(seed=9)
    of = run.sample
    keep = (of.cluster != 1) & ((of.cluster != 2) | (np.cumsum(of.cluster == 2) == 1))
    X, y_clean, cluster = of.X[keep], of.y_clean[keep], of.cluster[keep]
    W, a = run.W(0).copy(), run.a * np.array([1, 2, 0, 1, -1, 0.5, 1, 1, 3, 1, 1, 1])
    W[0], W[1] = 0.0, of.mu[0] * 1e-6
    for j, k in enumerate((0, 2, 3, 3), 3):  # so nearly orthogonal to a sample that rounding could turn the sign
        x, side = X[np.argmax(cluster == k)], (-1) ** j
        W[j] = side * 1e-6 * (x[1] * of.mu[0] - x[0] * (1 + 8 * np.finfo(float).eps) * of.mu[1])
    known = {key: getattr(run, key) for key in ("sigma", "eta", "omega_init", "delta", "C0")}
    sample = Sample(X, np.where(cluster == 3, -y_clean, y_clean), y_clean, cluster, of.mu)
    return trained(sample, a, W, step_size=run.step_size, steps=4, d=run.d, **known)


def laggard() -> Run:
    """Deviations so directed that neurons of the right sign miss their clusters, and one of them all but a sample.

    After the first step that one is between the deviations at the start and those of then.
    """
    s, n = 0.01, 60
    groups = [(0, True, along(-s), 1), (0, True, along(s), 14), *((k, True, along(s), 15) for k in (1, 2, 3))]
    between = s + 2e-5 - 0.5 / n
    v = np.array([[between, 0, -1], [-0.004, 0, -1], [0.3, 0.1, 0], [0, 0.3, 0], [0, 0.004, -1], [0.1, -0.3, 0]])
    return constructed(groups, v, [1, 1, 1, -1, -1, -1], TINY_STEP, 4)


def uneven() -> Run:
    """Second-layer weights of two sizes, and a cluster of one sample on which a neuron rises."""
    groups = [(k, True, along(0.001), count) for k, count in enumerate((1, 3, 4, 4))]
    v = np.array([[0.3, 0.1, 0.0], [-0.2, 0.0, 0.1], [0.0, 0.2, 0.0], [0.1, -0.3, 0.0]])
    return constructed(groups, v, [1, 2, -1, -2], TINY_STEP, 4)


def few() -> Run:
    """One cluster is all noise, one has one clean sample, under a known law; a single step."""
    return simulate(
        small_setting(
            n=9, noise="one-cluster", eta=0.15, noisy=None, K=None, alpha=0.3, steps=1, C0=2.0, delta=0.4, name="few",
        ),
        accept=lambda run: bool({0, 1} <= set(run.clean_size) and (run.cluster_size > 0).all()),
    )  # fmt: skip


def short() -> Run:
    """Stopped before T, with heavier tails than normal ones and noise where the samples are far out."""
    return simulate(small_setting(
        clusters="laplace", noise="outliers", eta=0.15, noisy=None, K=6, steps=3, sigma=0.1, d=4, n=40, m=8,
        C0=3.0, omega_init=0.01, seed=11, name="short",
    ))  # fmt: skip


def untrained() -> Run:
    """Sample and start alone."""
    return start(small_setting(clusters="two-point", noise="boundary", eta=0.1, noisy=None, sigma=0.01, seed=12))


def tied() -> Run:
    """Every second neuron at 0, the others half way to a centre, and all samples of a cluster in one place."""
    setting = small_setting(clusters="rademacher", sigma=0.02, d=4, K=2, relu_at_zero=0.5, seed=13, name="tied")
    return make_run(Candidate(setting, (0.5, 1.0), ("ties", "equal deviations")))


EVERY = (
    small, loose, rough, plane, skewed, heavy, clean, later, nameless, lonely, laggard, uneven, few, short, untrained,
    tied,
)  # fmt: skip
RUNS: Mapping[str, Callable[[], Run]] = {one.__name__: one for one in EVERY}


@cache
def made(name: str) -> Run:
    """A run by its name, made once."""
    return RUNS[name]()
