"""One training run, step by step: which of the two forms the weights have, and what each step leaves in the trace."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy

from rfa.engine.layout import Layout
from rfa.engine.passes import Backward, Forward, Masks, backward, forward
from rfa.engine.patterns import PatternBook, Patterns
from rfa.engine.threads import Each, in_order
from rfa.engine.weights import Continue, Measures, Shared, Single
from rfa.rounding import Array


@dataclass(frozen=True, eq=False)
class Seen:
    """One state: its measures, outputs, margins y f and loss derivatives g (n,), and what its step needs.

    `count` is the number of distinct activation patterns. `patterns` are those that act alike (with an exact tie at
    zero, every neuron alone), `backward` what they have in common, `terms` (c, n) what is summed there.
    """

    measures: Measures
    forward: Forward
    margins: Array
    g: Array
    patterns: Patterns
    count: int
    backward: Backward | None
    terms: Array | None


class Descent:
    """Gradient descent from `start` (m, w) on a layout. `look` sees the state, `move` makes the step."""

    def __init__(
        self, layout: Layout, start: Array, each: Each = in_order, *, log: bool = True, fixed: bool = False
    ) -> None:
        problem, sample = layout.problem, layout.problem.sample
        self.layout, self.each, self.log = layout, each, log
        self.may_share = layout.wide and not fixed
        m, n = len(problem.a), len(sample.y)
        self.masks, self.book = Masks(m, n), PatternBook(m, n)
        self.weights: Single | Shared = Single(layout, start, start.copy())
        unit = float(np.finfo(sample.X.dtype).eps) / 2
        self.guard = (layout.width + 1) * unit * float(layout.size.max())
        plane = sample.X[:, : layout.width] @ sample.mu[:, : layout.width].T.astype(sample.X.dtype)
        ones = np.ones(n, sample.X.dtype)
        self.factors = np.stack([layout.size, ones, ones, *plane.T])
        self.y = sample.y.astype(sample.X.dtype)
        self.likely = True

    def look(self, *, with_sums: bool, step: bool) -> Seen:
        """The state at the current weights, with the direction of its step and the sums over active samples."""
        problem, measures = self.layout.problem, self.weights.measure(self.each)
        if isinstance(self.weights, Shared) and (
            self.weights.doubtful(measures.norm) or self.weights.scattered
        ):
            self.weights = self.weights.single()
        if isinstance(self.weights, Single) and self.may_share and self.likely:
            self.weights.keep()
        guard = self.guard * measures.norm
        seen = forward(self.layout, self.weights.fill, self.masks, guard, self.each, log=self.log)
        patterns = self._patterns()
        margins = self.y * seen.f
        g = scipy.special.expit(-margins)
        weight = (problem.alpha / len(g)) * g * self.y
        if not step:
            return Seen(measures, seen, margins, g, patterns, len(patterns), None, None)
        apart = self.masks.ties.shape[1] > 0
        acting = Patterns(np.arange(len(patterns.of)), np.arange(len(patterns.of))) if apart else patterns
        terms = self.terms(g, with_sums)
        back = backward(self.layout, self.masks, acting.first, weight, terms, self.each)
        return Seen(measures, seen, margins, g, acting, len(patterns), back, terms)

    def _patterns(self) -> Patterns:
        """The patterns; where there are few of them, neurons share their displacement from here on."""
        patterns = self.book.update(self.masks.mask, self.masks.changed)
        self.likely = 4 * len(patterns) <= len(patterns.of) and self.masks.ties.shape[1] == 0
        if isinstance(self.weights, Single) and self.weights.kept is not None:
            if self.likely:
                self.weights = self.weights.share(self.each)
            else:
                self.weights.kept = None
        return patterns

    def terms(self, g: Array, with_sums: bool) -> Array:
        """What is summed over active samples, (c, n): g ‖x‖, and with the sums 1, g, g <x, mu1>, g <x, mu2>."""
        if not self.log:
            return self.factors[:0]
        terms = self.factors[: 5 if with_sums else 1] * g
        if with_sums:
            terms[1] = 1
        return terms

    def move(self, seen: Seen, t: int, following: Continue | None) -> tuple[Array, Array]:
        """Make the step from t; ‖alpha grad_j‖ and how far the weights after it are from gradient descent, (m,)."""
        assert seen.backward is not None
        direction = seen.backward.direction
        if following is not None and isinstance(self.weights, Single):
            return self.weights.follow(direction, seen.patterns, t, following)
        return self.weights.step(direction, seen.patterns, self.each)
