"""Each law finds a statement that breaks it."""

from functools import cache

import numpy as np
import pytest

from rfa import Setting, result, then
from rfa.papers import DoesNotApply
from rfa.simulation import simulate
from rfa.testing import laws
from rfa.testing.symmetries import views

SETTING = Setting(
    d=8, n=24, m=8, sigma=0.1, eta=0.1, K=2, omega_init=0.05, fresh=50, seed=3, engine="direct"
)  # fmt: skip


@cache
def run_and_views():
    run = simulate(SETTING)
    return run, list(views(run, np.random.default_rng(0)))


def statement(value, axes=""):
    """A statement about one quantity of a run."""

    @result("Z1", "Depends on what it should not", kind="DET")
    def toy(run):
        """Suppose nothing."""
        yield then("Z1", "", value(run), "<=", 10.0, axes=axes)

    return toy


BREACHES = {
    "rotation": lambda run: np.abs(run.sample.X).max(),
    "samples": lambda run: run.input_norm[0],
    "neurons": lambda run: (run.norm.value[1] * np.arange(run.m)).sum(),
    "-mu1": lambda run: run.plane[1, :, 0].sum(),
    "mu2": lambda run: np.abs(run.plane[1, :, 0]).max(),
}


@pytest.mark.parametrize("name", BREACHES)
def test_a_quantity_that_depends_on_names_or_axes_is_found_in_the_view_that_changes_them(name):
    run, seen = run_and_views()
    told = laws.sees_alike(statement(BREACHES[name]), run, seen).breaches

    assert any(line.startswith(f"{name}: Z1 has slacks that differ by") for line in told), told
    if name not in ("rotation", "samples"):
        assert not any(line.startswith(("rotation", "samples")) for line in told), told


def test_what_speaks_of_all_of_them_is_alike_in_every_view():
    run, seen = run_and_views()
    fair = statement(lambda run: np.abs(run.toward[:, :, :]), "t j mu")

    assert [view.name for view in seen] == ["rotation", "samples", "neurons", "-mu1", "mu2"]
    assert laws.sees_alike(fair, run, seen) == (len(seen), [])


def test_views_are_runs_of_gradient_descent_on_what_they_show():
    from rfa.training import Problem, evaluate

    for view in run_and_views()[1]:
        run = view.run
        update = evaluate(Problem(run.sample, run.a, run.step_size, run.relu_at_zero, run.in_J), run.W(0)).update
        assert np.abs(run.W(0) + update - run.W(1)).max() < 1e-15, view.name
        assert np.abs(run.W(1) @ run.sample.mu.T - run.trace.projection[1]).max() < 1e-15, view.name
        f = run.output(run.T).value * run.sample.y
        clean = [f[(run.sample.cluster == mu) & ~run.sample.noisy] for mu in range(4)]
        least = [group.min() if len(group) else np.nan for group in clean]
        assert np.allclose(least, run.trace.margin_min[run.T, :, 0], rtol=0, atol=1e-14, equal_nan=True), view.name


def test_a_wrong_mirror_and_a_bound_moved_the_wrong_way_are_found(monkeypatch):
    run, near = run_and_views()[0], statement(lambda run: run.norm, "t j")
    monkeypatch.setitem(laws.MIRROR, "<=", "<=")
    assert any("outcome" in line or "slack" in line for line in laws.reads_both_ways(near, run).breaches)

    loosened = laws.loosened
    monkeypatch.setattr(laws, "loosened", lambda claim, by: loosened(claim, -by))
    made, told = laws.loosens_safely(near, run)
    assert made == len(laws.LOOSER) and len(told) == 2
    assert all(line.startswith("Z1: fails where it held, once") for line in told)


@cache
def both_precisions():
    return [simulate(SETTING.override(dtype=dtype)) for dtype in ("float64", "float32")]


def test_a_claim_that_holds_in_one_precision_and_fails_in_the_other_is_found():
    told = laws.agrees_where_decided(statement(lambda run: 1e9 * run.unit), *both_precisions())

    assert told == (1, ["Z1 at (): (1.1102230246251565e-07, 10.0) and (59.604644775390625, 10.0)"])


def test_a_side_whose_rounding_error_is_understated_is_found():
    one, other = (run.norm.value[-1] for run in both_precisions())
    j = int(np.abs(one - other).argmax())
    between = (one[j] + other[j]) / 2

    honest = statement(lambda run: run.norm[-1, j] - between + 10.0)
    bold = statement(lambda run: run.norm.value[-1, j] - between + 10.0)
    assert one[j] != other[j]
    assert laws.agrees_where_decided(honest, *both_precisions()) == (0, [])  # undecided in single precision
    made, (told,) = laws.agrees_where_decided(bold, *both_precisions())
    assert made == 1 and told.startswith("Z1 at (): ")


def test_claims_of_other_sizes_on_the_two_runs_are_found():
    sizes = statement(lambda run: np.zeros(3 if run.sample.X.dtype == np.float32 else 2), "j")

    assert laws.agrees_where_decided(sizes, *both_precisions()).breaches == [
        "Z1: speaks of indices of sizes (2,) and (3,)"
    ]


def test_a_law_that_compared_nothing_says_so():
    run, seen = run_and_views()

    @result("Z2", "Says nothing here", kind="DET")
    def silent(run):
        """Suppose nothing."""
        raise DoesNotApply("not here")
        yield

    fails = statement(lambda run: 11.0)
    assert laws.reads_both_ways(silent, run) == laws.sees_alike(silent, run, seen) == (0, [])
    assert laws.loosens_safely(fails, run) == (0, [])
