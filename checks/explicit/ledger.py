"""Where the sharpened proof loses, from the measured margin to the certified one, and what a report says."""

from collections.abc import Iterator
from functools import partial

import numpy as np

from checks.explicit.certificate import certify
from checks.explicit.quantities import centre_label, deviations, projections
from checks.feasible import judged_C
from rfa import DoesNotApply, Run
from rfa.constants import ConstantsTable, Requirement, Variant
from rfa.guarantees import departed
from rfa.ledger import Ledger, ledger

EXPLICIT_C, LEAST_C = 90.0, 64.01
"""C at which A1 to A7 have been seen to bring R1 to R4 with them (K = 3 or 4, delta = 0.1): always, nearly always."""


def worst_margin(run: Run) -> float:
    """The least y_{mu(i)} f(x_i; W^T), from the trace."""
    clean, noisy = run.trace.margin_min[run.n_s, :, 0], -run.trace.margin_max[run.n_s, :, 1]
    return float(np.nanmin([clean, noisy]))


def margin_ledger(run: Run) -> Ledger:
    """S10.margin at the sample with the least measured margin; in units of alpha b^2 until the last step.

    `DoesNotApply` where R2 fails or a value on the way is not positive.
    """
    margins, known = run.output(run.T).value * centre_label(run), certify(run)
    i = int(margins.argmin())
    mu, r = int(run.sample.cluster[i]), known.recursion
    scale, reach, bound = r.measured.scale.upper, r.states[-1].beta.upper, r.wrong_end[mu].upper
    p, seen = projections(run).value[-1, :, mu], deviations(run).value[-1].max()
    wrong, members, m = ~run.sign_matches[:, mu], known.members[:, mu], r.measured.opposed[mu]
    own, awake = np.maximum(p[members] - seen, 0).sum(), np.maximum(p[wrong] + seen, 0).sum()
    end, half = p[wrong].max(initial=0.0), r.own_half[mu].lower
    return ledger(
        "S10.margin", "y_μ f(x_i; W^T) ≥ margin_μ at the sample where it is least", margins[i],
        ("sample to centre", scale * (own - awake), "M_μ alone on the right, ⟨v_j, ξ_i⟩ at its largest"),
        ("S8", scale * (half - awake), "the right half at (S_μ − β_T)(|M_μ| − κ_μ Σ miss_j)"),
        ("all as the highest", scale * (half - m * (end + seen)), "m_{−y_μ} times the highest on the left"),
        ("S5c", scale * (half - m * (bound + seen)), "the highest at P_μ"),
        ("β_T", scale * (half - m * (bound + reach)), "deviations at their bound"),
        ("rounding", r.margin[mu].lower, "outward"),
        witness={"i": i},
    )  # fmt: skip


def explicit_C(run: Run) -> ConstantsTable:
    """The C from which on A1 to A7 have been seen to bring R1 to R4; no proof, as the sizes are random."""
    seen = {"always": EXPLICIT_C, "nearly always": LEAST_C}
    return ConstantsTable((), tuple(_seen(how, C, run.delta or 0.1) for how, C in seen.items()))


def _seen(how: str, enough: float, delta: float) -> Variant:
    says = f"R1 to R4 {how} held where this was tried (K = 3 and 4, δ = 0.1); the certificate tells it for each run"
    asked = Requirement("R1 to R4", f"C ≥ {enough:g}", lambda C: C - enough)
    return Variant(f"R1 to R4 {how}", says, (asked,), partial(sizes, delta))


def sizes(delta: float, C: float) -> dict[str, float]:
    """The least sizes that A1, A3 and A5 allow at C."""
    m = 2 * np.ceil(C * np.log(1 / delta) / 2)
    n = np.ceil(C * np.log(m / delta))
    return {"m": m, "n": n, "d": np.ceil(C * max(np.log(n / delta) ** 2, np.log(m / delta)))}


def notes(run: Run) -> Iterator[str]:
    """The certificate in one sentence, and whether the C of the run is one at which it can be expected.

    Nothing is certified of a run that is not trained as the guarantee supposes.
    """
    if departed(run):
        return
    margin = min(x.lower for x in certify(run).recursion.margin)
    yield f"Certified margin {margin:.4g}, measured margin {worst_margin(run):.4g}."
    try:
        C = judged_C(run)
    except DoesNotApply:
        return
    if C < LEAST_C:
        yield (
            f"C = {C:g} is below the explicit constant {LEAST_C:g}, the least at which A1 to A7 have been seen to "
            "bring R1 to R4 with them on nearly all runs (δ = 0.1)."
        )
