"""Random small runs against the sharpened proof; the campaign runs many more of them (tests/campaigns/explicit.py)."""

import numpy as np
import pytest

from rfa import judge
from tests.adversary import LINES, adversarial, broken, conditions, labels_are_right
from tests.campaigns.explicit import small_runs

RUNS = 200


def test_no_line_fails_and_R4_brings_the_conclusion_on_random_runs(capsys):
    told = small_runs(range(RUNS))

    print(told.sentence)
    assert told.broken == [] and told.wrong == []
    assert told.runs == RUNS
    assert told.regime > RUNS / 5 and told.certified > RUNS / 50
    assert "R1 to R3 hold on" in capsys.readouterr().out


@pytest.mark.parametrize("statement", [s for s in LINES if s.id != "S8b"], ids=lambda s: s.id)
def test_random_runs_confirm_every_line_but_the_one_about_laggards(statement):
    left = {v.id for v in judge(statement, adversarial(0), links=False).conclusions}
    for seed in range(RUNS):
        left -= {v.id for v in judge(statement, adversarial(seed), links=False).conclusions if counted(v)}
        if not left:
            break

    assert left == set()


def counted(verdict):
    return any(outcome.name == "CONFIRMED" and count for outcome, count in verdict.counts.items())


def test_random_runs_have_ties_at_the_start_empty_clusters_and_huge_steps():
    made = [adversarial(seed) for seed in range(150)]

    assert sum(bool((run.pre(0).value == 0).any()) for run in made) > 10
    assert sum(bool((run.cluster_size == 0).any()) for run in made) > 10
    assert sum(run.step_size > 0.4 for run in made) > 5
    assert sum(2 * int(run.positive.sum()) != run.m for run in made) > 10


@pytest.mark.parametrize("seed", range(3))
def test_the_same_seed_makes_the_same_run(seed):
    one, other = adversarial(seed), adversarial(seed)

    assert np.array_equal(one.sample.X, other.sample.X) and np.array_equal(one.trace.norm, other.trace.norm)


def test_conditions_and_labels_are_read_off_the_run():
    from tests.explicit.constructed import laggard
    from tests.runs import loose, small

    assert conditions(small()) == {"R1": True, "R2": True, "R3": True, "R4": True}
    assert conditions(laggard())["R2"] and not conditions(laggard())["R4"] and not conditions(loose())["R1"]
    assert labels_are_right(small()) and not labels_are_right(loose())
    assert broken(small()) == []
