"""Neurons that are awake on one cluster and asleep on the opposing one."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from rfa import Claim, Run, then
from rfa.run import OPPOSITE


def awake_and_asleep(
    run: Run, id: str, axes: str, where: NDArray[np.bool_], needs: tuple[Claim, ...]
) -> Iterator[Claim]:
    """⟨v_j^t, x_i⟩ > 0 on I_μ and < 0 on I_−μ, at the states or steps, neurons and centres of `where`."""
    states, filled = slice(0, len(where)), run.cluster_size > 0
    on, off = run.pre_min[states], run.pre_max[states][..., OPPOSITE]
    here, there = where & filled, where & filled[OPPOSITE]
    size = run.norm.value[states, :, None]
    above, below = "⟨v_j^t, x_i⟩ > 0 on I_μ", "⟨v_j^t, x_i⟩ < 0 on I_−μ"
    yield then(f"{id}.on", above, on, ">", 0, axes=axes, where=here, scale=size, needs=needs)
    yield then(f"{id}.off", below, off, "<", 0, axes=axes, where=there, scale=size, needs=needs)
