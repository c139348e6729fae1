"""The bounds of a run's recursion as arrays: upper ends of what bounds from above, lower ends otherwise."""

from __future__ import annotations

from collections.abc import Iterable

from checks.explicit.certificate import bound
from checks.explicit.intervals import Interval
from checks.explicit.recursion import CENTRES, Recursion, State, jump, projection_bound
from checks.measured import per_run
from rfa import Rounded, Run


def before_T(known: Recursion) -> tuple[State, ...]:
    """The recursion at the steps t < T."""
    return known.states[:-1]


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
    return bound(run, lambda r: by_step(s.F for s in r.states))


@per_run
def projection_size(run: Run) -> Rounded:
    """v0 + own_t + d1 Sg_t, axes t j mu."""
    return bound(run, lambda r: by_step(projection_bound(r.measured, s.own, s.spent) for s in r.states))


@per_run
def reach(run: Run) -> Rounded:
    """beta_t, axes t j mu."""
    return bound(run, lambda r: by_step(s.beta for s in r.states))


@per_run
def wrong_projection(run: Run) -> Rounded:
    """P_t, axes t j mu."""
    return bound(run, lambda r: by_step(s.P for s in r.states))


@per_run
def guaranteed_pull(run: Run) -> Rounded:
    """h^t_mu, axes s j mu."""
    return bound(run, lambda r: Rounded([[[h.lower for h in s.h]] for s in before_T(r)]))


@per_run
def sideways(run: Run) -> Rounded:
    """g+_t d1, axes s j mu."""
    return bound(run, lambda r: by_step(s.most_g * r.measured.d1 for s in before_T(r)))


@per_run
def pull_of_clean_over_noisy(run: Run) -> Rounded:
    """h^t_mu + g+_t d1, axes s mu."""
    return bound(run, lambda r: Rounded([[(h + s.most_g * r.measured.d1).lower for h in s.h] for s in before_T(r)]))


@per_run
def jumps(run: Run) -> Rounded:
    """beta_t + g+_t (c_{-mu} + r_mu + d1), axes s j mu."""
    return bound(run, lambda r: Rounded([[[jump(r.measured, s, mu).upper for mu in CENTRES]] for s in before_T(r)]))
