"""What is done with a stacked array is what is done with the array of each run, to the bit."""

import operator

import numpy as np
import pytest
import scipy.special
from hypothesis import given, strategies as st
from hypothesis.extra.numpy import array_shapes

from rfa import Rounded, Sampled
from rfa.data import Sample
from rfa.stacked import NotAlike, Stacked, as_array, each, of_run, stacked, taken

RUNS = 3


def same(found, expected) -> bool:
    """Equal in value, shape and type, to the bit; NaN is NaN."""
    found, expected = np.asarray(found), np.asarray(expected)
    if found.shape != expected.shape or found.dtype != expected.dtype:
        return False
    return found.tobytes() == expected.tobytes() or (
        found.dtype.kind == "f" and np.array_equal(found, expected, equal_nan=True)
        and np.array_equal(np.signbit(found[~np.isnan(found)]), np.signbit(expected[~np.isnan(expected)]))
    )  # fmt: skip


def is_done_for_each(function, *arrays) -> None:
    """`function` of the stacked arrays is that of each run's."""
    found = function(*arrays)
    parts = found if isinstance(found, tuple) else (found,)
    assert all(isinstance(part, Stacked) for part in parts)
    for r in range(RUNS):
        alone = function(*(of_run(x, r) for x in arrays))
        alone = alone if isinstance(alone, tuple) else (alone,)
        for part, one in zip(parts, alone, strict=True):
            assert same(part.data[r], one), (function, r, part.data[r], one)


def numbers(rng, *shape) -> Stacked:
    """Numbers of all sizes, zeros of both signs and ties among them."""
    x = rng.standard_normal((RUNS, *shape)) * 10.0 ** rng.integers(-3, 4, (RUNS, *shape))
    return Stacked(np.where(rng.random(x.shape) < 0.2, rng.choice([0.0, -0.0, 1.0, -2.0], x.shape), x))


ENTRYWISE = [
    operator.add, operator.sub, operator.mul, operator.truediv, operator.lt, operator.le, operator.eq, operator.ne,
    np.maximum, np.minimum, np.hypot, lambda x, y: np.where(x > y, x, 0.0), lambda x, y: (x > 0) & ~(y > 0),
    lambda x, y: x // 2 + y % 3, lambda x, y: abs(x) ** 1.5 - y**2, lambda x, y: np.clip(x, -1.0, 1.0) + y,
]  # fmt: skip


@given(st.integers(0, 2**32), array_shapes(min_dims=0, max_dims=3, max_side=5), st.sampled_from(ENTRYWISE))
def test_operations_entry_by_entry_broadcast_as_those_of_one_run(seed, shape, function):
    rng = np.random.default_rng(seed)
    x, y = numbers(rng, *shape), numbers(rng, *shape[1:])
    plain = rng.standard_normal(shape)

    with np.errstate(all="ignore"):
        for pair in ((x, y), (y, x), (x, plain), (plain, y), (2.5, x), (x, np.float64(0.5))):
            is_done_for_each(function, *pair)


@pytest.mark.parametrize(
    "function",
    [np.sqrt, np.exp, np.log, np.tanh, np.sign, np.floor, np.isfinite, np.signbit, np.negative, np.frexp, np.modf,
     scipy.special.expit, scipy.special.ndtr, lambda x: -x, lambda x: +x, abs, lambda x: (x > 0).astype(float)],
)  # fmt: skip
@pytest.mark.parametrize("shape", [(), (7,), (4, 9)])
def test_functions_of_one_array(function, shape):
    with np.errstate(all="ignore"):
        is_done_for_each(function, numbers(np.random.default_rng(1), *shape))


REDUCTIONS = ["sum", "min", "max", "mean", "std", "any", "all", "argmin", "argmax", "cumsum"]


