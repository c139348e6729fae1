"""The largest constant C that assumptions allow on a run, for links in which the paper names C itself."""

from checks.feasible import LIMITS
from rfa import Rounded, Run, rounded


def largest_C(run: Run, *assumptions: str) -> Rounded:
    """The largest C at which the named assumptions (all if none is named) hold together."""
    return rounded(min(LIMITS[name](run) for name in assumptions or LIMITS))
