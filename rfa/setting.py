"""Setting: every parameter of one experiment, checked on construction, TOML in and out."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, get_type_hints

from rfa import clusters as cluster_laws, noise as noise_laws
from rfa.errors import InputError, shown

RECORD_LEVELS = ("full", "light")
"""What the trace keeps: `full` everything at every step; `light` the sums over active samples up to T only."""
SPAN = {"float64": (1e-50, 1e50), "float32": (1e-15, 1e15)}
"""Sizes that numbers from outside may have, by arithmetic: their squares, products and reciprocals stay normal."""


THEOREMS = {
    "layers": "first", "batch": None, "activation": "relu", "loss": "logistic",
    "centre_cosine": 0.0, "centre_ratio": 1.0, "pairs": 2,
}  # fmt: skip
"""The keys that other settings than the theorem's have, with the values that the theorem's has."""


@dataclass(frozen=True, kw_only=True)
class Setting:
    """One experiment. Give the step size either as `K` (alpha = 1/(4K)) or as `alpha`.

    d, n, m          dimension, samples, neurons (m even)
    sigma            within-cluster standard deviation per coordinate
    clusters, noise  names of the laws; eta the noise rate E[eta(x)]
    noisy            if given: labels are redrawn until exactly so many samples are noisy
    K or alpha       step size 1/(4K), or any alpha > 0
    steps            number of steps; default T = 1 + K with K = floor(1/(4 alpha))
    omega_init       standard deviation of the initial weights
    delta, C0        failure probability and the constant of the candidate sets J_mu
    C                the constant at which (A1)-(A7) are judged; default the least that the step size allows
    a6_power         exponent p of (A6), omega^2 <= 1/(C^p m d)
    relu_at_zero     the value of phi'(0): 0, 0.5 or 1
    orientation      centres on the first two axes, or a random orthonormal pair
    dtype            float64 or float32
    engine           direct (in R^d), reduced (in the coordinates of the sample) or auto (what costs less)
    record           what the trace keeps: full or light
    fresh            number of fresh test samples
    draw_until       id of a statement of the paper: sample and start are drawn again until it holds on them
    seed             one integer for everything random

    Outside the theorem's setting, for studies of what it needs; every report says so (`rfa.variants`):

    layers           which layers are trained: first, or both
    batch            samples drawn without replacement for each step; default all
    activation       relu, leaky (slope 0.1), gelu or silu
    loss             logistic, hinge, squared or exponential
    centre_cosine    cosine between mu1 and mu2
    centre_ratio     length of mu2 over that of mu1
    pairs            pairs of opposite clusters: ±mu1, ±mu3, ... with label +1 and ±mu2, ±mu4, ... with label -1
    """

    d: int
    n: int
    m: int
    sigma: float
    clusters: str = "gaussian"
    noise: str = "uniform"
    eta: float = 0.0
    noisy: int | None = None
    K: int | None = None
    alpha: float | None = None
    steps: int | None = None
    omega_init: float
    delta: float = 0.1
    C0: float = 10.0
    C: float | None = None
    a6_power: float = 2.0
    relu_at_zero: float = 0.0
    orientation: str = "axes"
    dtype: str = "float64"
    engine: str = "auto"
    record: str = "full"
    fresh: int = 10_000
    draw_until: str = ""
    seed: int = 0
    name: str = "custom"
    layers: str = "first"
    batch: int | None = None
    activation: str = "relu"
    loss: str = "logistic"
    centre_cosine: float = 0.0
    centre_ratio: float = 1.0
    pairs: int = 2

    def __post_init__(self) -> None:
        for field in fields(self):
            object.__setattr__(self, field.name, checked(field.name, getattr(self, field.name)))
        self._check_together()

    def _check_together(self) -> None:
        if (self.K is None) == (self.alpha is None):
            given = "both" if self.K is not None else "neither"
            raise InputError(f"K, alpha: {given} given; expected exactly one (alpha = 1/(4K))")
        largest = noise_laws.LAWS[self.noise].largest_eta
        if self.eta > largest:
            raise InputError(f"eta = {self.eta!r}; expected at most {largest:g} for noise = {self.noise!r}")
        if self.noisy is not None and self.noisy > self.n:
            raise InputError(f"noisy = {self.noisy}; expected at most n = {self.n}")
        if self.batch is not None and self.batch >= self.n:
            raise InputError(f"batch = {self.batch}; expected fewer than n = {self.n}, or no batch for all samples")
        if self.pairs > self.d:
            raise InputError(f"pairs = {self.pairs}; expected at most d = {self.d}: their directions are orthogonal")
        if self.noisy and self.eta == 0:
            raise InputError(f"noisy = {self.noisy} with eta = 0.0; expected eta > 0, about noisy / n")
        least, most = SPAN[self.dtype]
        for key in ("sigma", "omega_init", "step_size"):
            if not least <= (size := getattr(self, key)) <= most:
                told = f"expected a size between {least:g} and {most:g} for dtype = {self.dtype!r}"
                raise InputError(f"{key} = {size!r}; {told}")

    @property
    def step_size(self) -> float:
        """alpha."""
        return self.alpha if self.alpha is not None else 1 / (4 * self.require_K())

    def require_K(self) -> int:
        """K, when the step size was given that way."""
        if self.K is None:
            raise InputError("K is not given")
        return self.K

    @property
    def total_steps(self) -> int:
        """Number of gradient steps of the run."""
        return self.steps if self.steps is not None else 1 + grid(self.step_size)[0]

    def to_dict(self) -> dict[str, Any]:
        """All keys that are given, as plain values; `Setting.from_dict` is the inverse."""
        given = {field.name: value for field in fields(self) if (value := getattr(self, field.name)) is not None}
        return {key: value for key, value in given.items() if key not in THEOREMS or value != THEOREMS[key]}

    @property
    def varied(self) -> bool:
        """Whether some key takes the run outside the theorem's setting."""
        return any(getattr(self, key) != value for key, value in THEOREMS.items())

    def to_toml(self) -> str:
        """The setting as a TOML document."""
        import tomli_w

        return tomli_w.dumps(self.to_dict())

    @staticmethod
    def from_dict(given: Mapping[str, Any]) -> Setting:
        """A setting from its keys; unknown and missing keys are errors that name them."""
        known = {f.name for f in fields(Setting)}
        if unknown := sorted(set(given) - known):
            raise InputError(f"{unknown[0]}: unknown key; expected one of {', '.join(sorted(known))}")
        if missing := [key for key in ("d", "n", "m", "sigma", "omega_init") if key not in given]:
            raise InputError(f"{missing[0]}: missing; a setting needs d, n, m, sigma, omega_init and K or alpha")
        return Setting(**given)

    @staticmethod
    def from_toml(text: str, name: str = "custom") -> Setting:
        """A setting from a TOML document with flat keys; `name` is used if the document has none."""
        try:
            given = tomllib.loads(text)
        except tomllib.TOMLDecodeError as why:
            raise InputError(f"not a TOML document: {why}") from None
        return Setting.from_dict({"name": name, **given})

    def override(self, **changes: Any) -> Setting:
        """The same setting with some keys changed; giving K drops alpha and the reverse."""
        if "K" in changes and "alpha" not in changes:
            changes = {**changes, "alpha": None}
        if "alpha" in changes and "K" not in changes:
            changes = {**changes, "K": None}
        known = {f.name for f in fields(self)}
        if unknown := sorted(set(changes) - known):
            raise InputError(f"{unknown[0]}: unknown key; expected one of {', '.join(sorted(known))}")
        return replace(self, **changes)


