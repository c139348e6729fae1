"""The certificate in the form of every guarantee: conditions, numbers, and what they promise."""

from collections.abc import Iterator
from dataclasses import replace
from decimal import ROUND_FLOOR, Context

from checks.explicit.certificate import certify
from checks.explicit.conditions import certified, equal_weights, falling, first_gain, keeps_up
from checks.explicit.intervals import Interval
from checks.explicit.ledger import worst_margin
from rfa import Claim, Run
from rfa.data import CENTRE_NAMES
from rfa.guarantees import Figure, Guarantee
from rfa.verdicts import judge_premise

DOWN = Context(prec=4, rounding=ROUND_FLOOR)
"""Four digits, never rounded up."""
MEASURED = {
    "v0": "largest |⟨v_j, ν⟩| at the start",
    "b0": "largest |⟨v_j, ξ_k⟩| at the start",
    "d1": "largest mean of |⟨ξ_i, ν⟩|",
    "dp": "largest |⟨ξ_i, ν⟩|",
    "G": "largest mean of |⟨ξ_i, ξ_k⟩|",
    "N": "largest share of samples that pull one way",
}
BY_CENTRE = {
    "grown": ("S", "what a neuron of the right sign gains"),
    "wrong_end": ("P", "where a neuron of the wrong sign ends at most"),
    "lag_share": ("1/κ", "the share of samples to miss to stay behind"),
    "margin": ("margin", "the certified margin"),
}


def guarantee(run: Run) -> Guarantee:
    """What R1 to R4 promise of exact gradient descent from the sample and the first weights of a run."""
    known = certify(run).recursion
    least = min(x.lower for x in known.margin)
    conditions = [replace(c, id=c.id.removeprefix("RP.")) for c in conditions_of(run)]
    return Guarantee(
        f"after {known.measured.steps} steps every clean sample is right and every noisy one wrong, "
        f"with margin at least {DOWN.create_decimal_from_float(least)}",
        tuple(judge_premise(c, {}) for c in conditions),
        tuple(figures(run)),
        worst_margin(run) if run.n_s else None,
    )


def conditions_of(run: Run) -> tuple[Claim, ...]:
    """|a_j| = b and R1 to R4."""
    return equal_weights(run), falling(run), first_gain(run), keeps_up(run), certified(run)


def figures(run: Run) -> Iterator[Figure]:
    """The measured numbers and the ends of the recursion."""
    known = certify(run).recursion
    for name, says in MEASURED.items():
        yield figure(name, says, getattr(known.measured, name))
    yield figure("F_T", "largest |f| at T", known.states[-1].F)
    yield figure("β_T", "largest |⟨v_j, ξ_k⟩| at T", known.states[-1].beta)
    for name, (symbol, says) in BY_CENTRE.items():
        for centre, value in zip(CENTRE_NAMES, getattr(known, name), strict=True):
            yield figure(f"{symbol} {centre}", says, value)


def figure(name: str, says: str, value: Interval) -> Figure:
    """One interval as a figure."""
    return Figure(name, says, value.lower, value.upper)