@given(st.data(), st.integers(0, 2**32), array_shapes(min_dims=1, max_dims=4, max_side=11), st.sampled_from(REDUCTIONS))
def test_reductions_are_those_of_each_run_in_every_layout(data, seed, shape, name):
    rng = np.random.default_rng(seed)
    x = numbers(rng, *shape).transpose(data.draw(st.permutations(range(len(shape)))))
    axis = data.draw(st.none() | st.integers(-x.ndim, x.ndim - 1))

    for function in (lambda x: getattr(x, name)(axis=axis), lambda x: getattr(np, name)(x, axis=axis)):
        is_done_for_each(function, x)
        is_done_for_each(function, x > 0) if name not in ("mean", "std") else None


@pytest.mark.parametrize(
    "function",
    [
        lambda x: np.add.reduce(x, axis=None), lambda x: np.maximum.reduce(x), lambda x: np.minimum.accumulate(x),
        lambda x: x.min(axis=(0, 1)), lambda x: x.sum(axis=(1, 2), keepdims=True), lambda x: x.max(initial=0.5),
        lambda x: x.min(axis=1, initial=np.inf), lambda x: np.linalg.norm(x), lambda x: np.linalg.norm(x, axis=1),
        lambda x: np.linalg.norm(x, axis=-1, keepdims=True), lambda x: np.linalg.norm(x, axis=(1, 2), ord=2),
        lambda x: np.count_nonzero(x > 0), lambda x: np.count_nonzero(x > 0, axis=1), lambda x: np.median(x, axis=1),
        lambda x: x.sum(axis=1, where=x > 0), lambda x: np.sort(x, axis=1), lambda x: np.argsort(x, axis=0),
        lambda x: x.T, lambda x: x.transpose(1, 0, 2), lambda x: x.transpose((2, 0, 1)), lambda x: np.transpose(x),
        lambda x: x.reshape(-1), lambda x: x.reshape(4, 15), lambda x: x.reshape((15, -1)), lambda x: x.copy(),
        lambda x: np.broadcast_to(x, (2, 4, 3, 5)), lambda x: np.broadcast_to(x[0, 0, 0], (2, 2)),
        lambda x: np.concatenate([x, x[:1]], axis=0), lambda x: np.concatenate([np.zeros((4, 3, 1)), x], axis=-1),
        lambda x: np.stack([x[0], np.ones((3, 5))], axis=1), lambda x: np.column_stack([x[0], x[1]]),
        lambda x: np.einsum("ijk,ijk->i", x, x), lambda x: np.einsum("ijk,jl->ilk", x, np.ones((3, 2))),
        lambda x: x @ np.arange(5.0), lambda x: x[0] @ x[1].T, lambda x: np.arange(3.0) @ x[2],
        lambda x: np.linalg.svd(x[0], compute_uv=False), lambda x: np.where(x > 0, x, -1.0), lambda x: np.abs(x),
        lambda x: np.zeros_like(x), lambda x: np.diff(x, axis=0), lambda x: np.max(x, axis=2) - np.min(x, axis=2),
        lambda x: x[x > -1e9], lambda x: np.divmod(x, 3.0), lambda x: np.abs(x).sum() ** -0.5, lambda x: x**3,
        lambda x: np.abs(x[0, 0, 0]) ** 0.3, lambda x: 2.0 ** x[..., 0], lambda x: np.power(np.abs(x), 1.7),
        lambda x: np.round(x.transpose(2, 0, 1), 3).sum(), lambda x: np.cumsum(x.T, axis=0).sum(),
        lambda x: (x @ np.ones((5, 2))).T.sum(), lambda x: x[(0, 1), :, (1, 2)], lambda x: x[range(2)],
    ],
)  # fmt: skip
def test_shapes_products_and_reductions(function):
    with np.errstate(all="ignore"):
        is_done_for_each(function, numbers(np.random.default_rng(2), 4, 3, 5))