def grid(alpha: float) -> tuple[int, bool]:
    """K = 1/(4 alpha) and whether it is an integer (within 1e-9, relative beyond 1); otherwise its floor."""
    exact = 1 / (4 * alpha)
    nearest = round(exact)
    if nearest >= 1 and abs(exact - nearest) <= 1e-9 * max(1.0, exact):
        return nearest, True
    return math.floor(exact), False


def parse_value(key: str, text: str) -> Any:
    """The value of `key=text` on a command line, as TOML would read it; a bare word is a string."""
    try:
        return tomllib.loads(f"x = {text}")["x"]
    except tomllib.TOMLDecodeError as why:
        if text[:1] in ('"', "'", "[", "{"):
            raise InputError(f"{key} = {shown(text)}: {why}; expected a TOML value or a bare word") from None
        return text


def checked(key: str, value: Any) -> Any:
    """The value of one key of a setting in its type and range; `InputError` names key, value and what is allowed."""
    value = _checked_type(key, value)
    if key in _RULES and value is not None:
        allowed, says = _RULES[key]
        if not allowed(value):
            raise InputError(f"{key} = {shown(value)}; expected {says}")
    return value


def _checked_type(key: str, value: Any) -> Any:
    kind = _TYPES[key]
    if value is None and type(None) in getattr(kind, "__args__", ()):
        return None
    base = next((a for a in getattr(kind, "__args__", ()) if a is not type(None)), kind)
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise InputError(f"{key} = {shown(value)}; expected {_KINDS[base]}")
    if base is float and isinstance(value, int | float):
        try:
            value = float(value)
        except OverflowError:
            raise InputError(f"{key} = {shown(value)}; expected a finite number") from None
        if not math.isfinite(value):
            raise InputError(f"{key} = {shown(value)}; expected a finite number")
        least, most = SPAN["float64"]
        if value and not least <= abs(value) <= most:
            raise InputError(f"{key} = {shown(value)}; expected a size between {least:g} and {most:g}")
    if base is int and isinstance(value, float) and value.is_integer():
        value = int(value)
    if not isinstance(value, base):
        raise InputError(f"{key} = {shown(value)}; expected {_KINDS[base]}")
    return value


