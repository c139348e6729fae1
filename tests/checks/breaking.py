"""What tests of one statement look at: its verdicts, the members of its chains, the run with other quantities."""

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
