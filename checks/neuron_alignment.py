"""C9: neurons of J awake on their own cluster and asleep on the opposing one."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rfa import Claim, Run, result, suppose
from rfa.run import opposite_of
from rfa.stacked import as_array


@result("C9", "Neuron alignment", kind="CONDITION")
def neuron_alignment(run: Run) -> Iterator[Claim]:
    """Suppose each neuron of J_μ is awake on all of I_μ and asleep on all of I_−μ, for all μ and t = 1..T.

    Noisy samples count, those of the other pair do not. The signs are strict: φ'(0) plays no part.
    """
    until = ((run.t >= 1) & (run.t <= run.T))[:, None]
    there: dict[str, Any] = {"axes": "t j", "scale": run.norm.value}
    home, opposing = until & has_home(run), until & has_opposing(run)
    yield suppose("C9.on", "⟨w_j(t), x_k⟩ > 0 on I_μ", run.own_min, ">", 0.0, where=home, **there)
    yield suppose("C9.off", "⟨w_j(t), x_k⟩ < 0 on I_−μ", run.opposing_max, "<", 0.0, where=opposing, **there)


def has_home(run: Run) -> NDArray[np.bool_]:
    """Whether j is in some J_mu with I_mu not empty, axis j."""
    return as_array(run.in_J & (run.cluster_size[run.home] > 0))


def has_opposing(run: Run) -> NDArray[np.bool_]:
    """Whether j is in some J_mu with I_-mu not empty, axis j."""
    return as_array(run.in_J & (run.cluster_size[opposite_of(run.home)] > 0))