_KINDS = {int: "an integer", float: "a finite number", str: "a word"}


def _one_of(*names: Any) -> tuple[Callable[[Any], bool], str]:
    return (lambda v: v in names), "one of " + ", ".join(map(str, names))


_SIZE_LIMIT = 10**12
_RULES: dict[str, tuple[Callable[[Any], bool], str]] = {
    "d": (lambda v: 2 <= v <= _SIZE_LIMIT, "at least 2 (the centres are orthonormal) and at most 10^12"),
    "n": (lambda v: 1 <= v <= _SIZE_LIMIT, "at least 1 and at most 10^12"),
    "m": (lambda v: 2 <= v <= _SIZE_LIMIT and v % 2 == 0, "an even number, at least 2 and at most 10^12"),
    "sigma": (lambda v: v > 0, "more than 0"),
    "clusters": _one_of(*cluster_laws.LAWS),
    "noise": _one_of(*noise_laws.LAWS),
    "eta": (lambda v: 0 <= v <= 1, "between 0 and 1"),
    "noisy": (lambda v: v >= 0, "at least 0"),
    "K": (lambda v: 1 <= v <= _SIZE_LIMIT, "at least 1 and at most 10^12"),
    "alpha": (lambda v: v >= 1 / (4 * _SIZE_LIMIT), "at least 1/(4·10^12), that of K = 10^12"),
    "steps": (lambda v: 1 <= v <= _SIZE_LIMIT, "at least 1 and at most 10^12"),
    "omega_init": (lambda v: v > 0, "more than 0"),
    "delta": (lambda v: 0 < v < 0.5, "between 0 and 1/2, both excluded"),
    "C0": (lambda v: v > 1, "more than 1"),
    "C": (lambda v: v > 1, "more than 1"),
    "a6_power": (lambda v: 0.1 <= v <= 10, "between 0.1 and 10"),
    "relu_at_zero": _one_of(0.0, 0.5, 1.0),
    "layers": _one_of("first", "both"),
    "batch": (lambda v: v >= 1, "at least 1"),
    "activation": _one_of("relu", "leaky", "gelu", "silu"),
    "loss": _one_of("logistic", "hinge", "squared", "exponential"),
    "centre_cosine": (lambda v: abs(v) <= 0.99, "between -0.99 and 0.99"),
    "pairs": (lambda v: 2 <= v <= 1000, "between 2 and 1000"),
    "centre_ratio": (lambda v: 0.01 <= v <= 100, "between 0.01 and 100"),
    "orientation": _one_of("axes", "random"),
    "dtype": _one_of("float64", "float32"),
    "engine": _one_of("auto", "direct", "reduced"),
    "record": _one_of(*RECORD_LEVELS),
    "fresh": (lambda v: 1 <= v <= 10**9, "between 1 and 10^9"),
    "seed": (lambda v: 0 <= v < 2**64, "between 0 and 2^64 - 1"),
    "name": (
        lambda v: len(v) <= 200 and not any("\ud800" <= c <= "\udfff" for c in v),
        "text in UTF-8 of at most 200 characters",
    ),
}
_TYPES = get_type_hints(Setting)
