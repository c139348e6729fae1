"""The bounds of a run's recursion as arrays: upper ends of what bounds from above, lower ends otherwise."""

from __future__ import annotations

from collections.abc import Iterable

from checks.explicit import recursion
from checks.explicit.certificate import certify
from checks.explicit.intervals import Interval
from checks.explicit.recursion import CENTRES, State
from checks.measured import per_run
from rfa import Rounded, Run


def states(run: Run) -> tuple[State, ...]:
    """The recursion at t = 0..T."""
    return certify(run).recursion.states


def before_T(run: Run) -> tuple[State, ...]:
    """The recursion at the steps t < T."""
    return states(run)[:-1]


def lower(values: Iterable[Interval]) -> Rounded:
    """The lower ends, as exact numbers."""
    return Rounded([x.lower for x in values])


def upper(values: Iterable[Interval]) -> Rounded:
    """The upper ends, as exact numbers."""
    return Rounded([x.upper for x in values])


def by_step(values: Iterable[Interval]) -> Rounded:
    """Upper ends, one for each step or state, to stand before j and mu."""
    return upper(values).reshape(-1, 1, 1)


def table(rows: Iterable[Iterable[Interval]]) -> Rounded:
    """Rows of intervals as values with error bounds."""
    cells = [[x.rounded for x in row] for row in rows]
    values = [[float(x) for x in row] for row in cells]
    return Rounded(values, [[float(x.error) for x in row] for row in cells])


@per_run
def output_size(run: Run) -> Rounded:
    """F_t, axes t mu q."""
    return by_step(s.F for s in states(run))


@per_run
def projection_size(run: Run) -> Rounded:
    """v0 + own_t + d1 Sg_t, axes t j mu."""
    m = certify(run).recursion.measured
    return by_step(recursion.projection_bound(m, s.own, s.spent) for s in states(run))


@per_run
def reach(run: Run) -> Rounded:
    """beta_t, axes t j mu."""
    return by_step(s.beta for s in states(run))


@per_run
def wrong_projection(run: Run) -> Rounded:
    """P_t, axes t j mu."""
    return by_step(s.P for s in states(run))


@per_run
def guaranteed_pull(run: Run) -> Rounded:
    """h^t_mu, axes s j mu."""
    return Rounded([[[h.lower for h in s.h]] for s in before_T(run)])


@per_run
def sideways(run: Run) -> Rounded:
    """g+_t d1, axes s j mu."""
    m = certify(run).recursion.measured
    return by_step(s.most_g * m.d1 for s in before_T(run))


@per_run
def pull_of_clean_over_noisy(run: Run) -> Rounded:
    """h^t_mu + g+_t d1, axes s mu."""
    m = certify(run).recursion.measured
    return Rounded([[(h + s.most_g * m.d1).lower for h in s.h] for s in before_T(run)])


@per_run
def jumps(run: Run) -> Rounded:
    """beta_t + g+_t (c_{-mu} + r_mu + d1), axes s j mu."""
    m = certify(run).recursion.measured
    return Rounded([[[recursion.jump(m, s, mu).upper for mu in CENTRES]] for s in before_T(run)])
