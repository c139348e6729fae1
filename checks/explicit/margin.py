"""S10 and the conclusion: the margin that the certificate promises, and what it says of labels."""

from collections.abc import Iterator

import numpy as np

from checks.explicit.bounds import lower, upper
from checks.explicit.certificate import bound
from checks.explicit.conditions import certified, everywhere, exact_descent, reported, unsaid
from checks.explicit.halves import gain_conditions, half
from checks.explicit.quantities import centre_label
from rfa import PROOF, Claim, Run, chain, eq, ge, result, then
from rfa.chains import Chain


@result("S10", "The margin is at least the certified one", kind="DET", uses=["S8", "S9", "R2", "R3"])
def certified_margin(run: Run) -> Iterator[Claim | Chain]:
    """Suppose exact gradient descent with |a_j| = b, R2 and R3.

    Then y_μ f(x_i; W^T) ≥ margin_μ for every sample i, clean or noisy, with μ its centre.
    """
    supposed, cluster = (*exact_descent(run), *gain_conditions(run)), run.sample.cluster
    yield from supposed
    said, output = reported(*supposed[2:]), run.output(run.T) * centre_label(run)
    margin = bound(run, lambda r: lower(r.margin))[cluster]
    says, note = "y_μ f(x_i; W^T) ≥ margin_μ", unsaid(*supposed[2:])
    yield then("S10.margin", says, output, ">=", margin, axes="i", where=said, note=note)
    yield PROOF
    scale, own, other = bound(run, lambda r: (r.measured.scale.rounded, lower(r.own_half), upper(r.other_half)))
    yield chain(
        "U-S10", "the two halves",
        output,
        eq(scale * (half(run, right=True) - half(run, right=False)), "definition of f", needs=supposed[1:2]),
        ge(scale * (own[cluster] - half(run, right=False)), "S8", needs=supposed),
        ge(scale * (own[cluster] - other[cluster]), "S9", needs=supposed),
        axes="i", where=said,
    )  # fmt: skip


@result("conclusion", "Clean samples right, noisy ones wrong", kind="DET", uses=["S10", "R2", "R3", "R4"])
def labels_at_stopping(run: Run) -> Iterator[Claim]:
    """Suppose exact gradient descent with |a_j| = b, R2, R3 and R4.

    Then y_i f(x_i; W^T) > 0 for every clean sample and < 0 for every noisy one.
    """
    yield from (*exact_descent(run), *gain_conditions(run), everywhere(certified(run)))
    output, noisy = run.output(run.T) * run.sample.y, run.sample.noisy
    size = np.abs(output.value).max()
    yield then("conclusion.clean", "y_i f(x_i; W^T) > 0", output, ">", 0, axes="i", where=~noisy, scale=size)
    yield then("conclusion.noisy", "y_i f(x_i; W^T) < 0", output, "<", 0, axes="i", where=noisy, scale=size)
