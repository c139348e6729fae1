"""The engine against the plain step on whole arrays, in every form that it takes."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from rfa.engine import descent, layout, patterns
from rfa.engine.layout import Problem
from rfa.engine.patterns import PatternBook
from rfa.engine.weights import Shared
from rfa.simulation import simulate
from rfa.training import observe
from tests.engines import made, plain, problem, unlogged, worst_difference
from tests.runs import rng, small_setting

THEORY = {
          "d": 400, "n": 150, "m": 40, "sigma": 0.002, "eta": 0.05, "noisy": None, "omega_init": 1e-5, "K": 25,
          "engine": "direct"}  # fmt: skip
SPREAD = {**THEORY, "sigma": 0.05, "omega_init": 1e-3, "eta": 0.1}
NARROW = {**THEORY, "d": 7, "n": 3000, "m": 30, "sigma": 0.2, "omega_init": 0.1}
FORMS = {"shared displacements": THEORY, "many patterns": SPREAD, "few coordinates": NARROW, "tiny": {}}


def watch(monkeypatch):
    """The forms that the weights take, state by state."""
    seen, look = [], descent.Descent.look

    def spy(self, **how):
        found = look(self, **how)
        seen.append(type(self.weights).__name__)
        return found

    monkeypatch.setattr(descent.Descent, "look", spy)
    return seen


def laid_out(given):
    return layout.lay_out(replace(given, sample=layout.sorted_by_group(given.sample)))


@pytest.mark.parametrize("form", FORMS)
def test_a_hundred_steps_are_those_of_the_plain_step(form):
    given, W = problem(**FORMS[form])
    states = plain(given, W, 100)
    trace, weights = made(given, W, 100)
    worst = worst_difference(trace, weights, states)

    assert sum(int(s["near_zero"].sum()) for s in states) == 0
    assert len(worst) == 16 and max(worst.values()) < 1e-10, worst


def test_displacements_are_shared_where_patterns_are_few_and_not_where_they_are_many(monkeypatch):
    seen = watch(monkeypatch)
    made(*problem(**THEORY), 10)
    assert seen.count("Shared") >= 8
    seen.clear()
    made(*problem(**SPREAD), 2)
    assert seen[0] == "Single"


def test_neurons_that_part_ways_for_good_end_the_sharing_and_begin_another(monkeypatch):
    monkeypatch.setattr(Shared, "scattered", property(lambda self: len(self.delta) > 6))
    rebased, single = [], Shared.single
    monkeypatch.setattr(Shared, "single", lambda self: (rebased.append(len(self.delta)), single(self))[1])
    given, W = problem(**THEORY)
    trace, weights = made(given, W, 60)
    assert len(rebased) > 2
    assert max(worst_difference(trace, weights, plain(given, W, 60)).values()) < 1e-10


def test_preactivations_are_recomputed_where_the_bound_of_their_error_reaches_the_guard(monkeypatch):
    given, W = problem(**THEORY)
    monkeypatch.setattr(Shared, "doubtful", lambda self, norm: True)
    recomputed, single = [], Shared.single
    monkeypatch.setattr(Shared, "single", lambda self: (recomputed.append(self), single(self))[1])
    seen = watch(monkeypatch)
    trace, weights = made(given, W, 6)
    assert max(worst_difference(trace, weights, plain(given, W, 6)).values()) < 1e-10
    assert seen.count("Shared") >= 4 and len(recomputed) == seen.count("Shared") - 1


def test_cancelling_weights_are_doubtful():
    given, W = problem(**THEORY)
    shared = Shared(laid_out(given), W, W, np.zeros((len(W), 150)), lambda work, tasks: [work(t) for t in tasks])
    norm = np.linalg.norm(W, axis=1)
    assert not shared.doubtful(norm)
    shared.delta = -W[:1] * 0.999
    assert shared.doubtful(np.where(np.arange(len(W)) == 0, norm * 0.001, norm))


def test_the_error_of_preactivations_stays_within_the_guard_in_exact_arithmetic():
    given, W = problem(**{**THEORY, "d": 1100, "m": 16})
    trace, weights = made(given, W, 26)
    exact = weights[26].astype(np.longdouble) @ given.sample.X.T.astype(np.longdouble)
    bound = (1100 + 1) * 2.0**-53 * trace.norm[26] * np.linalg.norm(given.sample.X, axis=1).max()
    for mu in range(4):
        here = exact[:, given.sample.cluster == mu]
        assert (np.abs(trace.pre_min[26, :, mu] - here.min(axis=1)) <= bound).all()
        assert (np.abs(trace.pre_max[26, :, mu] - here.max(axis=1)) <= bound).all()


@pytest.mark.parametrize("form", ["shared displacements", "few coordinates"])
def test_a_hash_that_cannot_tell_patterns_apart_changes_nothing(form, monkeypatch):
    given, W = problem(**FORMS[form])
    sound, _ = made(given, W, 8)
    read = PatternBook._read

    def collide(self, mask, rows):
        read(self, mask, rows)
        self.hashes[:] = 7

    monkeypatch.setattr(PatternBook, "_read", collide)
    blind, _ = made(given, W, 8)
    assert (sound.patterns == blind.patterns).all() and sound.patterns.max() > 1
    assert np.allclose(sound.norm, blind.norm, rtol=1e-13, atol=0)


def test_groups_of_equal_rows_are_those_that_sorting_the_rows_finds():
    mask = rng().random((60, 130)) < 0.5
    mask[20:40], mask[50] = mask[:20], mask[3]
    book = PatternBook(60, 130)
    found = book.update(mask, np.ones(60, bool))
    assert len(found) == len(np.unique(mask, axis=0)) == 39
    assert (mask[found.first[found.of]] == mask).all()
    mask[5, 129] ^= True
    assert len(book.update(mask, np.arange(60) == 5)) == 40


@pytest.mark.parametrize("form", ["shared displacements", "many patterns", "few coordinates"])
def test_the_bits_do_not_depend_on_the_number_of_threads(form, monkeypatch):
    monkeypatch.setattr(layout.Layout, "heavy", property(lambda self: True))
    runs = []
    for threads in ("1", "2", "5"):
        monkeypatch.setenv("RFA_THREADS", threads)
        runs.append(made(*problem(**FORMS[form]), 5))
    for trace, weights in runs[1:]:
        for name in runs[0][0].__dataclass_fields__:
            assert np.array_equal(getattr(trace, name), getattr(runs[0][0], name), equal_nan=True), name
        assert (weights[5] == runs[0][1][5]).all()


def blas_of_numpy():
    """Files of the BLAS libraries that NumPy loads by itself."""
    told = "import numpy, threadpoolctl; print(*(of['filepath'] for of in threadpoolctl.threadpool_info()), sep='\\n')"
    found = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    return set(found.stdout.splitlines())


def test_no_product_of_a_run_leaves_other_blas_threads_spinning(monkeypatch):
    seen, init, files = [], descent.Descent.__init__, blas_of_numpy()

    def watched(self, *given, **options):
        seen.extend(library["num_threads"] for library in threadpool_info() if library["filepath"] in files)
        init(self, *given, **options)

    monkeypatch.setattr(descent.Descent, "__init__", watched)
    with threadpool_limits(2, user_api="blas"):
        run = simulate(small_setting(steps=1))
        observe(Problem(run.sample, run.a, run.step_size, 0.0, run.in_J), run.W(0), 1, sums_until=1, keep=frozenset())
    assert seen and set(seen) == {1}


@pytest.mark.parametrize("at_zero", [0.0, 0.5, 1.0])
def test_ties_at_zero_in_some_neurons_only(at_zero):
    given, W = problem(**{**NARROW, "n": 60, "relu_at_zero": at_zero})
    W = W.copy()
    W[3] = W[17] = 0
    worst = worst_difference(*made(given, W, 4), plain(given, W, 4))
    assert max(worst.values()) < 1e-10, worst


@pytest.mark.parametrize("form", ["shared displacements", "few coordinates"])
def test_float32_has_its_own_guard(form):
    small = {**FORMS[form], "n": 150, "m": 20}
    (given, W), (other, V) = problem(**small), problem(**small, dtype="float32")
    exact, (trace, weights) = plain(given, W, 5), made(other, V, 5)
    assert weights[5].dtype == np.float32
    undecided = trace.near_zero.sum() > 0
    assert undecided or max(worst_difference(trace, weights, exact).values()) < 1e-4
    planted = V.copy()
    x = other.sample.X[0].astype(float)
    planted[0] -= (planted[0] @ x / (x @ x) * x).astype(np.float32)
    assert made(other, planted, 0)[0].near_zero[0, 0] >= 1


def test_a_preactivation_within_the_guard_is_counted_at_its_neuron_and_changes_no_other():
    given, W = problem(**NARROW)
    x, planted = given.sample.X[5], W.copy()
    planted[9] -= planted[9] @ x / (x @ x) * x
    (trace, weights), states = made(given, planted, 0), plain(given, planted, 0)
    assert trace.near_zero[0, 9] == 1 and trace.near_zero[0].sum() == 1
    assert (trace.near_zero[0] == states[0]["near_zero"]).all()
    assert max(worst_difference(trace, weights, states).values()) < 1e-10


@pytest.mark.parametrize(("count", "most"), [(1, 512), (775, 512), (1000, 512), (1024, 512), (8021, 1024), (100, 8)])
def test_equal_parts_cover_everything_once_and_none_is_longer_than_asked_for(count, most):
    parts = layout._equal(count, most)
    sizes = [part.stop - part.start for part in parts]
    assert [i for part in parts for i in range(part.start, part.stop)] == list(range(count))
    assert max(sizes) <= most and len(parts) == -(-count // most)
    assert all(part.start % 8 == 0 for part in parts) and min(sizes[:-1], default=8) >= max(sizes)


@pytest.mark.parametrize(
    ("n", "m", "d", "helped"), [(5000, 500, 2, False), (775, 232, 777, False), (1000, 400, 1000, True)]
)
def test_threads_work_where_operations_are_long(n, m, d, helped):
    assert laid_out(problem(n=n, m=m, d=d, noisy=None, engine="direct")[0]).heavy is helped


def test_an_unlogged_run_ends_at_the_same_weights():
    given, W = problem(**THEORY)
    quiet = unlogged(given, W, 5)
    _, logged = made(given, W, 5)
    assert (quiet == logged[5]).all()


def test_the_pattern_of_no_sample_is_one_pattern():
    assert len(patterns.group(np.zeros((3, 1), np.uint64), np.zeros(3, np.uint64))) == 1


def test_a_run_says_which_engine_made_it():
    assert simulate(small_setting()).provenance["engine"] == "direct"
    assert simulate(small_setting(engine="reduced", d=80)).provenance["engine"] == "reduced"
