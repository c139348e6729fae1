"""Small runs that several tests share; each is made once per process."""

from functools import cache

import numpy as np

from rfa import Run, Setting
from rfa.simulation import simulate


def small_setting(**changes) -> Setting:
    """K = 3, twelve neurons, tight clusters, one noisy label: most run-level premises hold; milliseconds."""
    base = {
        "d": 6, "n": 48, "m": 12, "sigma": 1e-6, "eta": 0.02, "noisy": 1, "K": 3,
        "omega_init": 1e-6, "C0": 50.0, "fresh": 200, "name": "small",
    }  # fmt: skip
    return Setting(**{**base, **changes})


def good_start(run: Run) -> bool:
    """Every J_mu has a quarter of the neurons and no cluster is empty or all noisy."""
    return bool((run.J_size == run.m // 4).all() and (run.clean_size >= run.n / 8).all())


@cache
def small(**changes) -> Run:
    """The run of `small_setting`, drawn until it is a good start."""
    return simulate(small_setting(**changes), accept=good_start)


@cache
def loose(**changes) -> Run:
    """Wide clusters (sigma sqrt(d) near 1) and heavy noise: premises fail, many conclusions too."""
    return simulate(small_setting(**{"sigma": 0.4, "eta": 0.3, "noisy": None, "n": 60, "seed": 3, **changes}))


def rng(seed: int = 0) -> np.random.Generator:
    """A generator with a fixed seed."""
    return np.random.default_rng(seed)