@given(st.data(), st.integers(0, 2**32))
def test_indices_select_as_in_one_run(data, seed):
    rng = np.random.default_rng(seed)
    x = numbers(rng, 4, 3, 5)
    one = st.sampled_from([
        0, -1, slice(None), slice(1, 3), slice(None, None, -1), None, Ellipsis, np.array([0, 2, 1]), [1, 0, 0],
        np.array([True, False, True, True]), Stacked(rng.integers(0, 3, (RUNS, 3))), Stacked(rng.integers(0, 3, RUNS)),
    ])  # fmt: skip
    index = data.draw(one | st.tuples(one, one) | st.tuples(one, one, one))
    parts = index if isinstance(index, tuple) else (index,)

    def select(x, *parts):
        return x[parts if isinstance(index, tuple) else parts[0]]

    try:
        for r in range(RUNS):
            select(x.data[r], *(of_run(part, r) for part in parts))
    except IndexError:
        with pytest.raises(IndexError):
            select(x, *parts)
        return
    is_done_for_each(select, x, *parts)


def test_an_axis_that_a_run_lacks_is_an_error():
    for name in ("sum", "min", "argmax", "all"):
        for axis in (2, -3):
            with pytest.raises(np.exceptions.AxisError):
                getattr(numbers(np.random.default_rng(0), 2, 3), name)(axis=axis)


def test_a_number_is_one_where_all_runs_share_it():
    shared, apart = Stacked(np.array([2.0, 2.0, 2.0])), Stacked(np.array([2.0, 2.0, 3.0]))

    assert (float(shared), int(shared), bool(shared), shared.item()) == (2.0, 2, True, 2.0)
    assert [10, 20, 30][Stacked(np.array([1, 1, 1]))] == 20
    assert f"{shared:.1f} {shared}" == "2.0 2.0"
    zeros = Stacked(np.array([0.0, -0.0, 0.0]))
    for convert in (float, int, bool, str, Stacked.item):
        with pytest.raises(NotAlike, match="differs between the runs"):
            convert(zeros)
        with pytest.raises(NotAlike, match="differs between the runs"):
            convert(apart)


@pytest.mark.parametrize(
    "function",
    [np.asarray, np.array, lambda x: [0, 1, 2][x[0].astype(int)], lambda x: x[x > 0], lambda x: np.flatnonzero(x > 0),
     lambda x: np.where(x > 0), lambda x: np.zeros(4)[x > 0], lambda x: 1 if (x > 0).all() else 2,
     lambda x: sorted(x), lambda x: max(x), lambda x: np.full(3, x[0]), lambda x: f"{x[0]}", lambda x: str(x[1]),
     lambda x: np.add(np.zeros(4), x, out=np.zeros(4)), lambda x: f"{x[0]:.3g}"],
)  # fmt: skip
def test_what_differs_from_run_to_run_is_not_alike(function):
    with pytest.raises(NotAlike):
        function(Stacked(np.array([[1.0, 2.0, 3.0, 4.0], [2.0, -1.0, 1.0, 1.0], [0.0, 0.0, 5.0, 6.0]])))


def test_adding_several_runs_to_one_array_is_refused():
    total = np.zeros(2)
    with pytest.raises(NotAlike, match="one array cannot take in those of several runs"):
        total += Stacked(np.ones((3, 2)))


def test_the_order_of_memory_is_that_of_each_run():
    rng = np.random.default_rng(6)
    for order in ((0, 1, 2), (2, 0, 1), (1, 2, 0)):
        arrays = [rng.standard_normal((4, 3, 5)).transpose(order) for _ in range(RUNS)]
        found = stacked(arrays)
        for run, array in zip(found.data, arrays, strict=True):
            assert run.strides == array.strides and same(run, array)


def test_entries_are_set_where_a_mask_is_true():
    x = numbers(np.random.default_rng(3), 4)
    before, mask = x.data.copy(), x > 0
    x[mask] = 0.5

    assert same(x.data, np.where(before > 0, 0.5, before))
    with pytest.raises(NotAlike):
        x[0] = 1.0


