"""Definition 7: a good run, on which the lemmas on sample and start hold together."""

from collections.abc import Iterator
from functools import reduce

import numpy as np

from checks.candidate_neurons import large_sets, wide_network
from checks.capture_edge import positive_edge
from checks.initial_norms import promised, wide_start
from checks.sample_geometry import along_and_across, equal_sizes, few_noisy, light_tail, near, some_C1
from rfa import Claim, Rounded, Run, result, then
from rfa.looks import lowest
from rfa.stacked import as_array

EVENTS = ("L3", "L4", "L5", "L6")
"""What a good run consists of, in the order of the axis `event`."""


def events(run: Run) -> tuple[tuple[Claim, ...], ...]:
    """The claims of each event: L3, L4.size, L5 with one C1 > 2, L6 with a finite C2."""
    geometry = (some_C1(run), *along_and_across(run), near(run), few_noisy(run), *equal_sizes(run))
    return (tuple(promised(run)), (large_sets(run),), geometry, (positive_edge(run),))


def together(claims: tuple[Claim, ...]) -> Rounded:
    """1 if all claims hold, 0 if one fails, else ½ with an error of ½."""
    state = as_array(reduce(np.minimum, (lowest(claim) for claim in claims)))
    return Rounded((1 + state) / 2, (1 - abs(state)) / 2)


@result(
    "D7", "A good run",
    kind="WHP-both", uses=["L3", "L4", "L5a", "L5b", "L5c", "L5d", "L6"], readings=["R14"],
)  # fmt: skip
def good_run(run: Run) -> Iterator[Claim]:
    """Suppose d ≥ 32 log(4m/δ), m ≥ 16 C0² log(32/δ), clusters whose law keeps all samples near, and what L6
    supposes of probabilities.

    Then with probability at least 1 − 4δ the run is good: all parts of L3, L4 (|J_μ| ≥ (m/4)(1 − 1/C0)² for
    all μ), L5 with one constant C1 > 2 and L6 with a finite C2 hold at once. Axis event: 0 = L3, 1 = L4,
    2 = L5, 3 = L6.

    C0 is that of the run. The paper's C0 = 4⁵·1024²·e⁴ ≈ 5.9·10¹⁰ is out of reach: its L4 asks for more than
    10²³ neurons, and with fewer demands |J_μ| ≥ m/4 of all four sets.
    """
    edge = positive_edge(run)
    yield from (wide_start(run), wide_network(run), some_C1(run), light_tail(run), *(edge.needs or ()))
    held = [together(claims) for claims in events(run)]
    share = Rounded(np.stack([h.value for h in held]), np.stack([h.error for h in held]))
    sure = 1 - 4 * run.given("delta")
    says = "L3, L4, L5 and L6 hold together"
    yield then("D7", says, share, ">=", 1, axes="event", probability=sure)
