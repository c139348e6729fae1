"""What is fixed before anything is drawn: the sizes and parameters that runs of one setting share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache, wraps
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

import numpy as np

from rfa.papers import DoesNotApply
from rfa.rounding import UNIT, Rounded
from rfa.setting import grid

Value = TypeVar("Value")
More = ParamSpec("More")
SETTINGS = 64
"""Settings whose quantities are remembered."""


@dataclass(frozen=True, eq=False)
class Parameters:
    """Sizes, step size, scales and laws of a run, without anything that was drawn.

    `clusters` and `noise` are names of laws, None where they are not known, as are sigma, eta, omega_init, delta and
    C. `shared` gives the same object for the same values.
    """

    n: int
    m: int
    d: int
    step_size: float
    C0: float
    sigma: float | None
    eta: float | None
    omega_init: float | None
    delta: float | None
    a6_power: float
    C: float | None
    clusters: str | None
    noise: str | None

    @property
    def parameters(self) -> Parameters:
        """These parameters, as `Run.parameters` are those of a run."""
        return self

    def given(self, name: str) -> float:
        """A parameter that the statement at hand needs; `DoesNotApply` if it is not known."""
        value = getattr(self, name)
        if value is None:
            raise DoesNotApply(f"{name} is not known for this run")
        return float(value)

    @cached_property
    def alpha(self) -> Rounded:
        """Step size alpha; exact if 1/(4K) is."""
        exact = float(np.frexp(self.step_size)[0]) == 0.5
        return Rounded(self.step_size, 0.0 if exact else UNIT * self.step_size)

    @cached_property
    def K(self) -> int:
        """K = 1/(4 alpha), rounded down when that is no integer."""
        return grid(self.step_size)[0]

    @cached_property
    def b(self) -> Rounded:
        """|a_j| = 1/sqrt(m)."""
        return Rounded(1) / np.sqrt(Rounded(self.m))

    @cached_property
    def s(self) -> Rounded:
        """s = sigma sqrt(d), the scale of ‖xi_i‖."""
        return Rounded(self.given("sigma")) * np.sqrt(Rounded(self.d))

    @cached_property
    def omega_root_d(self) -> Rounded:
        """omega sqrt(d), the scale of ‖w_j(0)‖."""
        return Rounded(self.given("omega_init")) * np.sqrt(Rounded(self.d))

    @cached_property
    def u(self) -> Rounded:
        """u = omega sqrt(m d), the scale of ‖W(0)‖_F."""
        return self.omega_root_d * np.sqrt(Rounded(self.m))

    @cached_property
    def threshold_J(self) -> Rounded:
        """1/(3 C0 sqrt(d)), the correlation that puts a neuron into J_mu."""
        return 1 / (3 * Rounded(self.C0) * np.sqrt(Rounded(self.d)))


shared = lru_cache(maxsize=SETTINGS)(Parameters)


class Parametrised(Protocol):
    """A run, or parameters by themselves."""

    @property
    def parameters(self) -> Parameters:
        """The parameters."""


def per_setting(
    measure: Callable[Concatenate[Parameters, More], Value],
) -> Callable[Concatenate[Parametrised, More], Value]:
    """Evaluate once for all runs with the same parameters, of which alone the result can be made."""
    kept: Any = lru_cache(maxsize=4 * SETTINGS)(measure)

    @wraps(measure)
    def once(of: Parametrised, /, *more: More.args, **options: More.kwargs) -> Value:
        found: Value = kept(of.parameters, *more, **options)
        return found

    return once
