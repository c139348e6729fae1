"""Numeric directions in which a setting can be moved: its keys, and s = σ√d and u = ω√(md).

Moving `d` or `m` keeps s and u, so that one thing changes at a time.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from rfa.errors import InputError
from rfa.setting import Setting


@dataclass(frozen=True)
class Coordinate:
    """One direction: how to read it off a setting and how to set it. `whole` values are integers."""

    name: str
    get: Callable[[Setting], float]
    set: Callable[[Setting, float], Setting]
    whole: bool = False


def spread(setting: Setting) -> float:
    """s = σ√d."""
    return setting.sigma * math.sqrt(setting.d)


def start(setting: Setting) -> float:
    """u = ω√(md)."""
    return setting.omega_init * math.sqrt(setting.m * setting.d)


def _set_spread(setting: Setting, value: float) -> Setting:
    return setting.override(sigma=value / math.sqrt(setting.d))


def _set_start(setting: Setting, value: float) -> Setting:
    return setting.override(omega_init=value / math.sqrt(setting.m * setting.d))


def _set_d(setting: Setting, value: float) -> Setting:
    s, u = spread(setting), start(setting)
    return _set_start(_set_spread(setting.override(d=max(2, round(value))), s), u)


def _set_m(setting: Setting, value: float) -> Setting:
    u = start(setting)
    return _set_start(setting.override(m=max(2, 2 * round(value / 2))), u)


def _set_alpha(setting: Setting, value: float) -> Setting:
    return setting.override(alpha=value)


def _key(name: str, whole: bool = False) -> Coordinate:
    def get(setting: Setting) -> float:
        value = getattr(setting, name)
        if value is None:
            raise InputError(f"{name}: not given in the setting {setting.name!r}, so it cannot be varied")
        return float(value)

    def put(setting: Setting, value: float) -> Setting:
        return setting.override(**{name: max(1, round(value)) if whole else value})

    return Coordinate(name, get, put, whole)


_ALL = (
    Coordinate("d", lambda s: float(s.d), _set_d, whole=True),
    _key("n", whole=True),
    Coordinate("m", lambda s: float(s.m), _set_m, whole=True),
    Coordinate("sigma*sqrt(d)", spread, _set_spread),
    _key("eta"),
    Coordinate("alpha", lambda s: s.step_size, _set_alpha),
    _key("K", whole=True),
    Coordinate("omega*sqrt(md)", start, _set_start),
    _key("delta"),
    _key("C"),
    _key("C0"),
    _key("sigma"),
    _key("omega_init"),
    _key("a6_power"),
    _key("steps", whole=True),
    _key("fresh", whole=True),
)
COORDINATES: Mapping[str, Coordinate] = {c.name: c for c in _ALL}
SHORT: dict[str, str] = {"s": "sigma*sqrt(d)", "u": "omega*sqrt(md)", "omega*sqrt(m*d)": "omega*sqrt(md)"}
PROBED = ("d", "n", "m", "sigma*sqrt(d)", "eta", "alpha", "omega*sqrt(md)")
"""Coordinates along which assumptions are relaxed, in this order of preference."""


def coordinate(name: str) -> Coordinate:
    """A coordinate by its name."""
    name = SHORT.get(name, name)
    if name not in COORDINATES:
        raise InputError(f"{name}: no such coordinate; expected one of {', '.join(COORDINATES)}")
    return COORDINATES[name]


def move(setting: Setting, changes: Mapping[str, Any]) -> Setting:
    """The setting with several coordinates or keys changed; sizes first, so that s and u given beside them
    hold."""
    order = {name: place for place, name in enumerate(COORDINATES)}
    for name in sorted(changes, key=lambda n: order.get(SHORT.get(str(n), str(n)), -1)):
        value = changes[name]
        known = SHORT.get(name, name) in COORDINATES and isinstance(value, int | float)
        setting = coordinate(name).set(setting, float(value)) if known else setting.override(**{name: value})
    return setting
