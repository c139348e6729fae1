"""Planted states: neurons far along ν, where E42-E44 and the cases (a), (b) of U-L13ao speak."""

from collections.abc import Iterator
from itertools import product

import numpy as np

from checks.constants import PAPER_C0
from checks.persistence_premises import step_facts
from checks.staying_orthogonal import Across, far_cases, turning_back
from checks.step_sums import step_sums
from rfa import Run
from rfa.chains import Chain
from rfa.data import CENTRE_LABEL
from rfa.run import OPPOSITE
from rfa.simulation import trained

ALONG_OWN = 0.12
ALONG_OTHER = (1.1, 1.9, 2.9)
"""Units of αbt along the home centre and of αb along ν: all within AO, all beyond αb."""


def planted(run: Run) -> Run:
    """One gradient step on the sample of `run` from w_j = 0.12 αbt μ + κ αb ν at t = K, the last time of E42.

    One neuron for each centre μ, each of the two ν of the other pair and each κ, with sgn(a_j) = y_μ.
    """
    t = max(run.K, 1)
    cases = list(product(range(4), range(2), ALONG_OTHER))
    home = np.array([mu for mu, _, _ in cases])
    nu = np.array([(home_ + 2) % 4 if first else OPPOSITE[(home_ + 2) % 4] for home_, first, _ in cases])
    kappa = np.array([k for _, _, k in cases])[:, None]
    b = 1 / np.sqrt(len(cases))
    centre = run.sample.centre
    W = run.step_size * b * (ALONG_OWN * t * centre[home] + kappa * centre[nu])
    # with the paper's C0 every neuron that leans toward its centre at all is in J
    return trained(
        run.sample, b * CENTRE_LABEL[home], W, step_size=run.step_size, steps=1, first=t,
        C0=PAPER_C0, d=run.d, relu_at_zero=run.relu_at_zero,
    )  # fmt: skip


def planted_chains(run: Run) -> Iterator[Chain]:
    """E42, U-L13sgn, E43, E44 and U-L13ao (a), (b) on the planted states of a run."""
    state = planted(run)
    now = step_facts(state)
    yield from turning_back(Across(state, step_sums(state)), now, mark="planted ")
    yield from far_cases(state, now, mark="planted ")
