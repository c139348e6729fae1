"""The engine against implementations that share no code with it: plain loops, finite differences, other formulas."""

import math
import tracemalloc
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from rfa import InputError
from rfa.data import draw_sample, draw_start
from rfa.departures import departures_of
from rfa.run import candidates
from rfa.simulation import check_memory, simulate, trained
from rfa.training import Problem, evaluate, given_weights, memory_needed, unit_of
from tests.runs import small_setting

WIDE = {"sigma": 0.5, "omega_init": 0.3, "eta": 0.3, "noisy": None, "n": 14, "m": 6, "d": 4, "K": 3, "C0": 2.0}


def wide(**changes):
    return simulate(small_setting(**{**WIDE, **changes}))


def loss(X, y, a, W):
    total = 0.0
    for x, label in zip(X, y, strict=True):
        f = sum(a[j] * max(0.0, sum(W[j][k] * x[k] for k in range(len(x)))) for j in range(len(a)))
        total += math.log1p(math.exp(-label * f))
    return total / len(y)


def loop_step(X, y, a, W, alpha, at_zero=0.0):
    after = [list(row) for row in W]
    for i, x in enumerate(X):
        pre = [sum(W[j][k] * x[k] for k in range(len(x))) for j in range(len(a))]
        f = sum(a[j] * max(0.0, pre[j]) for j in range(len(a)))
        g = 1 / (1 + math.exp(y[i] * f))
        for j in range(len(a)):
            slope = 1.0 if pre[j] > 0 else at_zero if pre[j] == 0 else 0.0
            for k in range(len(x)):
                after[j][k] += alpha * a[j] / len(y) * g * y[i] * slope * x[k]
    return np.array(after)


def test_the_step_is_minus_alpha_times_the_gradient_by_finite_differences():
    setting = small_setting(**WIDE)
    sample, (W, a) = draw_sample(setting), draw_start(setting)
    state = evaluate(Problem(sample, a, 0.7, 0.0, np.ones(6, bool)), W)
    h = 1e-6
    for j in range(6):
        for k in range(4):
            up, down = W.copy(), W.copy()
            up[j, k] += h
            down[j, k] -= h
            slope = (loss(sample.X, sample.y, a, up) - loss(sample.X, sample.y, a, down)) / (2 * h)
            assert state.update[j, k] == pytest.approx(-0.7 * slope, abs=1e-9)


