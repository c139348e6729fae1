"""Trials that are judged together have the marks that each has alone, whatever the statement and the setting."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import checks
from checks import explicit
from rfa import PROOF, DoesNotApply, Paper, Rounded, Sampled, chain, le, result, suppose, then
from rfa.chains import Member
from rfa.simulation import simulate
from rfa.stacked import Stacked
from rfa.studies import lots
from rfa.studies.lots import MOST, Lot, known_marks, lot_size, lots_of, run_lot
from rfa.studies.trials import Task, load_paper, marks_of, run_trial, statement_marks
from rfa.together import alike
from tests.benchmarks.settings import smallest, theory
from tests.runs import small_setting
from tests.studies.toy import FRAIL_PAPER, PAPER, tiny

RUNS = 5
RELATIONS = ("<=", "<", ">=", ">", "==")


# ---- statements made at random ------------------------------------------------------------------------------------


class Parts:
    """Arrays of each run, drawn as they are asked for; some are the same on all runs."""

    def __init__(self, rng):
        self.rng, self.columns = rng, []

    def add(self, draw, shared=0.3):
        """The place of a new array."""
        one = draw()
        self.columns.append([one if self.rng.random() < shared else draw() for _ in range(RUNS)])
        return len(self.columns) - 1

    def runs(self):
        """Each run alone, and all together."""
        common = {"labels": {"t": np.arange(5) + 10}, "departures": ()}
        alone = [SimpleNamespace(parts=list(column), **common) for column in zip(*self.columns, strict=True)]
        return alone, SimpleNamespace(parts=[alike(c) for c in self.columns], runs=alone, **common)


def side(parts, rng, shape):
    """The place of a side: numbers from a small grid, so that ties occur; its errors 0, small, large or without end."""
    own = tuple(length if rng.random() < 0.8 else 1 for length in shape[rng.integers(0, len(shape) + 1) :])
    kind, errors = (Sampled if rng.random() < 0.2 else Rounded), rng.choice(4, p=[0.35, 0.35, 0.25, 0.05])
    wild = rng.random() < 0.1

    def draw():
        value = rng.choice([0.0, 1.0, -1.0, 2.0, 3.5, 1e-9], own) * rng.choice([1.0, 1e3])
        if wild and value.size:
            value.flat[rng.integers(value.size)] = rng.choice([np.nan, np.inf, 1e308])
        size = np.array([0.0, 1e-12, 1.0, np.inf])[errors]
        return kind(value, np.where(rng.random(own) < 0.7, size, 0.0) if size else 0.0)

    return parts.add(draw)


def mask(parts, rng, shape):
    """The place of a domain, which may be empty."""
    if rng.random() < 0.4:
        return parts.add(lambda: np.array(rng.random() < 0.9), shared=0.9)
    often = rng.choice([0.0, 0.3, 0.9])
    return parts.add(lambda: rng.random(shape) < often)


def made(seed):
    """A statement made at random, with the runs that it is judged on, alone and together."""
    rng = np.random.default_rng(seed)
    parts, lengths = Parts(rng), {"i": rng.integers(1, 5), "j": rng.integers(0, 4), "t": rng.integers(1, 5)}
    kind = rng.choice(["DET", "TEXT", "WHP-init"], p=[0.6, 0.2, 0.2])

    def told():
        axes = tuple(rng.permutation(list(lengths))[: rng.choice(4, p=[0.3, 0.3, 0.3, 0.1])])
        shape = tuple(int(lengths[a]) for a in axes)
        scale = parts.add(lambda: np.array(rng.choice([0.0, 1.0, 10.0])))
        full = parts.add(lambda: np.zeros(shape), shared=1.0)
        sides = [side(parts, rng, shape), side(parts, rng, shape)]
        both = int(rng.integers(2)), sides, full
        return axes, str(rng.choice(RELATIONS)), both, mask(parts, rng, shape), scale

    def several(most):
        return [told() for _ in range(rng.integers(0, most + 1))]

    premises, conclusions, links = several(4), several(4), several(3)
    chosen = [None if rng.random() < 0.5 else rng.random(len(premises)) < 0.6 for _ in (*conclusions, *links)]
    doubt = [(float(rng.choice([1.0, 0.9])), bool(rng.random() < 0.5)) for _ in conclusions]

    @result("S", "made at random", kind=kind)
    def statement(run):
        """Whatever."""

        def broadcast(spread, places, full):
            both = [run.parts[place] for place in places]
            both[spread] = both[spread] + Rounded(run.parts[full])
            return both

        def claim(make, id, spec, **more):
            axes, relation, both, where, scale = spec
            lhs, rhs = broadcast(*both)
            return make(
                id, id, lhs, relation, rhs, axes=" ".join(axes), where=run.parts[where],
                scale=run.parts[scale], **more,
            )  # fmt: skip

        supposed = [claim(suppose, f"P{k % 3}", spec) for k, spec in enumerate(premises)]
        yield from supposed
        for k, (spec, needs, (probability, sure)) in enumerate(zip(conclusions, chosen, doubt, strict=False)):
            rests = None if needs is None else [p for p, wanted in zip(supposed, needs, strict=True) if wanted]
            yield claim(then, f"C{k}", spec, needs=rests, probability=probability, sure=sure)
        yield PROOF
        for k, (spec, needs) in enumerate(zip(links, chosen[len(conclusions) :], strict=True)):
            axes, relation, both, where, _ = spec
            first, second = broadcast(*both)
            rests = () if needs is None else tuple(p for p, wanted in zip(supposed, needs, strict=True) if wanted)
            member = Member(relation, second, "a step", rests, printed=k == 1)
            state = "planted" if k == 2 else "run"
            yield chain(f"L{k}", "a chain", first, member, axes=" ".join(axes), where=run.parts[where], state=state)

    return statement, *parts.runs()


def has_the_marks_of_each_alone(seed) -> int:
    """The number of runs whose marks were made together: all of those whose numbers and errors are finite."""
    statement, alone, whole = made(seed)
    found = Lot(whole).marks(statement, links=True)
    for run, marks in zip(alone, found, strict=True):
        expected = statement_marks(statement, run, links=True)
        assert repr(expected if marks is None else marks) == repr(expected), seed
        assert marks is not None or not finite(run) or expected[0].outcome == "ERROR", seed
    return sum(marks is not None for marks in found)


def finite(run) -> bool:
    sides = [part for part in run.parts if isinstance(part, Rounded)]
    return all(np.isfinite(side.value).all() and np.isfinite(side.error).all() for side in sides)


def test_statements_made_at_random_have_the_marks_that_they_have_on_each_run_alone():
    together = [has_the_marks_of_each_alone(seed) for seed in range(400)]

    assert sum(together) > 0.3 * RUNS * len(together)
    assert sum(0 < count < RUNS for count in together) > 10


@given(st.integers(400, 2**32))
def test_any_statement_has_the_marks_that_it_has_on_each_run_alone(seed):
    has_the_marks_of_each_alone(seed)


# ---- the papers ---------------------------------------------------------------------------------------------------

SETTINGS = {
    "smallest feasible": smallest(),
    "small": small_setting(),
    "loose": small_setting(sigma=0.4, eta=0.3, noisy=None, n=60),
    "few samples": small_setting(n=6, noisy=None, eta=0.3),
    "one sample": small_setting(n=1, noisy=0, eta=0.0),
    "two neurons": small_setting(m=2),
    "plane": small_setting(d=2, sigma=0.3),
    "float32": small_setting(dtype="float32", sigma=0.1, omega_init=0.01),
    "light": small_setting(record="light"),
    "reduced": small_setting(engine="reduced", d=10**6),
    "short": small_setting(steps=1),
    "long": small_setting(steps=9),
    "half derivative": small_setting(relu_at_zero=0.5),
    "heavy tails": small_setting(clusters="student-t"),
    "skewed": small_setting(clusters="exponential", sigma=0.2, orientation="random"),
    "cube": small_setting(clusters="cube", sigma=0.1),
    "noise at the boundary": small_setting(noise="boundary", eta=0.1, noisy=None, sigma=0.2),
    "drawn until good": small_setting(draw_until="L4"),
    "second layer trained": small_setting(layers="both"),
    "smooth": small_setting(activation="gelu"),
    "oblique": small_setting(centre_cosine=0.3),
    "large start": small_setting(omega_init=0.5, sigma=0.3),
    "off the grid": small_setting(K=None, alpha=0.07),
}


@pytest.mark.parametrize("paper", [checks.PAPER, explicit.PAPER], ids=lambda paper: paper.name)
@pytest.mark.parametrize("name", SETTINGS)
def test_trials_together_have_the_marks_of_trials_alone(paper, name):
    tasks = [Task(k, replace(SETTINGS[name], seed=20 + k), links=True) for k in range(4)]
    alone = [run_trial(paper.name, task) for task in tasks]

    for trial, other in zip(run_lot(paper.name, tasks), alone, strict=True):
        assert repr(replace(trial, seconds=0.0)) == repr(replace(other, seconds=0.0))


ALONE = {
    ("printed", False): set(), ("printed", True): {"L8", "L11", "L13", "P15", "T1"},
    ("explicit", False): set(), ("explicit", True): set(),
}  # fmt: skip
"""What is judged on each run alone, by paper and whether links are asked for."""


@pytest.mark.parametrize(("paper", "links"), ALONE)
def test_statements_are_judged_together_on_feasible_runs(paper, links):
    runs = [simulate(smallest(seed=seed)) for seed in range(6)]
    of = load_paper(paper)
    known = known_marks(of, runs, Task(0, smallest(), links=links))

    assert {s.id for s in of.results} - known[0].keys() == ALONE[paper, links]
    assert all(found.keys() == known[0].keys() for found in known)


# ---- what cannot be judged together -------------------------------------------------------------------------------


def paper_of(*claims, kind="DET"):
    results = [result(f"S{k}", "a statement", kind=kind)(one) for k, one in enumerate(claims)]
    return Paper("together", "A paper", tuple(results))


def runs_of(count, **changes):
    return [simulate(tiny(seed=seed, **changes)) for seed in range(count)]


def branching(run):
    """Says another thing on runs whose first label is 1."""
    yield then("S", "label", 1.0 if run.sample.y[0] > 0 else 0.0, ">=", 0.5)


def missing(run):
    """Applies to runs with a short first input alone."""
    if float(run.input_norm.value[0]) > 1:
        raise DoesNotApply("the first input is long")
    yield then("S", "short", run.input_norm[0], "<=", 1.0)


def seeded(run):
    """Draws for itself."""
    yield then("S", "draw", float(np.random.default_rng(run.setting.seed).random()), "<=", 0.5)


@pytest.mark.parametrize("claims", [branching, missing, seeded])
def test_a_statement_that_looks_at_its_run_is_judged_on_each_alone(claims):
    runs, paper = runs_of(8), paper_of(claims)
    known = known_marks(paper, runs, Task(0, tiny()))

    assert known == [{}] * 8
    marks = [next(marks_of(paper, run, Task(0, tiny()), of)) for run, of in zip(runs, known, strict=True)]
    assert len({mark.outcome for mark in marks}) == 2


def test_a_statement_that_means_something_else_by_an_array_of_runs_is_judged_on_each_alone():
    def sly(run):
        """Looks behind the array."""
        values = run.sample.X[:, 0]
        total = values.data.sum() if isinstance(values, Stacked) else values.sum()
        yield then("S", "sum", total, "<=", 0.0)

    runs, task = runs_of(4), Task(0, tiny())
    paper = paper_of(sly, lambda run: iter([then("T", "short", run.input_norm, "<=", 9.0, axes="i")]))

    assert all(found.keys() == {"S1"} for found in known_marks(paper, runs, task))


def promising(run):
    """Promises more on later draws."""
    yield then("S", "short", run.input_norm[0], "<=", 9.0, probability=1 - 0.01 * run.sample.y[0])


def failing_together(run):
    """Asserts what holds of an array alone."""
    assert run.sample.X.flags.c_contiguous and isinstance(run.sample.X.ravel(), np.ndarray)
    yield then("S", "short", run.input_norm[0], "<=", 9.0)


def noted(run):
    """Tells a number of the run where there is no index."""
    yield then("S", "none", run.input_norm, "<=", 9.0, axes="i", where=False, note=f"{run.rho.value} is noisy")


@pytest.mark.parametrize("claims", [promising, failing_together, noted])
def test_a_statement_that_cannot_speak_of_several_runs_is_judged_on_each_alone(claims):
    runs, task = runs_of(6, noisy=None, eta=0.4), Task(0, tiny())

    assert known_marks(paper_of(claims), runs, task) == [{}] * 6
    trials = run_lot("tests.studies.test_lots:LOOSE", [Task(k, tiny(seed=k)) for k in range(4)])
    assert all(trial.marks and not trial.error for trial in trials)


LOOSE = paper_of(failing_together)


def test_runs_of_two_settings_are_judged_alone():
    runs = [*runs_of(2), simulate(tiny(sigma=0.2))]

    assert known_marks(PAPER, runs, Task(0, tiny())) == [{}, {}, {}]
    assert known_marks(PAPER, runs[:1], Task(0, tiny())) == [{}] and known_marks(PAPER, [], Task(0, tiny())) == []


def test_an_error_of_one_run_is_its_own():
    tasks = [Task(k, tiny(seed=1001 + k), ("FRAIL",)) for k in range(4)]
    trials = run_lot("tests.studies.toy:FRAIL_PAPER", tasks)

    assert [bool(trial.error) for trial in trials] == [False, False, True, False]
    assert "planted" in trials[2].error and FRAIL_PAPER["FRAIL"] is not None
    assert [trial.task for trial in trials] == tasks


def test_a_setting_that_cannot_be_simulated_fails_in_every_trial():
    wide = tiny(draw_until="NEAR.false")
    trials = run_lot("tests.studies.toy:PAPER", [Task(k, replace(wide, seed=k)) for k in range(3)])

    assert all(trial.error and not trial.marks for trial in trials)


# ---- lots ---------------------------------------------------------------------------------------------------------


def test_lots_are_of_tasks_that_differ_in_their_seeds_alone():
    one, other = tiny(), tiny(sigma=0.2)
    tasks = [
        *(Task(k, replace(one, seed=k, name=str(k))) for k in range(3)), *(Task(k, other) for k in (3, 4)),
        Task(5, one), Task(6, one, links=True), Task(7, one, ("NEAR",)), Task(8, one, measures=("length",)),
    ]  # fmt: skip

    assert [[task.row for task in lot] for lot in lots_of(tasks)] == [[0, 1, 2], [3, 4], [5], [6], [7], [8]]
    assert [len(lot) for lot in lots_of(Task(k, one) for k in range(2 * MOST + 1))] == [MOST, MOST, 1]
    assert [len(lot) for lot in lots_of((Task(k, one) for k in range(7)), lambda kind: 3)] == [3, 3, 1]
    assert [len(lot) for lot in lots_of((Task(k, one) for k in range(2)), lambda kind: 0)] == [1, 1]


def test_large_runs_are_judged_alone_and_small_ones_together():
    assert lot_size(smallest()) == MOST
    for large in (
        theory(5, 100), theory(10, 400), small_setting(steps=100_000), small_setting(steps=2000, m=200, n=20),
        small_setting(K=20_000, steps=20_000), small_setting(fresh=10**6), small_setting(d=10**6, engine="direct"),
    ):  # fmt: skip
        assert lot_size(large) == 1
    assert lot_size(small_setting(d=10**6, engine="reduced")) == MOST


def test_the_arrays_of_a_lot_stay_within_their_bound():
    for setting in (
        smallest(), small_setting(n=300, m=20), small_setting(steps=60, m=40), small_setting(d=3000),
        small_setting(steps=1, m=1000, n=2, d=2, fresh=1),
    ):  # fmt: skip
        run, size = simulate(setting), lot_size(setting)
        logged = sum(array.size for array in vars(run.trace).values() if array is not None)
        entries = logged + run.sample.X.size + sum(W.size for W in run.weights.values()) + 4 * run.n * run.m
        assert size == 1 or size * entries <= lots.ENTRIES


@settings(max_examples=20)
@given(st.integers(1, 9), st.integers(0, 2**32))
def test_marks_do_not_depend_on_the_lot(count, seed):
    tasks = [Task(k, small_setting(seed=seed + k), ("L4", "L6", "D7")) for k in range(count)]

    assert [t.marks for t in run_lot("printed", tasks)] == [run_trial("printed", task).marks for task in tasks]


def test_a_chain_whose_link_rests_on_nothing_is_judged_together():
    def linked(run):
        """Short inputs."""
        yield suppose("P", "short", run.input_norm, "<=", 0.9, axes="i")
        yield PROOF
        yield chain("E", "a chain", run.input_norm, le(run.input_norm + 1), le(0.5), axes="i")

    runs, task = runs_of(4), Task(0, tiny(), links=True)
    known = known_marks(paper_of(linked), runs, task)

    assert [[m.claim for m in found["S0"]] for found in known] == [["P", "E X0→X1", "E X1→X2"]] * 4
    assert [m.outcome for m in known[0]["S0"]] == ["SILENT", "CONFIRMED", "REFUTED"]