def test_a_shared_table_is_read_at_the_indices_of_each_run():
    table, index = np.arange(12.0).reshape(4, 3), Stacked(np.array([[0, 3], [1, 1], [2, 0]]))

    is_done_for_each(taken, table, index)
    is_done_for_each(taken, numbers(np.random.default_rng(4), 4, 3), index)
    assert same(taken(table, np.array([1, 2])), table[[1, 2]])
    is_done_for_each(lambda table, rows, column: taken(table, (rows, column)), table, index, 2)
    flags = Stacked(np.array([[True, False, True, False], [False, True, True, False], [True, True, False, False]]))
    is_done_for_each(lambda table, flags: Rounded(table)[flags].value, table, flags)
    is_done_for_each(lambda table, rows: Rounded(table, 0.5)[rows].error, table, index)


def test_stacking_needs_one_shape_and_one_type():
    assert same(stacked([np.ones(2), np.zeros(2)]).data, [[1.0, 1.0], [0.0, 0.0]])
    for other in (np.ones(3), np.ones(2, dtype=np.float32), 1.0):
        with pytest.raises(NotAlike, match="another shape or type"):
            stacked([np.ones(2), other])
    with pytest.raises(TypeError, match="no argument is a stacked array"):
        each(np.sum, np.ones(2))


def test_as_array_leaves_a_stacked_array_and_makes_others():
    x = Stacked(np.array([[1, 2], [3, 4]]))

    assert as_array(x) is x and as_array(x, x.dtype) is x and as_array(x, float).dtype == np.float64
    assert same(as_array([1, 2], float), np.array([1.0, 2.0]))


ROUNDED = [
    lambda x, y: x + y, lambda x, y: x - y, lambda x, y: x * y, lambda x, y: x / y, lambda x, y: x**2,
    lambda x, y: np.sqrt(np.abs(x)) + y, lambda x, y: np.exp(np.minimum(x, 3.0)) * y,
    lambda x, y: np.log(np.abs(y)) - x,
    lambda x, y: np.maximum(x, y), lambda x, y: -x, lambda x, y: (x * x).sum() - y, lambda x, y: x.max() / 4,
    lambda x, y: x.where(x.value > 0, y), lambda x, y: 1e-200 * x * 1e-150 * y, lambda x, y: x.mean() + 0.5,
    lambda x, y: (x.sum() - x.sum()) * 2, lambda x, y: 2 * y[..., 0] if y.ndim else y / 8, lambda x, y: x.min() + 1,
]  # fmt: skip


@given(st.integers(0, 2**32), array_shapes(min_dims=0, max_dims=2, max_side=4), st.sampled_from(ROUNDED), st.booleans())
def test_values_and_errors_of_rounded_numbers_are_those_of_each_run(seed, shape, function, sampled):
    rng = np.random.default_rng(seed)
    kind = Sampled if sampled else Rounded
    values, others = numbers(rng, *shape), numbers(rng, *shape)
    error = Stacked(np.where(rng.random((RUNS, *shape)) < 0.4, 0.0, 1e-9 * np.abs(numbers(rng, *shape).data)))
    plain = 0.25 * rng.integers(0, 3)
    with np.errstate(all="ignore"):
        for second in (Rounded(others, error), Rounded(others), plain):
            x, y = kind(values, error), second if isinstance(second, Rounded) else Rounded(np.full(shape, plain))
            found = function(x, y)
            for r in range(RUNS):
                alone = function(*(type(z)(of_run(z.value, r), of_run(z.error, r)) for z in (x, y)))
                assert type(found) is type(alone)
                assert same(of_run(found.value, r) + 0.0, alone.value + 0.0)
                error_found = np.broadcast_to(of_run(found.error, r), alone.shape)
                assert same(error_found + 0.0, np.broadcast_to(alone.error, alone.shape) + 0.0)


def test_a_sample_of_several_runs_has_the_centres_and_the_noisy_samples_of_each():
    y = Stacked(np.array([[1, -1], [1, 1], [-1, -1]]))
    clean = Stacked(np.array([[1, 1], [1, 1], [-1, 1]]))
    sample = Sample(numbers(np.random.default_rng(5), 2, 3), y, clean, clean, np.eye(2, 3))

    assert same(sample.noisy.data, [[False, True], [False, False], [False, True]])
    assert sample.centre.shape == (4, 3)
