"""The quantities of a run as numbers with a radius, from the arrays of its file alone.

Centres are numbered 0 = +mu1, 1 = -mu1, 2 = +mu2, 3 = -mu2; t is a step number.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property, wraps
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rfa.recheck.exact import UNIT, ZERO, Ball, Fixed, ball, largest, lowest_exponent, power_of_two, real, root, scaled
from rfa.recheck.weights import Data, NotRechecked, Weights

LARGEST_PRODUCT = 2e7
"""Exact multiplications allowed for one quantity (a second or two)."""
OTHER_CENTRES = {0: (2, 3), 1: (2, 3), 2: (0, 1), 3: (0, 1)}


@dataclass(frozen=True, eq=False)
class ExactRun:
    """One run: its arrays, its parameters by name, the facts about its laws; every quantity is made once."""

    data: Data
    weights: Weights
    y_clean: NDArray[Any]
    cluster: NDArray[Any]
    mu: NDArray[Any]
    given: Mapping[str, float]
    laws: Mapping[str, str]
    d: int
    last: int
    made: dict[Any, Any] = field(default_factory=dict)

    # ---- sizes and parameters ----------------------------------------------------------------------------------

    @property
    def n(self) -> int:
        """Number of samples."""
        return len(self.data.y)

    @property
    def m(self) -> int:
        """Number of neurons."""
        return len(self.data.a)

    def parameter(self, name: str) -> Ball:
        """A parameter of the run, exactly as stored; `NotRechecked` if the file lacks it."""
        if name not in self.given:
            raise NotRechecked(f"{name} is not in the run file")
        return Ball(self.given[name])

    @cached_property
    def alpha(self) -> Ball:
        """alpha, which may be a rounded 1/(4K)."""
        return Ball(self.data.step_size, UNIT * real(self.data.step_size))

    @cached_property
    def inverse_step(self) -> tuple[int, bool]:
        """K = 1/(4 alpha) rounded down, and whether it is whole (within 1e-9)."""
        exact = 1 / (4 * real(self.data.step_size))
        near = round(exact)
        if near >= 1 and abs(exact - near) <= Decimal("1e-9") * max(exact, Decimal(1)):
            return near, True
        return int(exact), False

    @property
    def K(self) -> int:
        """Steps after the first until T."""
        return self.inverse_step[0]

    @property
    def T(self) -> int:
        """1 + K, or the last step of a shorter run."""
        return min(self.K + 1, self.last)

    @cached_property
    def b(self) -> Ball:
        """1/sqrt(m)."""
        return 1 / root(self.m)

    @cached_property
    def s(self) -> Ball:
        """sigma sqrt(d)."""
        return self.parameter("sigma") * root(self.d)

    @cached_property
    def start_size(self) -> Ball:
        """omega sqrt(d)."""
        return self.parameter("omega_init") * root(self.d)

    @cached_property
    def u(self) -> Ball:
        """omega sqrt(md)."""
        return self.start_size * root(self.m)

    # ---- the sample --------------------------------------------------------------------------------------------

    @cached_property
    def noisy(self) -> NDArray[np.bool_]:
        """Whether the given label is not the clean one."""
        return np.asarray(self.data.y != self.y_clean)

    def members(self, mu: int) -> list[int]:
        """I_mu."""
        return [int(i) for i in np.flatnonzero(self.cluster == mu)]

    def clean_count(self, mu: int) -> int:
        """|I^C_mu|."""
        return int(((self.cluster == mu) & ~self.noisy).sum())

    @cached_property
    def rho(self) -> Ball:
        """|N|/n."""
        return ball(int(self.noisy.sum())) / self.n

    def _once(self, key: Any, make: Any) -> Any:
        if key not in self.made:
            self.made[key] = make()
        return self.made[key]

    def afford(self, products: float, what: str) -> None:
        """`NotRechecked` for a quantity that takes too many exact multiplications."""
        if products > LARGEST_PRODUCT:
            raise NotRechecked(f"{what} takes {products:.1g} exact multiplications")

    @cached_property
    def unit(self) -> Decimal:
        """Unit roundoff of the arithmetic that the run was made in."""
        return real(self.data.unit)

    @cached_property
    def dot(self) -> Decimal:
        """Relative error of an inner product in the arithmetic of the run."""
        return (self.data.X.shape[1] + 2) * self.unit

    @cached_property
    def _exponent(self) -> int:
        return lowest_exponent(self.data.X)

    @cached_property
    def X(self) -> Fixed:
        """All inputs, exactly."""
        self.afford(self.data.X.size, "the whole sample")
        return Fixed.of(self.data.X, self._exponent)

    def x(self, i: int) -> Fixed:
        """One input, exactly."""
        if self.data.X.size <= LARGEST_PRODUCT / 10:
            return self.X[i]
        return Fixed.of(self.data.X[i], self._exponent)

    @cached_property
    def centres(self) -> Fixed:
        """The four centres, exactly, (4, d)."""
        return Fixed.of(np.stack([self.mu[0], -self.mu[0], self.mu[1], -self.mu[1]]))

    def input_norm(self, i: int) -> Ball:
        """‖x_i‖."""
        return self._once(("x", i), lambda: self._length(self.x(i).squares()))

    def _length(self, squares: Fixed, extra: Decimal = ZERO) -> Ball:
        value = squares.number().sqrt()
        return Ball(value, self.dot * value + extra)

    def input_along(self, i: int, mu: int) -> Ball:
        """<x_i, mu>."""
        return Ball((self.x(i) @ self.centres[mu]).number(), self.dot * self.input_norm(i).value)

    def deviation(self, i: int) -> Fixed:
        """x_i - mu(i), exactly."""
        return self.x(i) - self.centres[int(self.cluster[i])]

    def deviation_norm(self, i: int) -> Ball:
        """‖x_i − mu(i)‖."""
        return self._once(("xi", i), lambda: self._length(self.deviation(i).squares(), 2 * self.unit))

    def across_norm(self, i: int) -> Ball:
        """Length of the part of x_i orthogonal to mu(i)."""
        xi, centre = self.deviation(i), self.centres[int(self.cluster[i])]
        along = (xi @ centre).number()
        square = xi.squares().number() - along**2 * (2 - centre.squares().number())
        return Ball(max(square, ZERO).sqrt(), 2 * self.deviation_norm(i).radius)

    @cached_property
    def D(self) -> Ball:
        """max_i ‖x_i − mu(i)‖."""
        return largest(*map(self.deviation_norm, range(self.n)))

    # ---- neurons -----------------------------------------------------------------------------------------------

    def W(self, t: int) -> Fixed:
        """W(t), exactly as stored or made again."""
        return self._once(("W", t), lambda: Fixed.of(self.weights(t)[0]))

    def off(self, t: int, j: int) -> Decimal:
        """How far the weights of neuron j at step t may lie from those that the report speaks of."""
        return real(self.weights(t)[1][j])

    def norm(self, t: int, j: int) -> Ball:
        """‖w_j(t)‖."""
        return self._once(("w", t, j), lambda: self._length(self.W(t)[j].squares(), self.off(t, j)))

    def frobenius(self, t: int) -> Ball:
        """‖W(t)‖_F."""

        def make() -> Ball:
            value = scaled(self.W(t).squares().integers.sum(), 2 * self.W(t).exponent).sqrt()
            lost = (self.dot + self.m * self.unit) * value
            return Ball(value, lost + real(np.linalg.norm(self.weights(t)[1])))

        return self._once(("F", t), make)

    def toward(self, t: int, j: int, mu: int) -> Ball:
        """<w_j(t), mu>."""
        value = (self.W(t)[j] @ self.centres[mu]).number()
        return Ball(value, self.dot * self.norm(t, j).value + self.off(t, j))

    def _matrix(self, t: int) -> Fixed | None:
        """<w_j(t), x_i> for all i, j if that is affordable."""
        if self.data.X.size * self.m > LARGEST_PRODUCT:
            return None
        return self._once(("pre", t), lambda: self.X @ self.W(t).T)

    def pre_exact(self, t: int, i: int, j: int) -> Decimal:
        """<w_j(t), x_i>, exactly."""
        whole = self._matrix(t)
        return (self.x(i) @ self.W(t)[j] if whole is None else whole[i, j]).number()

    def pre(self, t: int, i: int, j: int) -> Ball:
        """<w_j(t), x_i>."""
        reach = self.input_norm(i).value
        return Ball(self.pre_exact(t, i, j), (self.dot * self.norm(t, j).value + self.off(t, j)) * reach)

    def extreme(self, t: int, j: int, mu: int, side: str) -> Ball:
        """Least or largest <w_j(t), x_i> over I_mu."""

        def make() -> Ball:
            members, whole = self.members(mu), self._matrix(t)
            self.afford(len(members) * self.data.X.shape[1], "one neuron on one cluster")
            if whole is None:
                products = [self.x(i) @ self.W(t)[j] for i in members]
                at = _pick(side, [p.integers.item() for p in products])
            else:
                at = _pick(side, list(whole.integers[members, j]))
            return self.pre(t, members[at], j)

        return self._once((side, t, j, mu), make)

    # ---- J -----------------------------------------------------------------------------------------------------

    @cached_property
    def threshold(self) -> Ball:
        """1/(3 C0 sqrt(d))."""
        return 1 / (3 * self.parameter("C0") * root(self.d))

    def leans(self, j: int, mu: int) -> bool:
        """Whether <w_j(0)/‖w_j(0)‖, mu> >= 1/(3 C0 sqrt(d)); `NotRechecked` if rounding decides that."""

        def make() -> bool:
            gap = self.toward(0, j, mu) - self.norm(0, j) * self.threshold
            if abs(gap.value) <= gap.radius:
                raise NotRechecked(f"rounding decides whether neuron {j} leans towards centre {mu}")
            return bool(gap.value > 0)

        return self._once(("leans", j, mu), make)

    @cached_property
    def home(self) -> dict[int, int]:
        """The centre mu with j in J_mu, for every j in J."""
        return {j: mu for j in range(self.m) for mu in self.own_pair(j) if self.leans(j, mu)}

    def own_pair(self, j: int) -> tuple[int, int]:
        """The centres whose clean label has the sign of a_j."""
        return (0, 1) if self.data.a[j] > 0 else (2, 3)

    def J_size(self, mu: int) -> int:
        """|J_mu|."""
        return sum(home == mu for home in self.home.values())

    # ---- outputs -----------------------------------------------------------------------------------------------

    @cached_property
    def a(self) -> Fixed:
        """The second layer, exactly."""
        return Fixed.of(self.data.a)

    def output_loss(self, t: int) -> Any:
        """How far an output per unit of ‖x_i‖ may lie from the exact one at step t."""

        def make() -> Any:
            units = self.dot + (self.m + 4) * self.unit
            return sum(self.b.value * (units * self.norm(t, j).value + self.off(t, j)) for j in range(self.m))

        return self._once(("loss", t), make)

    def f(self, t: int, i: int, only_J: bool = False) -> Ball:
        """f(x_i; W(t)), or the output of the subnetwork of J."""

        def make() -> Ball:
            whole = self._matrix(t)
            row = self.x(i) @ self.W(t).T if whole is None else whole[i]
            kept = [j for j in range(self.m) if row.integers[j] > 0 and (not only_J or j in self.home)]
            total = sum(int(row.integers[j]) * int(self.a.integers[j]) for j in kept)
            value = scaled(total, row.exponent + self.a.exponent)
            return Ball(value, self.output_loss(t) * self.input_norm(i).value)

        return self._once(("f", t, i, only_J), make)

    def margin(self, t: int, i: int, only_J: bool = False) -> Ball:
        """y_i f(x_i; W(t))."""
        return int(self.data.y[i]) * self.f(t, i, only_J)

    def g(self, t: int, i: int) -> Ball:
        """g_{i,t}; ¼-Lipschitz in f."""

        def make() -> Ball:
            margin = self.margin(t, i)
            return Ball(1 / (1 + margin.value.exp()), margin.radius / 4 + 4 * self.unit)

        return self._once(("g", t, i), make)

    def active(self, t: int, j: int, mu: int) -> Ball:
        """Number of active clean samples of a cluster; the radius counts those that rounding could move."""

        def make() -> Ball:
            self.afford(self.n / 4 * self.data.X.shape[1], "one neuron on one cluster")
            found = [self.pre(t, i, j) for i in self.members(mu) if not self.noisy[i]]
            zero = self.given.get("relu_at_zero", 0.0)
            count = sum(1.0 if p.value > 0 else zero if p.value == 0 else 0.0 for p in found)
            return Ball(count, sum(abs(p.value) <= p.radius for p in found))

        return self._once(("active", t, j, mu), make)

    def residual(self, t: int, j: int) -> Ball:
        """‖w_j(t+1) − w_j(t) + alpha grad_j‖ of stored weights, with what rounding explains."""
        for step in (t, t + 1):
            if step not in self.data.stored:
                raise NotRechecked(f"the weights of step {step} are not in the run file")
        self.afford(self.data.X.size * self.m, "the gradient")
        return self._once(("M1", t, j), lambda: self._residual(t, j))

    def _residual(self, t: int, j: int) -> Ball:
        pulls, scale = self._pulls(t)
        zero = self.given.get("relu_at_zero", 0.0)
        pre = [self.pre(t, i, j) for i in range(self.n)]
        twice = [2 if p.value > 0 else int(2 * zero) if p.value == 0 else 0 for p in pre]
        pull = (pulls * np.array(twice, dtype=object)) @ self.X.integers
        step = real(self.data.step_size) * self.a[j].number() / (2 * self.n)
        there, here = (self.W(s)[j] for s in (t + 1, t))
        moved = there - here
        gaps = [
            scaled(w, moved.exponent) - step * scaled(p, scale + self.X.exponent)
            for w, p in zip(moved.integers, pull, strict=True)
        ]
        return Ball(sum((gap * gap for gap in gaps), ZERO).sqrt(), self._explained(t, j, pre))

    def _pulls(self, t: int) -> tuple[NDArray[Any], int]:
        """g_{i,t} y_i as integers with one exponent."""

        def make() -> tuple[NDArray[Any], int]:
            scale = -200
            found = [int(self.g(t, i).value * power_of_two(-scale)) * int(self.data.y[i]) for i in range(self.n)]
            return np.array(found, dtype=object), scale

        return self._once(("pulls", t), make)

    def _explained(self, t: int, j: int, pre: list[Ball]) -> Any:
        unit, R = self.unit, max(self.input_norm(i).value for i in range(self.n))
        g_error = max(self.g(t, i).radius for i in range(self.n))
        flips = Decimal(sum(abs(p.value) <= p.radius for p in pre)) / self.n
        in_step = self.alpha.value * self.b.value * R * (g_error + (self.n + 3) * unit + self.dot + flips)
        return in_step + 2 * unit * (self.norm(t, j).value + self.norm(t + 1, j).value)


def once(quantity: Callable[[ExactRun], Ball]) -> Callable[[ExactRun], Ball]:
    """A quantity of the whole run, made once for it."""

    @wraps(quantity)
    def kept(run: ExactRun) -> Ball:
        if quantity not in run.made:
            run.made[quantity] = quantity(run)
        found: Ball = run.made[quantity]
        return found

    return kept


def _pick(side: str, values: list[int]) -> int:
    return values.index(min(values) if side == "least" else max(values))
