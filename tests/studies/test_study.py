import dataclasses
import json
import sqlite3
import threading
from pathlib import Path

import pytest

from rfa.errors import InputError
from rfa.studies.execution import Crew, Here, Interrupted, executor_of, process_pool
from rfa.studies.lots import lot_size
from rfa.studies.replay import replay
from rfa.studies.storage import Store
from rfa.studies.study import Plan, looks, run_study
from rfa.studies.summary import rates_of
from rfa.studies.trials import Task, code_version, load_paper, run_trial, setting_digest
from rfa.verdicts import Outcome, judge
from tests.studies.toy import FRAIL_PAPER, PAPER, tiny

TOY, FRAIL = "tests.studies.toy:PAPER", "tests.studies.toy:FRAIL_PAPER"


def rows(path):
    with Store.open(path) as store:
        return list(store.table())


def by_claim(rates):
    return {r.claim: r for r in rates.rates}


@pytest.fixture(scope="module")
def studied(tmp_path_factory):
    """A study of 120 trials in this process: its file and its rates."""
    path = tmp_path_factory.mktemp("study") / "study.sqlite"
    return path, run_study(Plan(tiny(), TOY, 120), path)


def test_rates_agree_with_the_truth_of_the_toy_paper(studied):
    rates = by_claim(studied[1])
    assert rates["COIN.above"].outcome is Outcome.REFUTED
    assert rates["COIN.below"].outcome in (Outcome.CONFIRMED, Outcome.UNDECIDED)
    assert rates["COIN.at"].outcome is Outcome.UNDECIDED
    assert all(rates[c].agrees for c in ("COIN.below", "COIN.at", "COIN.above"))
    assert rates["COIN.at"].further is None or rates["COIN.at"].further > 0
    assert rates["NEAR.false"].outcome is Outcome.REFUTED and rates["NEAR.false"].counts.failed == 120
    assert rates["GOAL.short"].outcome is Outcome.CONFIRMED and rates["GOAL.short"].failures.upper < 0.1


def test_the_worst_row_is_the_first_of_least_slack(studied):
    slacks = {}
    for row in rows(studied[0]):
        if row[7] == "conclusion":
            slacks.setdefault(row[6], []).append((row[8] != "REFUTED", row[11], row[0]))
    for rate in studied[1].rates:
        assert (rate.least_slack, rate.worst) == min(slacks[rate.claim])[1:]


def test_a_wrong_exact_law_is_contradicted_by_the_counts(studied):
    wrong = dataclasses.replace(PAPER, exact_rates=lambda setting: {"COIN.above": 0.95})
    with Store.open(studied[0]) as store:
        rate = by_claim(rates_of(store, wrong, level=0.01, method="exact"))["COIN.above"]
    assert rate.agrees is False and "the counts contradict the exact law" in rate.notes


def test_an_exact_rate_of_zero_is_called_impossible(studied):
    zero = dataclasses.replace(PAPER, exact_rates=lambda setting: {"NEAR.false": 0.0})
    with Store.open(studied[0]) as store:
        rate = by_claim(rates_of(store, zero, level=0.01, method="exact"))["NEAR.false"]
    assert rate.agrees and "impossible at these sizes: the exact rate is 0" in rate.notes


def test_premises_are_judged_before_the_probability(tmp_path):
    rates = by_claim(run_study(Plan(tiny(delta=0.45), TOY, 60, ("COIN",)), tmp_path / "s.sqlite"))
    assert {r.outcome for r in rates.values()} <= {Outcome.BEYOND, Outcome.SILENT, Outcome.UNDECIDED}
    assert all("the premises never held" in r.notes for r in rates.values())


SURE = "tests.studies.toy:SURE_PAPER"


def test_a_promise_that_is_sure_under_its_premises_is_judged_by_its_rate(tmp_path):
    """The coin passes 0.95, where premise and conclusion fail together, in 5 % of the runs; δ allows 20 %."""
    rates = by_claim(run_study(Plan(tiny(delta=0.2), SURE, 120), tmp_path / "s.sqlite"))
    true, false = rates["SURE.true"], rates["SURE.false"]
    assert true.claimed == pytest.approx(0.2) and true.outcome is Outcome.CONFIRMED
    assert 0 < true.counts.failed == 120 - true.counts.supposed
    assert false.counts.failed == false.counts.refuted > 0 and false.failures.upper < 0.2
    assert false.outcome is Outcome.REFUTED and "each failure under them refutes it" in " ".join(false.notes)


