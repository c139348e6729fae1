"""Which constants C the assumptions (A1)-(A7) allow at given sizes, and the nearest sizes that fit a C.

Everything here needs the parameters of an experiment only: a `Setting`, or a `Run` that knows them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from rfa import DoesNotApply, InputError, Run, Setting
from rfa.parameters import Parameters
from rfa.setting import grid

Sizes = Setting | Run | Parameters
JUST_ABOVE_1 = float(np.nextafter(1.0, 2.0))
"""C > 1 strictly."""
A6_POWERS = (1, 2, 3)
"""Exponents p of (A6), ω² <= 1/(C^p m d), for which C_A6 is reported."""
DIGITS = 6
"""Significant digits of the nearest sigma, eta and omega_init, rounded down."""


def given(of: Sizes, name: str) -> float:
    """A parameter of the experiment; `DoesNotApply` where a run lacks it."""
    value = getattr(of, name)
    if value is None:
        raise DoesNotApply(f"{name} is not known for this run")
    return float(value)


def step_range(of: Sizes) -> tuple[float, float]:
    """The C that (A7) allows, [1/(4α²), 1/α²]: [4K², 16K²] for α = 1/(4K)."""
    K, on_grid = grid(of.step_size)
    least = 4.0 * K * K if on_grid else 1 / (4 * of.step_size**2)
    return least, 4 * least


def judged_C(of: Sizes) -> float:
    """The C at which assumptions are judged: as given, else the least above 1 that the step size allows."""
    return of.C if of.C is not None else max(JUST_ABOVE_1, step_range(of)[0])


def _inverse(x: float) -> float:
    return 1 / x if x else math.inf


def A6_limits(of: Sizes) -> dict[float, float]:
    """C_A6 = u^(−2/p) for p = 1, 2, 3 and the exponent in force."""
    u = given(of, "omega_init") * math.sqrt(of.m * of.d)
    return {float(p): u ** (-2 / p) for p in (*A6_POWERS, of.a6_power)}


def log_of(of: Sizes, size: float) -> float:
    """log(size/δ)."""
    return math.log(size / given(of, "delta"))


LIMITS: dict[str, Callable[[Sizes], float]] = {
    "A1": lambda of: of.d / max(log_of(of, of.n) ** 2, log_of(of, of.m)),
    "A2": lambda of: 1 / (given(of, "sigma") * math.sqrt(of.d)),
    "A3": lambda of: of.n / log_of(of, of.m),
    "A4": lambda of: _inverse(given(of, "eta")),
    "A5": lambda of: of.m / log_of(of, 1),
    "A6": lambda of: A6_limits(of)[float(of.a6_power)],
    "A7": lambda of: step_range(of)[1],
}
"""The largest C that each assumption allows; it needs the parameters that the assumption names, and no others."""


def C_limits(of: Sizes) -> dict[str, float]:
    """The largest C that each of (A1)-(A6) allows, by id."""
    return {name: limit(of) for name, limit in LIMITS.items() if name != "A7"}


@dataclass(frozen=True)
class Feasible:
    """The C at which assumptions hold.

    `limits` is the largest C of each of (A1)-(A6), `step` the interval of (A7), `A6` the largest C of (A6) by
    its exponent p. `interval` is the C at which all hold together (empty if its ends are in the wrong order),
    `binding` the assumption that sets its upper end, `missing` those that fail even at the lower end.
    """

    limits: Mapping[str, float]
    step: tuple[float, float]
    A6: Mapping[float, float]
    interval: tuple[float, float]
    binding: str
    missing: tuple[str, ...]

    @property
    def possible(self) -> bool:
        """Whether some C > 1 satisfies all assumptions."""
        return self.interval[0] <= self.interval[1]


def largest_C(of: Sizes) -> Feasible:
    """What C each assumption allows at the sizes of a setting or a run, and all together."""
    limits, step = C_limits(of), step_range(of)
    upper = {**limits, "A7.upper": step[1]}
    binding = min(upper, key=lambda id: upper[id])
    low = max(JUST_ABOVE_1, step[0])
    missing = tuple(id for id, limit in upper.items() if limit < low)
    return Feasible(limits, step, A6_limits(of), (low, upper[binding]), binding, missing)


def feasible_note(of: Sizes) -> str:
    """In a sentence: the C at which (A1)-(A7) hold together, what sets its ends, and C_A6 by the exponent of (A6)."""
    found = largest_C(of)
    low, high = found.interval
    ends = f"{'A7.lower' if found.step[0] > 1 else 'C > 1'}, {found.binding}"
    if found.possible:
        told = f"for C in [{low:.4g}, {high:.4g}] (set by {ends})"
    else:
        told = f"for no C: at least {low:.4g} and at most {high:.4g} would be needed (set by {ends})"
    powers = ", ".join(f"{most:.4g} at p = {p:g}" for p, most in sorted(found.A6.items()))
    return f"(A1)–(A7) hold together {told}. A6 alone allows C up to {powers}."


def nearest_sizes(setting: Setting, C: float) -> Setting:
    """The setting with the nearest sizes that satisfy (A1)-(A7) at C, see `nearest_changes`."""
    return setting.override(C=C, **nearest_changes(setting, C))


def nearest_changes(setting: Setting, C: float) -> dict[str, Any]:
    """What must change so that (A1)-(A7) hold at C, by key: m, n, d raised, sigma, eta, omega_init lowered.

    The step size moves only where C is out of its range, and `noisy` only with n or eta.
    """
    if not C > 1:
        raise InputError(f"C = {C!r}; expected more than 1")
    delta, log = setting.delta, math.log
    m = _raised(setting.m, C * log(1 / delta), even=True)
    n = _raised(setting.n, C * log(m / delta))
    d = _raised(setting.d, C * max(log(n / delta) ** 2, log(m / delta)))
    eta = _lowered(setting.eta, 1 / C)
    sizes = {
        "m": m,
        "n": n,
        "d": d,
        "sigma": _lowered(setting.sigma, 1 / (C * math.sqrt(d))),
        "eta": eta,
        "omega_init": _lowered(setting.omega_init, C ** (-setting.a6_power / 2) / math.sqrt(m * d)),
    }
    if setting.noisy is not None and (n, eta) != (setting.n, setting.eta):
        sizes["noisy"] = round(eta * n)
    changed = {key: value for key, value in sizes.items() if value != getattr(setting, key)}
    return {**changed, **_nearest_step(setting, C)}


def _nearest_step(setting: Setting, C: float) -> dict[str, Any]:
    least, most = step_range(setting)
    if least <= C <= most:
        return {}
    first, last = math.ceil(math.sqrt(C) / 4), math.floor(math.sqrt(C) / 2)
    if first <= last:
        return {"K": min(max(grid(setting.step_size)[0], first), last)}
    ends = (1 / (2 * math.sqrt(C)), 1 / math.sqrt(C))
    return {"alpha": _shortened(min(max(setting.step_size, ends[0]), ends[1]), *ends)}


def _shortened(x: float, low: float, high: float) -> float:
    """`x` with few digits, inside [low, high]: up from the lower end, down from the upper."""
    step = 10.0 ** (math.floor(math.log10(x)) + 1 - DIGITS)
    places = ((round(x / step) + k) * step for k in (0, -1, 1))
    return next(float(f"{place:.{DIGITS}g}") for place in places if low < place < high)


def _raised(size: int, least: float, *, even: bool = False) -> int:
    """`size` or, if that is too small, the least (even) integer from `least` on."""
    if size >= least:
        return size
    return 2 * math.ceil(least / 2) if even else math.ceil(least)


def _lowered(size: float, most: float) -> float:
    """`size` or, if that is not below `most`, the largest number of a few digits below it."""
    if size < most:
        return size
    step = 10.0 ** (math.floor(math.log10(most)) + 1 - DIGITS)
    return float(f"{(math.ceil(most / step) - 1) * step:.{DIGITS}g}")
