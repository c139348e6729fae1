"""E20: what one gradient step adds to <w_j, mu>, j in J_mu, and the expressions that bound it from below."""

from typing import NamedTuple

from checks.constants import E
from checks.step_sums import along_home, step_sums
from rfa import Rounded, Run


class Increment(NamedTuple):
    """The members of E20 divided by alpha b, axes s j; `settled` (X5) and `bound` (X7) are numbers."""

    gained: Rounded
    active: Rounded
    awake: Rounded
    halves: Rounded
    weighted: Rounded
    settled: Rounded
    bound: float


def increment(run: Run) -> Increment:
    """X0, ..., X5 and X7 of E20 at the gradient steps below T; meaningful for j in J."""
    n, home, sums = run.n, run.home, step_sums(run)
    clean, noisy = whole_sums(run)
    weight = run.whole_pull[:, home]
    room = (run.cluster_size[home ^ 2] + run.cluster_size[home ^ 3]) * run.D
    return Increment(
        along_home(run, sums.gained),
        along_home(run, sums.net),
        (clean - noisy) / n + along_home(run, sums.across),
        (weight[..., 0] / 2 - 1.5 * weight[..., 1] - room) / n,
        ((E * run.clean_size[home] / 4 - 1.5 * run.noisy_size[home] - room) / n).reshape(1, run.m),
        E / 32 - 1.5 * run.rho - run.D,
        E / 64,
    )


def whole_sums(run: Run) -> tuple[Rounded, Rounded]:
    """Sums of g <x, mu> over all clean and over all noisy samples of the home of j: axes s j each."""
    there = run.whole_pull_along[:, run.home]
    return along_home(run, there[:, :, 0]), along_home(run, there[:, :, 1])