@pytest.mark.parametrize("at_zero", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("more", [{}, {"d": 9}, {"m": 14, "d": 3}])
def test_every_step_is_the_literal_sum_over_samples(at_zero, more):
    run = wide(relu_at_zero=at_zero, **more)
    W = run.W(0)
    for t in range(run.T):
        W = loop_step(run.sample.X, run.sample.y, run.a, W, run.step_size, at_zero)
        if t + 1 in run.weights:
            assert np.abs(run.W(t + 1) - W).max() < 1e-14


@pytest.mark.parametrize("at_zero", [0.0, 0.5, 1.0])
def test_a_tie_at_zero_takes_the_value_of_the_setting(at_zero):
    sample, a = draw_sample(small_setting(**WIDE)), np.array([1.0, -1.0]) / math.sqrt(2)
    W = np.zeros((2, 4))
    run = trained(sample, a, W, step_size=0.5, steps=1, C0=2.0, relu_at_zero=at_zero)

    assert np.abs(run.W(1) - loop_step(sample.X, sample.y, a, W, 0.5, at_zero)).max() < 1e-15


def literal_log(run, t, W, W0):
    """Every logged quantity of one state by loops over samples and neurons."""
    X, y, mu = run.sample.X, run.sample.y, run.sample.mu
    n, m = len(y), len(run.a)
    pre = [[float(np.dot(W[j], X[i])) for i in range(n)] for j in range(m)]
    f = [sum(run.a[j] * max(0.0, pre[j][i]) for j in range(m)) for i in range(n)]
    in_J = candidates(W0 @ mu.T, np.linalg.norm(W0, axis=1), run.a, run.d, run.C0).any(axis=1)
    f_J = [sum(run.a[j] * max(0.0, pre[j][i]) for j in range(m) if in_J[j]) for i in range(n)]
    g = [1 / (1 + math.exp(y[i] * f[i])) for i in range(n)]
    group = [
        [[i for i in range(n) if run.sample.cluster[i] == c and run.sample.noisy[i] == q] for q in (0, 1)]
        for c in range(4)
    ]
    return pre, f, f_J, g, group


def close(a, b):
    return a == pytest.approx(b, rel=1e-11, abs=1e-13, nan_ok=True)


def test_every_logged_quantity_is_what_a_literal_loop_finds():
    run = wide(steps=5)
    trace, X, y, n = run.trace, run.sample.X, run.sample.y, run.n
    W = W0 = run.W(0)
    for t in range(6):
        pre, f, f_J, g, group = literal_log(run, t, W, W0)
        assert close(trace.loss[t], loss(X, y, run.a, W))
        assert close(trace.frobenius[t], math.sqrt(sum(v * v for row in W for v in row)))
        assert close(trace.reach[t], max(abs(f[i]) / math.sqrt(X[i] @ X[i]) for i in range(n)))
        assert trace.patterns[t] == len({tuple(p > 0 for p in row) for row in pre})
        for q in (0, 1):
            these = [i for i in range(n) if run.sample.noisy[i] == q]
            assert close(trace.accuracy[t, q], sum(y[i] * f[i] > 0 for i in these) / len(these))
        for c in range(4):
            for q in (0, 1):
                margins, subs = ([y[i] * h[i] for i in group[c][q]] or [math.nan] for h in (f, f_J))
                assert close(trace.margin_min[t, c, q], min(margins)) and close(trace.margin_max[t, c, q], max(margins))
                assert close(trace.sub_margin_min[t, c, q], min(subs)) and close(
                    trace.sub_margin_max[t, c, q], max(subs)
                )
        for j in range(run.m):
            literal_neuron(run, t, j, W, W0, pre, g, group)
        W = loop_step(X, y, run.a, W, run.step_size)


def literal_neuron(run, t, j, W, W0, pre, g, group):
    trace, X, mu = run.trace, run.sample.X, run.sample.mu
    assert close(trace.norm[t, j], math.sqrt(W[j] @ W[j])) and close(
        trace.moved[t, j], math.sqrt(sum((W[j] - W0[j]) ** 2))
    )
    assert close(trace.projection[t, j, 0], W[j] @ mu[0]) and close(trace.projection[t, j, 1], W[j] @ mu[1])
    awake = [i for i in range(run.n) if pre[j][i] > 0]
    if t < 5:
        assert close(trace.pull_size[t, j], sum(g[i] * math.sqrt(X[i] @ X[i]) for i in awake))
    for c in range(4):
        cluster = [pre[j][i] for i in group[c][0] + group[c][1]] or [math.nan]
        assert close(trace.pre_min[t, j, c], min(cluster)) and close(trace.pre_max[t, j, c], max(cluster))
        for q in (0, 1):
            if t < run.T:
                here = [i for i in group[c][q] if i in awake]
                assert trace.active[t, j, c, q] == len(here)
                assert close(trace.pull[t, j, c, q], sum(g[i] for i in here))
                assert close(trace.whole_pull[t, c, q], sum(g[i] for i in group[c][q]))
                for k in (0, 1):
                    assert close(trace.pull_plane[t, j, c, q, k], sum(g[i] * (X[i] @ mu[k]) for i in here))
                    whole = sum(g[i] * (X[i] @ mu[k]) for i in group[c][q])
                    assert close(trace.whole_pull_plane[t, c, q, k], whole)


def test_the_update_is_logged_with_its_length_and_its_error():
    run = wide()
    moved = np.linalg.norm(run.W(1) - run.W(0), axis=1)

    assert np.allclose(run.trace.step_norm[0], moved, rtol=1e-12) and run.trace.step_error.max() < 1e-16


def test_given_weights_are_logged_as_they_are_and_their_departure_is_the_error():
    run = wide()
    sample, a = run.sample, run.a
    W = np.stack([run.W(0)] * 4)
    W[2:] += 0.25
    again = trained(sample, a, W[0], step_size=run.step_size, steps=3, C0=2.0, following=given_weights(W))
    update = evaluate(Problem(sample, a, run.step_size, 0.0, np.ones(6, bool)), W[1]).update

    assert np.allclose(again.trace.norm, np.linalg.norm(W, axis=2), rtol=1e-14)
    assert np.allclose(again.trace.step_error[1], np.linalg.norm(W[2] - W[1] - update, axis=1), rtol=1e-12)


@pytest.mark.parametrize("at_zero", [0.0, 1.0])
def test_a_preactivation_within_its_rounding_error_is_counted_as_undecided(at_zero):
    run = wide(relu_at_zero=at_zero)
    W = run.W(0).copy()
    x = run.sample.X[3]
    W[2] -= (W[2] @ x) / (x @ x) * x
    again = trained(run.sample, run.a, W, step_size=0.1, steps=1, C0=2.0)

    assert again.trace.near_zero[0].tolist() == [0, 0, 1, 0, 0, 0]


def test_measured_errors_stay_within_the_bounds_of_the_quantities():
    exact = np.longdouble
    run = wide(d=40, sigma=0.2)
    X, W = run.sample.X.astype(exact), run.W(run.T).astype(exact)
    pre = X @ W.T
    f = np.maximum(pre, 0) @ run.a.astype(exact)

    assert (np.abs(run.pre(run.T).value - pre) <= run.pre(run.T).error).all()
    assert (np.abs(run.output(run.T).value - f) <= run.output(run.T).error).all()
    assert (np.abs(run.norm.value[run.T] - np.sqrt((W**2).sum(axis=1))) <= run.norm.error[run.T]).all()
    assert (np.abs(run.g(run.T).value - 1 / (1 + np.exp(run.sample.y * f))) <= run.g(run.T).error).all()
    assert run.output(run.T).error.max() < 1e-12


def test_a_run_is_the_same_to_the_bit_when_made_again():
    one, two = wide(n=60), wide(n=60)

    assert all((getattr(one.trace, name) == getattr(two.trace, name)).all() for name in ("norm", "pull", "loss"))


def test_float32_follows_float64_at_its_own_precision():
    one, two = wide(), wide(dtype="float32")

    assert two.W(two.T).dtype == np.float32 and two.unit > 1e-8
    assert np.allclose(one.trace.norm, two.trace.norm, rtol=1e-5)
    assert (np.abs(one.trace.norm - two.trace.norm) <= 50 * two.norm.error).all()


def test_the_loss_stays_finite_where_the_derivative_rounds_to_one():
    run = wide(sigma=80.0, omega_init=30.0)

    assert np.isfinite(run.trace.loss).all() and run.trace.loss.max() > 40


def test_a_light_record_leaves_out_the_sums():
    run = wide(record="light")

    assert run.trace.active is None and run.trace.level == "light"
    assert (run.trace.norm == wide().trace.norm).all()


def test_arrays_of_a_trace_are_read_only():
    with pytest.raises(ValueError, match="read-only"):
        wide().trace.norm[0] = 0


def test_a_run_that_does_not_fit_says_what_to_lower():
    with pytest.raises(InputError, match="lower n or d"):
        check_memory(small_setting(n=10**7, d=10**6))
    with pytest.raises(InputError, match="lower steps or m, or set record"):
        check_memory(small_setting(K=10**9, m=64))


def test_what_is_judged_sample_by_neuron_is_part_of_the_memory_that_is_predicted(monkeypatch):
    monkeypatch.setattr("psutil.virtual_memory", lambda: SimpleNamespace(available=2**34))
    check_memory(small_setting(n=4000, m=2 * 10**5))

    with pytest.raises(InputError, match=r"\(judging .*; lower n or m$"):
        check_memory(small_setting(n=4000, m=10**6))


def test_fresh_samples_are_part_of_the_memory_that_is_predicted(monkeypatch):
    monkeypatch.setattr("psutil.virtual_memory", lambda: SimpleNamespace(available=2**34))
    check_memory(small_setting(fresh=10**8))

    with pytest.raises(InputError, match=r"fresh samples .*; lower fresh"):
        check_memory(small_setting(fresh=10**9))


def bytes_needed(d, outside=0, itemsize=8, **more):
    return memory_needed(100, d, 6, 8, 5, "full", itemsize, outside=outside, **more)


def test_the_memory_of_few_coordinates_is_the_sample_its_sorted_copy_the_patterns_and_the_weights():
    weights, kept = 6 * 10, 6 * 13

    assert bytes_needed(10, 3, copies=1.5) == {
        "sample": 100 * 13 * 12 + 100 * 15 * 8,
        "preactivations": 100 * 6,
        "weights": 8 * (4 * kept + 3 * weights),
        "trace": bytes_needed(300)["trace"],
        "libraries": 4_194_304,
    }
    assert bytes_needed(255, copies=1)["sample"] == 100 * (255 + 260) * 8
    assert bytes_needed(10, itemsize=4)["weights"] == 4 * 7 * weights


def test_the_memory_of_many_coordinates_is_the_sample_the_preactivations_and_the_shared_displacements():
    found = bytes_needed(256, 3)

    assert found["sample"] == 2 * 100 * 259 * 8
    assert found["preactivations"] == 100 * 6 * (1 + 8)
    assert found["weights"] == 8 * 6 * (4 * 259 + 3 * 256) + 8 * 6 * 256 * 3 // 2


def test_the_memory_of_the_trace_is_that_of_its_arrays():
    arrays = vars(wide(steps=7).trace).values()
    one = memory_needed(14, 4, 6, 8, min(7, wide(steps=7).T), "full", 8)

    assert one["trace"] == sum(array.nbytes for array in arrays if isinstance(array, np.ndarray))


def test_what_a_finished_run_departs_from_is_found_without_a_copy_of_its_sample():
    run = simulate(small_setting(d=4000, n=64, engine="direct"))
    tracemalloc.start()
    departures_of(replace(run), ())
    added = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert added < run.sample.X.nbytes / 2


def test_the_unit_of_a_floating_type_is_half_the_distance_of_its_neighbours_of_one():
    assert unit_of(np.dtype(np.float64)) == 2.0**-53 and unit_of(np.dtype(np.float32)) == 2.0**-24


def test_steps_off_the_grid_are_flagged_and_T_never_passes_the_last_step():
    off, short, long_ = wide(K=None, alpha=0.1), wide(steps=2), wide(steps=9)

    assert (off.K, off.T, off.on_grid) == (2, 3, False)
    assert (short.K, short.T, short.on_grid) == (3, 2, False)
    assert (long_.K, long_.T, long_.last, long_.on_grid) == (3, 4, 9, True)


def test_a_step_size_beyond_a_quarter_has_one_step():
    run = wide(K=None, alpha=0.4)

    assert (run.K, run.T, run.on_grid) == (0, 1, False)


def test_a_condition_on_the_start_is_met_by_drawing_again():
    def accept(run):
        return run.trace.norm.shape[0] == 1 and run.J_size.min() >= 3

    run = simulate(small_setting(), accept=accept)

    assert run.J_size.min() == 3 and run.draws > 1


@pytest.mark.parametrize("first", [0, 3])
def test_progress_counts_the_states_done_from_the_first_one_on(first):
    told, setting = [], small_setting(**WIDE)
    sample, (W, a) = draw_sample(setting), draw_start(setting)
    trained(sample, a, W, step_size=0.1, steps=2, C0=2.0, first=first, progress=lambda *at: told.append(at))

    assert told == [(0, 2), (1, 2), (2, 2)]
