"""Every conclusion and link of the sharpened proof: it holds, and a planted fault makes it fail at its place."""

from dataclasses import replace

import numpy as np
import pytest

from checks.explicit import PAPER, quantities
from checks.explicit.certificate import certify
from rfa import Outcome, judge
from rfa.rounding import Rounded
from tests.explicit import oracle
from tests.explicit.constructed import laggard
from tests.planting import in_sample, in_trace, in_weights, with_quantity
from tests.runs import loose, small

NEURON, OUTSIDE = 4, 9
"""A neuron of M_{-mu1} that is asleep on +mu1, and one of the wrong sign for both."""


def verdict(id, run):
    for statement in PAPER.results:
        if id.split(" ")[0].removeprefix("U-").startswith(statement.id.split(".")[0]) or statement.id in id:
            for v in (found := judge(statement, run)).conclusions + found.links:
                if v.id == id:
                    return v
    raise KeyError(id)
