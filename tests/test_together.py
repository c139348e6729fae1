"""Runs of one setting as one run: every quantity is that of each run, to the bit."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
import pytest

from checks.measured import per_run
from rfa import Rounded, Run, Sampled
from rfa.simulation import simulate
from rfa.stacked import NotAlike, Stacked
from rfa.together import alike, by_itself, together
from tests.runs import small, small_setting
from tests.test_stacked import same

QUANTITIES = [
    name for name in dir(Run)
    if isinstance(getattr(Run, name), cached_property) and name not in ("parameters", "labels", "fresh")
]  # fmt: skip
"""Every quantity that is worked out once for a run."""


def several(count=4, **changes):
    return [simulate(small_setting(seed=seed, sigma=0.3, omega_init=0.01, **changes)) for seed in range(count)]


def of(x, r):
    """What is of the r-th run."""
    if isinstance(x, Rounded):
        return Rounded(of(x.value, r), of(x.error, r))
    return x.data[r] if isinstance(x, Stacked) else x


def agree(found, alone) -> bool:
    if isinstance(alone, Rounded):
        return same(found.value, alone.value) and same(
            np.broadcast_to(found.error, found.shape), np.broadcast_to(alone.error, alone.shape)
        )
    return same(found, alone)


@pytest.mark.parametrize("changes", [{}, {"dtype": "float32"}, {"engine": "reduced", "d": 500}, {"n": 1, "noisy": 0}])
@pytest.mark.parametrize("name", QUANTITIES)
def test_every_quantity_is_that_of_each_run(name, changes):
    runs = several(**changes)
    found = getattr(together(runs), name)

    for r, run in enumerate(runs):
        assert agree(of(found, r), getattr(run, name))


def test_what_is_asked_for_by_a_step_is_that_of_each_run():
    runs = several()
    whole = together(runs)
    J = whole.in_J

    for t in (0, 1, whole.T):
        for ask in (Run.pre, Run.output, Run.g, Run.A, Run.W):
            for r, run in enumerate(runs):
                assert agree(of(ask(whole, t), r), ask(run, t))
        for r, run in enumerate(runs):
            assert agree(of(whole.output(t, J), r), run.output(t, run.in_J))


def test_sizes_and_parameters_are_shared_and_fresh_samples_are_of_each_run():
    runs = several()
    whole = together(runs)

    assert (whole.n, whole.m, whole.T, whole.last) == (runs[0].n, runs[0].m, runs[0].T, runs[0].last)
    assert whole.parameters is runs[0].parameters and whole.setting.sigma == 0.3 and "4 runs" in repr(whole)
    assert whole.setting.step_size == runs[0].step_size
    for r, run in enumerate(runs):
        assert same(of(whole.fresh.f, r), run.fresh.f)
    for name in ("seed", "name", "override", "to_dict", "nothing"):
        with pytest.raises(NotAlike, match="a matter of each run"):
            getattr(whole.setting, name)


@pytest.mark.parametrize(
    "others",
    [
        [small_setting(sigma=0.2)], [small_setting(n=50)], [small_setting(steps=2)], [small_setting(dtype="float32")],
        [small_setting(layers="both")], [small_setting(C0=2.0)], [small_setting(record="light")],
    ],
)  # fmt: skip
def test_runs_that_differ_in_more_than_their_seeds_are_not_alike(others):
    with pytest.raises(NotAlike):
        together([simulate(setting) for setting in (small_setting(), *others)])


def test_runs_made_elsewhere_are_not_alike():
    with pytest.raises(NotAlike, match="network"):
        together([replace(small(), setting=None), small()])


class Pair(NamedTuple):
    first: Rounded
    second: float


@dataclass(frozen=True)
class Both:
    left: Rounded
    right: np.ndarray


def test_values_of_several_runs_become_one_part_by_part():
    a, b = np.array([1.0, 2.0]), np.array([1.0, 3.0])

    assert alike([a, a.copy()]) is a and same(alike([a, b]).data, [a, b])
    assert alike([1.5, 1.5]) == 1.5 and same(alike([2, 3]).data, [2, 3])
    assert isinstance(alike([np.array([0.0]), np.array([-0.0])]), Stacked)
    pair = alike([Pair(Rounded(a, 0.1), 2.0), Pair(Rounded(b, 0.1), 2.0)])
    assert isinstance(pair, Pair) and same(pair.first.value.data, [a, b]) and same(pair.first.error, np.array(0.1))
    both = alike([Both(Sampled(a), a), Both(Sampled(b), a)])
    assert isinstance(both.left, Sampled) and both.right is a
    assert alike([{"x": a}, {"x": b}])["x"].shape == (2,) and alike([[a, None], [b, None]])[1] is None
    for values in (
        [a, b[:1]], [a, 1.0], [Rounded(a), Sampled(a)], [{"x": 1}, {"y": 1}], [[a], [a, a]], ["x", "y"], [1.5, 2.5],
    ):  # fmt: skip
        with pytest.raises(NotAlike):
            alike(values)


def test_what_draws_for_itself_is_evaluated_on_each_run_alone():
    runs, seen = several(), []

    @by_itself
    def drawn(run, factor):
        seen.append(run)
        return Rounded(factor * np.random.default_rng(run.setting.seed).random(3))

    found = drawn(together(runs), 2.0)
    assert seen == runs
    assert all(same(of(found, r).value, drawn(run, 2.0).value) for r, run in enumerate(runs))
    both = by_itself(lambda pair, x: Pair(pair.first * 2, pair.second + x))
    result = both(Pair(found, 1.0), x=Stacked(np.arange(4.0)))
    assert same(of(result.first, 2).value, 2 * drawn(runs[2], 2.0).value)
    assert same(result.second.data, np.arange(4.0) + 1.0)


def test_a_quantity_kept_for_a_run_is_kept_for_several():
    whole, calls = together(several()), []
    measure = per_run(lambda run: calls.append(run) or run.D)

    assert measure(whole) is measure(whole) and calls == [whole]
