"""The recursion of the sharpened proof: from a few measured numbers to bounds at every step and a margin.

Weights are in units of alpha b, v = w/(alpha b). Every function below is one line of the recursion; all
numbers are intervals, evaluated outwards, so that their ends are bounds in exact arithmetic.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from checks.explicit.intervals import Interval, exactly, exp, largest, least, total

CENTRES = range(4)
OPPOSITE = (1, 0, 3, 2)
"""Index of -mu for each centre mu."""


@dataclass(frozen=True)
class Measured:
    """What is measured once, on sample and first weights; tuples have one entry for each centre mu.

    `steps` T; `scale` alpha b^2, which is alpha/m; `most` the larger of m_+, m_-; `opposed` m_{-y_mu};
    `clean`, `noisy` c_mu, r_mu, shares of n; `v0`, `b0`, `d1`, `dp`, `G` the maxima over all neurons, samples
    and centres; `members` |M_mu|; `missed` the sum of miss_j over M_mu.
    """

    steps: int
    scale: Interval
    most: int
    opposed: tuple[int, ...]
    clean: tuple[Interval, ...]
    noisy: tuple[Interval, ...]
    v0: Interval
    b0: Interval
    d1: Interval
    dp: Interval
    G: Interval
    members: tuple[int, ...]
    missed: tuple[Interval, ...]

    @cached_property
    def N(self) -> Interval:
        """max_mu (c_mu + r_{-mu}): the largest share of samples that pull a neuron one way along one axis."""
        return largest(*(self.clean[mu] + self.noisy[OPPOSITE[mu]] for mu in CENTRES))


@dataclass(frozen=True)
class State:
    """The recursion at step t.

    `own` bounds how far the means have pulled along one axis, `other` along the other one; `P` bounds
    <v_j, mu> for neurons of the wrong sign, while `falling` (ok_t); `beta` bounds |<v_j, xi_k>|; `spent` is
    Sg_t; `F` bounds |f|, `least_g` and `most_g` are g-_t and g+_t; `h` holds h^t_mu by centre.
    """

    own: Interval
    other: Interval
    P: Interval
    beta: Interval
    spent: Interval
    falling: bool
    F: Interval
    least_g: Interval
    most_g: Interval
    h: tuple[Interval, ...]


@dataclass(frozen=True)
class Recursion:
    """All states t = 0..T and the numbers at the end, by centre mu."""

    measured: Measured
    states: tuple[State, ...]

    @cached_property
    def grown(self) -> tuple[Interval, ...]:
        """S_mu, the sum of h^t_mu over t < T."""
        return tuple(total(s.h[mu] for s in self.states[:-1]) for mu in CENTRES)

    @cached_property
    def first_gain(self) -> tuple[Interval, ...]:
        """h^0_mu - beta_1, which R2 wants positive."""
        return tuple(self.states[0].h[mu] - self.states[1].beta for mu in CENTRES)

    @cached_property
    def last_gain(self) -> tuple[Interval, ...]:
        """S_mu - beta_T."""
        return tuple(self.grown[mu] - self.states[-1].beta for mu in CENTRES)

    @cached_property
    def wrong_end(self) -> tuple[Interval, ...]:
        """P_mu, the bound on <v_j^T, mu> for neurons of the wrong sign."""
        return tuple(wrong_end(self.measured, self.states[-2], mu) for mu in CENTRES)

    @cached_property
    def lag_share(self) -> tuple[Interval, ...]:
        """1/kappa_mu, the share of the sample that a neuron of M_mu must miss at first to stay behind."""
        return tuple(lag_share(self.states[0], self.states[1], mu) for mu in CENTRES)

    @cached_property
    def own_half(self) -> tuple[Interval, ...]:
        """Lower bound of the sum of phi(<v_j^T, x_i>) over eps_j = y_mu; 0 where R2 is not certain."""
        return tuple(own_half(self, mu) for mu in CENTRES)

    @cached_property
    def other_half(self) -> tuple[Interval, ...]:
        """Upper bound of the sum over eps_j = -y_mu of phi(<v_j^T, x_i>) on I_mu."""
        return tuple(other_half(self, mu) for mu in CENTRES)

    @cached_property
    def margin(self) -> tuple[Interval, ...]:
        """margin_mu, the certified lower bound of y_mu f(x_i; W^T) on I_mu."""
        return tuple(self.measured.scale * (self.own_half[mu] - self.other_half[mu]) for mu in CENTRES)


def run_recursion(m: Measured) -> Recursion:
    """The recursion from t = 0 to T."""
    states = [start(m)]
    for _ in range(m.steps):
        states.append(advance(m, states[-1]))
    return Recursion(m, tuple(states))


def start(m: Measured) -> State:
    """The state at t = 0."""
    nothing = exactly(0)
    return with_outputs(m, nothing, nothing, m.v0, m.b0, nothing, True)


def advance(m: Measured, s: State) -> State:
    """The state at t + 1 from that at t."""
    spent = s.spent + s.most_g
    falling = s.falling and all(h.lower >= 0 for h in s.h)
    own = own_next(m, s)
    P = wrong_next(m, s)
    other = other_next(m, own, P, spent) if falling else own
    beta = beta_next(m, s, own, other, spent)
    return with_outputs(m, own, other, P, beta, spent, falling)


def with_outputs(
    m: Measured, own: Interval, other: Interval, P: Interval, beta: Interval, spent: Interval, falling: bool
) -> State:
    """A state with the bounds on f, g and h that follow from its own numbers."""
    F = output_bound(m, own, beta, spent)
    least_g, most_g = 1 / (1 + exp(F)), 1 / (1 + exp(-F))
    h = tuple(decrease(m, least_g, most_g, mu) for mu in CENTRES)
    return State(own, other, P, beta, spent, falling, F, least_g, most_g, h)


def projection_bound(m: Measured, own: Interval, spent: Interval) -> Interval:
    """v0 + own_t + d1 Sg_t, the bound on |<v_j^t, nu>|."""
    return m.v0 + own + m.d1 * spent


def output_bound(m: Measured, own: Interval, beta: Interval, spent: Interval) -> Interval:
    """F_t = (alpha/m) max(m_+, m_-) (v0 + own_t + d1 Sg_t + beta_t)."""
    return m.scale * m.most * (projection_bound(m, own, spent) + beta)


def decrease(m: Measured, least_g: Interval, most_g: Interval, mu: int) -> Interval:
    """h_mu = g- c_mu - g+ (r_mu + d1)."""
    return least_g * m.clean[mu] - most_g * (m.noisy[mu] + m.d1)


def own_next(m: Measured, s: State) -> Interval:
    """own_{t+1} = own_t + g+_t N."""
    return s.own + s.most_g * m.N


def wrong_next(m: Measured, s: State) -> Interval:
    """P_{t+1} = max(P_t, beta_t + g+_t (N + d1))."""
    return largest(s.P, s.beta + s.most_g * (m.N + m.d1))


def other_next(m: Measured, own: Interval, P: Interval, spent: Interval) -> Interval:
    """min(own_{t+1}, P_{t+1} + v0 + d1 Sg_{t+1}), for the axis on which the neuron has the wrong sign."""
    return least(own, P + m.v0 + m.d1 * spent)


def beta_next(m: Measured, s: State, own: Interval, other: Interval, spent: Interval) -> Interval:
    """beta_{t+1} = max(beta_t, b0 + dp (own_{t+1} + other) + G Sg_{t+1})."""
    return largest(s.beta, m.b0 + m.dp * (own + other) + m.G * spent)


def jump(m: Measured, s: State, mu: int) -> Interval:
    """beta_t + g+_t (c_{-mu} + r_mu + d1): how far a neuron of the wrong sign can come up in one step."""
    return s.beta + s.most_g * (m.clean[OPPOSITE[mu]] + m.noisy[mu] + m.d1)


def wrong_end(m: Measured, last: State, mu: int) -> Interval:
    """P_mu = max(v0, jump at T - 1)."""
    return largest(m.v0, jump(m, last, mu))


def lag_share(first: State, second: State, mu: int) -> Interval:
    """1/kappa_mu = (h^0_mu - beta_1) / g+_0."""
    return (first.h[mu] - second.beta) / first.most_g


def own_half(r: Recursion, mu: int) -> Interval:
    """(S_mu - beta_T) (|M_mu| - kappa_mu sum of miss_j); 0 where kappa_mu > 0 is not certain."""
    if r.lag_share[mu].lower <= 0:
        return exactly(0)
    return r.last_gain[mu] * (r.measured.members[mu] - r.measured.missed[mu] / r.lag_share[mu])


def other_half(r: Recursion, mu: int) -> Interval:
    """m_{-y_mu} (P_mu + beta_T)."""
    return r.measured.opposed[mu] * (r.wrong_end[mu] + r.states[-1].beta)
