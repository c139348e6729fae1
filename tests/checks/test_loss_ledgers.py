from dataclasses import replace

import numpy as np
import pytest

from checks import PAPER
from checks.feature_movement import feature_movement
from checks.first_step import first_step
from checks.loss_ledgers import first_step_ledger, margin_ledger, movement_ledger
from checks.margin_at_stopping import margin_at_stopping
from rfa import DoesNotApply
from tests.checks.plants import overridden
from tests.planting import verdicts_of
from tests.runs import loose, small

LEDGERS = {
    margin_ledger: (margin_at_stopping, "L11.clean"),
    first_step_ledger: (first_step, "L12.corr"),
    movement_ledger: (feature_movement, "P2.ratio"),
}


@pytest.mark.parametrize("take", LEDGERS, ids=lambda f: f.__name__)
@pytest.mark.parametrize("run", [small(), small(noisy=0), small(K=7)], ids=["noise", "quiet", "K7"])
def test_it_goes_from_the_measured_to_the_proved_side_of_its_conclusion(take, run):
    ledger, (statement, id) = take(run), LEDGERS[take]
    verdict = verdicts_of(statement, run)[id]

    assert ledger.claim == id
    assert ledger.measured == pytest.approx(verdict.lhs, rel=1e-12)
    assert ledger.proved == pytest.approx(verdict.rhs, rel=1e-12)
    assert ledger.product == pytest.approx(verdict.lhs / verdict.rhs, rel=1e-12)
    assert dict(ledger.witness) == dict(verdict.witness)


def test_each_entry_begins_where_the_one_before_ends():
    entries = margin_ledger(small()).entries

    assert [e.before for e in entries[1:]] == [e.after for e in entries[:-1]]


def test_the_factors_of_the_margin_are_those_of_the_clean_limit():
    factor = {e.name: e.factor for e in margin_ledger(small(noisy=0, K=40)).entries}

    assert factor["g ≥ ½E"] == pytest.approx(np.exp(2), rel=0.01)
    assert factor["⟨x, μ⟩ ≥ ½"] == pytest.approx(2, rel=1e-4)
    assert factor["|I^C_μ| ≥ n/8"] == pytest.approx(2, rel=0.5)
    assert factor["other samples"] == pytest.approx(1, rel=1e-4)
    for name in ("E/32 to E/64", "3α", "centre to sample"):
        assert factor[name] == pytest.approx(2, rel=1e-12)


def test_the_factor_of_the_loss_derivatives_is_a_weighted_mean_of_g():
    run = small()
    ledger = margin_ledger(run)
    i, names = ledger.witness["i"], [e.name for e in ledger.entries]
    mu = run.sample.cluster[i]
    g = run.trace.whole_pull_plane[1:4, mu, 0, mu // 2] * (1 - 2 * (mu % 2))
    members = (run.sample.cluster == mu) & ~run.sample.noisy
    along = run.input_along.value[members, mu].sum()

    entry = ledger.entries[names.index("g ≥ ½E")]
    assert entry.factor == pytest.approx(g.sum() / 3 / (np.exp(-2) / 2 * along), rel=1e-9)


def test_runs_with_nothing_to_lose_have_no_ledger():
    no_J = overridden(small(), J=np.zeros((12, 4), dtype=bool))
    with pytest.raises(DoesNotApply, match="no candidate"):
        margin_ledger(no_J)
    with pytest.raises(DoesNotApply, match="no candidate"):
        first_step_ledger(no_J)
    with pytest.raises(DoesNotApply, match="light"):
        margin_ledger(small(record="light"))
    with pytest.raises(DoesNotApply, match="positive"):
        margin_ledger(loose())
    with pytest.raises(DoesNotApply, match="awake"):
        movement_ledger(replace(small(), weights={**small().weights, 0: np.zeros((12, 6))}))


def test_a_paper_knows_its_ledgers():
    assert set(PAPER.ledgers) == set(LEDGERS)