def test_on_conditioned_runs_such_a_promise_is_judged_run_by_run(tmp_path):
    plan = Plan(tiny(eta=0.1, noisy=1), SURE, 40)
    rates = by_claim(run_study(plan, tmp_path / "s.sqlite"))
    assert rates["SURE.true"].claimed is None and rates["SURE.false"].outcome is Outcome.REFUTED
    assert set(rates["SURE.true"].outcomes) <= {"CONFIRMED", "SILENT"}


def test_a_probability_of_zero_promises_nothing(tmp_path):
    rates = run_study(Plan(tiny(delta=0.45), "tests.studies.toy:IDLE_PAPER", 20), tmp_path / "s.sqlite").rates
    assert [r.claimed for r in rates] == [None]
    assert "δ is so large that no probability is promised" in rates[0].notes


def test_conditioned_runs_get_no_verdict_on_claimed_probabilities(tmp_path):
    plan = Plan(tiny(eta=0.1, noisy=1), TOY, 20, ("COIN",))
    rates = run_study(plan, tmp_path / "s.sqlite")
    assert rates.conditioned == "noisy = 1"
    assert {r.outcome for r in rates.rates} == {Outcome.NOT_APPLICABLE}


def test_marks_are_what_judge_says():
    task = Task(0, tiny(sigma=0.2), ("NEAR",), links=True)
    trial = run_trial(TOY, task)
    from rfa.simulation import simulate

    verdicts = judge(PAPER["NEAR"], simulate(task.setting))
    expected = [*verdicts.premises, *verdicts.conclusions, *verdicts.links]
    got = {(m.claim, m.role): m for m in trial.marks}
    assert len(got) == len(expected)
    for verdict in expected:
        mark = got[verdict.id, verdict.role]
        assert (mark.outcome, mark.slack, mark.lhs, mark.rhs) == (
            verdict.outcome.name,
            verdict.slack,
            verdict.lhs,
            verdict.rhs,
        )
        assert json.loads(mark.witness) == dict(verdict.witness)
        assert mark.constant == verdict.tightest_constant


def test_until_decided_stops_when_every_claim_is(tmp_path):
    plan = Plan(tiny(), TOY, None, ("NEAR",), most=5000)
    assert run_study(plan, tmp_path / "a.sqlite").trials == 64
    undecidable = Plan(tiny(), TOY, None, ("COIN",), most=100)
    rates = run_study(undecidable, tmp_path / "b.sqlite")
    assert rates.trials == 100 and rates.method == "sequence" and rates.undecided


def test_looks_cover_every_trial_once():
    batches = list(looks(Plan(tiny(), TOY, None, most=1000)))
    assert [t for first, last in batches for t in range(first, last)] == list(range(1000))


def test_workers_do_not_change_the_rows(tmp_path, studied):
    run_study(Plan(tiny(), TOY, 120), tmp_path / "two.sqlite", workers=2)
    assert rows(tmp_path / "two.sqlite") == rows(studied[0])


def test_a_failing_run_and_a_dying_worker_are_rows_and_the_study_goes_on(tmp_path):
    rates = run_study(Plan(tiny(seed=1000), FRAIL, 8), tmp_path / "s.sqlite", workers=1)
    errors = {row[0]: row[4] for row in rows(tmp_path / "s.sqlite") if row[4]}
    assert set(errors) == {3, 5}
    assert errors[3].startswith("RuntimeError: planted") and "the worker died" in errors[5]
    assert rates.errors == 2 and rates.rates[0].counts.unknown == 2


def test_resume_runs_nothing_twice_and_changes_nothing(tmp_path, studied):
    plan, path = Plan(tiny(), TOY, 120), tmp_path / "s.sqlite"
    seen = []

    def stop_early(row):
        seen.append(row)
        stop.set()

    stop = threading.Event()
    with pytest.raises(Interrupted):
        run_study(plan, path, done=stop_early, stop=stop)
    assert 0 < len(rows(path)) < len(rows(studied[0]))
    run_study(plan, path, resume=True, done=seen.append)
    assert sorted(seen) == list(range(120))
    assert rows(path) == rows(studied[0])


def test_a_study_is_not_resumed_with_another_plan(tmp_path):
    path = tmp_path / "s.sqlite"
    run_study(Plan(tiny(), TOY, 3), path)
    with pytest.raises(InputError, match="start a new study"):
        run_study(Plan(tiny(delta=0.2), TOY, 3), path, resume=True)
    with pytest.raises(InputError, match="--resume"):
        run_study(Plan(tiny(), TOY, 3), path)


