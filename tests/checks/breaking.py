"""One fault at a time: what holds on a run must fail on the run with the fault, where it was planted."""

from dataclasses import replace

import numpy as np

from rfa import Run, Statement, judge
from rfa.chains import Chain
from rfa.rounding import value_of
from tests.planting import holding


def verdict(statement: Statement, run: Run, id: str):
    """The verdict of one claim or link."""
    judgement = judge(statement, run)
    assert judgement.reason == "", judgement.reason
    return holding(judgement)[id]


def members(statement: Statement, run: Run, id: str, prefix: str = "X") -> list[np.ndarray]:
    """The expressions of one chain, printed ones included, on their common index set."""
    chains = [c for c in statement.claims(run) if isinstance(c, Chain) and (c.id, c.prefix) == (id, prefix)]
    assert len(chains) == 1, (id, prefix)
    return list(np.broadcast_arrays(*(value_of(e) for e in chains[0].expressions)))


def overridden(run: Run, **quantities) -> Run:
    """The run with some derived quantities (cached properties) replaced."""
    faulty = replace(run)
    faulty.__dict__.update(quantities)
    return faulty


def breaks(statement: Statement, run: Run, faulty: Run, *ids: str, **witness: int) -> None:
    """The claims hold on `run` and fail on `faulty`, with the witness at the planted index."""
    for id in ids:
        before, after = verdict(statement, run, id), verdict(statement, faulty, id)
        assert before.holds, (id, before.lhs, before.rhs)
        assert after.holds is False, (id, after.lhs, after.rhs)
        assert {axis: after.witness[axis] for axis in witness} == witness, id
