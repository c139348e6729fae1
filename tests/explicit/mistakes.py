"""Mistakes to plant in the recursion: one line of `checks.explicit.recursion` replaced by a wrong one."""

from checks.explicit.intervals import exactly, largest, least
from checks.explicit.recursion import OPPOSITE

HALF = exactly(0.5)


def _projection(m, own, spent):
    return m.v0 + own + m.d1 * spent


def _jump(m, s, mu):
    return s.beta + s.most_g * (m.clean[OPPOSITE[mu]] + m.noisy[mu] + m.d1)


def _own_half(r, mu, *, laggards=True, reach=True):
    kept = r.last_gain[mu] if reach else r.grown[mu]
    missed = r.measured.missed[mu] / r.lag_share[mu] if laggards else exactly(0)
    return kept * (r.measured.members[mu] - missed) if r.lag_share[mu].lower > 0 else exactly(0)


MISTAKES = {
    "S1: v0 dropped": ("projection_bound", lambda m, own, spent: own + m.d1 * spent),
    "S1: own dropped": ("projection_bound", lambda m, own, spent: m.v0 + m.d1 * spent),
    "S1: d1 dropped": ("projection_bound", lambda m, own, spent: m.v0 + own),
    "F: beta dropped": (
        "output_bound",
        lambda m, own, beta, spent: m.scale * m.most * _projection(m, own, spent),
    ),
    "F: halved": (
        "output_bound",
        lambda m, own, beta, spent: HALF * m.scale * m.most * (_projection(m, own, spent) + beta),
    ),
    "F: the smaller sign": (
        "output_bound",
        lambda m, own, beta, spent: m.scale * min(m.opposed) * (_projection(m, own, spent) + beta),
    ),
    "h: clean and noisy swapped": (
        "decrease",
        lambda m, lo, hi, mu: lo * m.noisy[mu] - hi * (m.clean[mu] + m.d1),
    ),
    "h: d1 dropped": ("decrease", lambda m, lo, hi, mu: lo * m.clean[mu] - hi * m.noisy[mu]),
    "h: noisy dropped": ("decrease", lambda m, lo, hi, mu: lo * m.clean[mu] - hi * m.d1),
    "h: g- and g+ swapped": ("decrease", lambda m, lo, hi, mu: hi * m.clean[mu] - lo * (m.noisy[mu] + m.d1)),
    "h: of the opposing cluster": (
        "decrease",
        lambda m, lo, hi, mu: lo * m.clean[OPPOSITE[mu]] - hi * (m.noisy[OPPOSITE[mu]] + m.d1),
    ),
    "own: g- for g+": ("own_next", lambda m, s: s.own + s.least_g * m.N),
    "own: noisy of the same cluster": (
        "own_next",
        lambda m, s: s.own + s.most_g * largest(*(c - r for c, r in zip(m.clean, m.noisy, strict=True))),
    ),
    "P: halved": ("wrong_next", lambda m, s: HALF * largest(s.P, s.beta + s.most_g * (m.N + m.d1))),
    "P: not the largest so far": ("wrong_next", lambda m, s: s.beta + s.most_g * (m.N + m.d1)),
    "P: beta dropped": ("wrong_next", lambda m, s: largest(s.P, s.most_g * (m.N + m.d1))),
    "P: d1 dropped": ("wrong_next", lambda m, s: largest(s.P, s.beta + s.most_g * m.N)),
    "P: the jump dropped": ("wrong_next", lambda m, s: largest(s.P, s.beta)),
    "other: v0 dropped": ("other_next", lambda m, own, P, spent: least(own, P + m.d1 * spent)),
    "other: P dropped": ("other_next", lambda m, own, P, spent: least(own, m.v0 + m.d1 * spent)),
    "beta: b0 dropped": (
        "beta_next",
        lambda m, s, own, other, spent: largest(s.beta, m.dp * (own + other) + m.G * spent),
    ),
    "beta: own dropped": (
        "beta_next",
        lambda m, s, own, other, spent: largest(s.beta, m.b0 + m.dp * other + m.G * spent),
    ),
    "beta: other dropped": (
        "beta_next",
        lambda m, s, own, other, spent: largest(s.beta, m.b0 + m.dp * own + m.G * spent),
    ),
    "beta: G dropped": (
        "beta_next",
        lambda m, s, own, other, spent: largest(s.beta, m.b0 + m.dp * (own + other)),
    ),
    "jump: beta dropped": ("jump", lambda m, s, mu: s.most_g * (m.clean[OPPOSITE[mu]] + m.noisy[mu] + m.d1)),
    "jump: clean dropped": ("jump", lambda m, s, mu: s.beta + s.most_g * (m.noisy[mu] + m.d1)),
    "jump: noisy dropped": ("jump", lambda m, s, mu: s.beta + s.most_g * (m.clean[OPPOSITE[mu]] + m.d1)),
    "jump: d1 dropped": ("jump", lambda m, s, mu: s.beta + s.most_g * (m.clean[OPPOSITE[mu]] + m.noisy[mu])),
    "jump: of the same cluster": (
        "jump",
        lambda m, s, mu: s.beta + s.most_g * (m.clean[mu] + m.noisy[mu] + m.d1),
    ),
    "P_mu: v0 dropped": ("wrong_end", _jump),
    "P_mu: halved": ("wrong_end", lambda m, last, mu: HALF * largest(m.v0, _jump(m, last, mu))),
    "P_mu: only v0": ("wrong_end", lambda m, last, mu: m.v0),
    "kappa: without beta_1": ("lag_share", lambda first, second, mu: first.h[mu] / first.most_g),
    "kappa: g- for g+": ("lag_share", lambda first, second, mu: (first.h[mu] - second.beta) / first.least_g),
    "own half: misses dropped": ("own_half", lambda r, mu: _own_half(r, mu, laggards=False)),
    "own half: beta_T dropped": ("own_half", lambda r, mu: _own_half(r, mu, reach=False)),
    "other half: P_mu dropped": ("other_half", lambda r, mu: r.measured.opposed[mu] * r.states[-1].beta),
    "other half: beta_T dropped": ("other_half", lambda r, mu: r.measured.opposed[mu] * r.wrong_end[mu]),
    "other half: the wrong sign counted": (
        "other_half",
        lambda r, mu: r.measured.opposed[(mu + 2) % 4] * (r.wrong_end[mu] + r.states[-1].beta),
    ),
}
"""By what is wrong: the name of the function that is replaced, and the wrong one."""
