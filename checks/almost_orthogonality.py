"""C10: neurons of J stay almost orthogonal to the other pair of centres."""

from collections.abc import Iterator

import numpy as np

from rfa import Claim, Run, result, suppose


@result("C10", "Almost-orthogonality", kind="CONDITION", readings=["R5"])
def almost_orthogonality(run: Run) -> Iterator[Claim]:
    """Suppose |⟨w_j(t), ν⟩| ≤ 3αb at t = 0, ..., T, for every j in J_μ and both ν of the pair other than ±μ.

    Not tight: about αb/8 is typical, whatever t.
    """
    there = (run.t <= run.T)[:, None] & run.in_J
    bound = 3 * run.alpha * run.b
    yield suppose("C10", "|⟨w_j(t), ν⟩| ≤ 3αb", np.abs(run.other), "<=", bound, axes="t j", where=there)