def test_rows_made_by_another_version_are_refused(tmp_path):
    path = tmp_path / "s.sqlite"
    run_study(Plan(tiny(), TOY, 2), path)
    db = sqlite3.connect(path)
    with db:
        db.execute("UPDATE trials SET key = 'older' WHERE row = 1")
    db.close()
    with pytest.raises(InputError, match="row 1 was made with another"):
        run_study(Plan(tiny(), TOY, 2), path, resume=True)


def test_a_file_without_a_transaction_is_begun_afresh(tmp_path):
    path = tmp_path / "s.sqlite"
    path.touch()
    assert run_study(Plan(tiny(), TOY, 2), path, resume=True).trials == 2


def test_another_file_is_not_taken_for_a_study(tmp_path):
    path = tmp_path / "s.sqlite"
    path.write_text("not a database, but long enough to be looked at as one " * 20)
    with pytest.raises(InputError, match="not a study"):
        Store.open(path)


def test_replay_makes_a_row_again_bit_for_bit(studied):
    again = replay(studied[0], 17)
    assert again.differences == () and again.note == ""
    assert any(m.claim == "NEAR.false" and json.loads(m.witness) for m in again.failing)


def test_replay_tells_a_row_that_differs_in_the_last_bit(tmp_path):
    path = tmp_path / "s.sqlite"
    run_study(Plan(tiny(), TOY, 2), path)
    db = sqlite3.connect(path)
    with db:
        db.execute("UPDATE marks SET slack = slack * (1 + 3e-16) WHERE row = 1 AND slack != 0")
    db.close()
    assert any("slack" in d for d in replay(path, 1).differences)
    assert replay(path, 0).differences == ()


def test_seeds_of_trials_follow_the_seed_of_the_setting():
    tasks = list(Plan(tiny(seed=2**64 - 1), TOY, 3).tasks(0, 3))
    assert [t.setting.seed for t in tasks] == [2**64 - 1, 0, 1]


def test_the_digest_of_a_trial_changes_with_setting_seed_and_code():
    base = Task(0, tiny())
    others = [
        Task(0, tiny(sigma=0.06)),
        Task(0, tiny(seed=1)),
        Task(0, tiny(), ("NEAR",)),
        Task(0, tiny(), links=True),
    ]
    digests = {t.digest("code") for t in (base, *others)} | {base.digest("other")}
    assert len(digests) == 6
    assert setting_digest(tiny(name="x", seed=4)) == setting_digest(tiny())


def test_the_code_version_covers_the_paper_and_the_engine(monkeypatch):
    import checks
    import rfa.engine
    from rfa.studies import trials

    read = []
    seen = Path.read_bytes
    monkeypatch.setattr(Path, "read_bytes", lambda self: (read.append(self), seen(self))[1])
    version = trials.code_version.__wrapped__("checks:PAPER")
    names = {p.name for p in read}
    assert version == code_version("checks:PAPER") and len(version) == 16
    assert set(Path(rfa.engine.__file__).parent.glob("*.py")) <= set(read)
    assert set(Path(checks.__file__).parent.glob("*.py")) <= set(read)
    assert {"rounding.py", "trials.py", "claims.py"} <= names and not {"cli.py", "storage.py", "page.py"} & names
    assert load_paper(FRAIL) is FRAIL_PAPER


def test_tasks_ahead_of_the_workers_are_bounded(tmp_path):
    made = []
    most = lot_size(tiny())

    def tasks():
        for k in range(4 * most):
            made.append(k)
            yield Task(k, tiny(seed=k), ("NEAR",))

    with Store.create(tmp_path / "s.sqlite", {}) as store, Crew(executor_of("processes", 0), 0, TOY) as crew:
        assert isinstance(crew.hands.executor, Here)
        crew.run(store, tasks(), lambda row: made.append(-1))
    ahead = [sum(1 for x in made[: k + 1] if x >= 0) - sum(1 for x in made[: k + 1] if x < 0) for k in range(len(made))]
    assert 1 < max(ahead) <= 2 * most


def test_an_unknown_executor_is_an_error():
    with pytest.raises(InputError, match="dask://ADDRESS"):
        executor_of("threads", 2)


def test_a_task_that_kills_its_workers_takes_a_few_executors_and_no_other_row(tmp_path):
    made = []

    def make():
        made.append(process_pool(1))
        return made[-1]

    tasks = [Task(k, tiny(seed=900 + k), ("NEAR", "FRAIL")) for k in range(200)]
    with Store.create(tmp_path / "s.sqlite", {}) as store, Crew(make, 1, FRAIL) as crew:
        crew.run(store, tasks)
        assert store.count() == 200 and {row[0] for row in store.table() if row[4]} == {103, 105}
    assert len(made) <= 5
