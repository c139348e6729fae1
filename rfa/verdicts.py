"""What a run says of a statement: premises against conclusion, index by index."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from rfa.chains import Chain
from rfa.claims import FAILS, HOLDS, UNDECIDED, Claim, Link, suppose
from rfa.departures import Departure, touched
from rfa.papers import DoesNotApply, Statement

if TYPE_CHECKING:
    from rfa.run import Run


class Outcome(enum.Enum):
    """What premises and conclusion say together.

                     | conclusion holds | conclusion fails
    -----------------+------------------+-----------------
    premises hold    | CONFIRMED        | REFUTED
    a premise fails  | BEYOND           | SILENT
    """

    ERROR = "It cannot be evaluated."
    REFUTED = "The premises hold and the conclusion fails."
    UNDECIDED = "A slack lies within the error of rounding or sampling, or one run cannot decide a probability."
    CONFIRMED = "The premises hold, and so does the conclusion."
    BEYOND = "The conclusion holds although a premise fails: true beyond what was promised."
    SILENT = "A premise fails and so does the conclusion: nothing was promised here."
    NOT_APPLICABLE = "The run lacks what the statement speaks of."


@dataclass(frozen=True)
class Verdict:
    """One claim of one statement on one run, reduced to what a report needs.

    `lhs` and `rhs` are the sides at the witness, the index of least slack (among the indices with the outcome
    REFUTED or UNDECIDED if that is the outcome; of a text, which promises nothing, among those that fail). `failing`
    names the premises that fail at some index of the claim, `excess` by what factor each of them misses its bound at
    its worst index (None where its sides have no ratio), `open` the premises left undecided at some index.
    `holds` at every index and `fails` at some may both be false, where rounding or sampling leaves it open.
    """

    id: str
    role: str
    says: str
    outcome: Outcome
    counts: Mapping[Outcome, int] = field(default_factory=dict)
    relation: str = ""
    holds: bool | None = None
    fails: bool = False
    lhs: float | None = None
    rhs: float | None = None
    slack: float | None = None
    witness: Mapping[str, int] = field(default_factory=dict)
    tightest_constant: float | None = None
    failing: tuple[str, ...] = ()
    excess: Mapping[str, float | None] = field(default_factory=dict)
    open: tuple[str, ...] = ()
    reason: str = ""
    size: int = 0
    link: Link | None = None


@dataclass(frozen=True)
class Judgement:
    """All verdicts on one statement: premises, conclusions and links, and its one-word outcome.

    `estimated` names what it rests on that was not known but estimated.
    """

    statement: Statement
    outcome: Outcome
    premises: tuple[Verdict, ...] = ()
    conclusions: tuple[Verdict, ...] = ()
    links: tuple[Verdict, ...] = ()
    reason: str = ""
    estimated: tuple[str, ...] = ()

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """Premises, then conclusions."""
        return self.premises + self.conclusions


@dataclass(frozen=True)
class Evaluated:
    """One statement on one run: each claim beside its verdict, premises first, or why there are none.

    `outcome` is NOT_APPLICABLE or ERROR, with its `reason`, where the statement cannot be evaluated; else None.
    """

    premises: tuple[tuple[Claim, Verdict], ...] = ()
    conclusions: tuple[tuple[Claim, Verdict], ...] = ()
    links: tuple[tuple[Claim, Verdict], ...] = ()
    outcome: Outcome | None = None
    reason: str = ""


def evaluate(statement: Statement, run: Run, *, links: bool = True) -> Evaluated:
    """Evaluate one statement on one run; its chains too unless `links` is false.

    A check that raises `DoesNotApply`, or that a departure of the run from the theorem's setting leaves without
    meaning, gives NOT_APPLICABLE; one that cannot be evaluated gives ERROR with the reason.
    """
    if reason := moot(statement, run):
        return Evaluated(outcome=Outcome.NOT_APPLICABLE, reason=reason)
    try:
        with np.errstate(over="ignore", invalid="ignore"):
            return _evaluated(statement, run, links)
    except DoesNotApply as why:
        return Evaluated(outcome=Outcome.NOT_APPLICABLE, reason=str(why))
    except FAULTS as why:
        return Evaluated(outcome=Outcome.ERROR, reason=f"{type(why).__name__}: {why}")


FAULTS = (ArithmeticError, LookupError, TypeError, ValueError)
"""What a statement raises that cannot be evaluated."""


def moot(statement: Statement, run: Run) -> str:
    """Why a departure of the run from the theorem's setting leaves the statement without meaning, or an empty text."""
    for departure in run.departures:
        if reason := statement.moot.get(departure.kind):
            return f"{reason}, and here {departure.says}"
    return ""


def claims_on(
    statement: Statement, run: Run, *, links: bool = True
) -> tuple[list[Claim], list[Claim], list[Claim]]:
    """Premises, conclusions and links of a statement on a run, in the setting of the statement."""
    yielded = list(statement.claims(run, links=links))
    claims = [c for c in yielded if isinstance(c, Claim)]
    chained = [c for y in yielded if isinstance(y, Chain) for c in y.links()]
    claims, chained = in_setting(claims, chained, touched(statement.kind, run.departures))
    check_axes([*claims, *chained])
    return [c for c in claims if c.role == "premise"], [c for c in claims if c.role == "conclusion"], chained


def _evaluated(statement: Statement, run: Run, links: bool) -> Evaluated:
    premises, conclusions, chained = claims_on(statement, run, links=links)
    labels = run.labels
    return Evaluated(
        tuple((p, judge_premise(p, labels)) for p in premises),
        tuple((c, judge_claim(c, premises, labels, statement)) for c in conclusions),
        tuple((c, judge_claim(c, (), labels, statement)) for c in chained),
    )


def judge(statement: Statement, run: Run, *, links: bool = True) -> Judgement:
    """The verdicts on one statement on one run (see `evaluate`), and its one-word outcome."""
    found = evaluate(statement, run, links=links)
    if found.outcome is not None:
        return Judgement(statement, found.outcome, reason=found.reason)
    premises, conclusions, chained = (
        tuple(verdict for _, verdict in of) for of in (found.premises, found.conclusions, found.links)
    )
    return Judgement(statement, first_of(v.outcome for v in (conclusions or premises)), premises, conclusions, chained)


def first_of(outcomes: Iterable[Outcome]) -> Outcome:
    """The gravest of several outcomes, in the order in which `Outcome` lists them."""
    seen = set(outcomes)
    return next((o for o in Outcome if o in seen), Outcome.NOT_APPLICABLE)


def in_setting(
    claims: list[Claim], links: list[Claim], departures: Sequence[Departure]
) -> tuple[list[Claim], list[Claim]]:
    """Claims and links with the premise that the run is in the setting of the statement, which it is not."""
    if not departures:
        return claims, links
    away = suppose("RP.setting", f"not so: {'; '.join(d.says for d in departures)}", len(departures), "==", 0)
    premises = [*(c for c in claims if c.role == "premise"), away]
    conclusions = [
        replace(c, needs=(*(premises[:-1] if c.needs is None else c.needs), away))
        for c in claims
        if c.role == "conclusion"
    ]
    chained = [
        replace(c, needs=(*(c.needs or ()), away)) if c.link is None or c.link.state == "run" else c for c in links
    ]
    return [*premises, *conclusions], chained


def check_axes(claims: Sequence[Claim]) -> None:
    """One letter has one length throughout a statement (planted states apart)."""
    lengths: dict[tuple[str, str], tuple[int, str]] = {}
    for claim in claims:
        state = claim.link.state if claim.link else "run"
        for axis, length in zip(claim.axes, claim.shape, strict=True):
            known, first = lengths.setdefault((state, axis), (length, claim.id))
            if known != length:
                raise ValueError(
                    f"`{claim.id}` has length {length} along `{axis}`, where `{first}` has {known}; "
                    "one letter stands for one index set"
                )


Labels = Mapping[str, NDArray[np.int64]]
_told: WeakKeyDictionary[Claim, tuple[Labels, Verdict]] = WeakKeyDictionary()


def judge_premise(claim: Claim, labels: Labels) -> Verdict:
    """A premise by itself: CONFIRMED where it holds, SILENT where it fails; without an index it holds of nothing.

    A claim that several statements suppose, or all runs of a setting, is judged once.
    """
    known, verdict = _told.get(claim, (None, None))
    if verdict is None or (known is not labels and not labels.keys().isdisjoint(claim.axes)):
        verdict = _premise(claim, labels)
        _told[claim] = labels, verdict
    return verdict


def _premise(claim: Claim, labels: Labels) -> Verdict:
    if (ill := claim.ill) is not None:
        return Verdict(claim.id, claim.role, claim.says, Outcome.ERROR, reason=ill, link=claim.link)
    if not claim.size:
        return replace(without_index(claim), holds=True)
    if claim.holds:
        return _confirmed(claim, labels)
    counts = _counted(claim, PREMISE[claim.state])
    outcome = Outcome.SILENT if counts[Outcome.SILENT] else Outcome.UNDECIDED
    return _reduce(claim, outcome, counts, claim.state != HOLDS, labels, {})


def judge_claim(
    claim: Claim, premises: Sequence[Claim], labels: Labels, statement: Statement
) -> Verdict:
    """A conclusion or link under its premises, at every index."""
    needs = premises if claim.needs is None else claim.needs
    for one in (claim, *needs):
        if (ill := one.ill) is not None:
            reason = ill if one is claim else f"premise {one.id}: {ill}"
            return Verdict(claim.id, claim.role, claim.says, Outcome.ERROR, reason=reason, link=claim.link)
    if not claim.size:
        return without_index(claim)
    lined_up = [(p, _onto(p, claim.axes)) for p in needs if not p.holds]
    if claim.holds and not lined_up and statement.kind != "TEXT":
        return _confirmed(claim, labels)
    supposed: Any = HOLDS if statement.kind != "TEXT" else FAILS
    for _, state in lined_up:
        supposed = np.minimum(supposed, state)
    one_state = claim.holds and not np.ndim(supposed)
    cases = TRUTH[int(claim.may_fail), supposed, HOLDS if one_state else claim.state]
    counts = _counted(claim, cases)
    outcome = next(o for o in CASES if counts[o])
    failing = {p.id: p.excess for p, state in lined_up if _somewhere(state == FAILS, claim)}
    unclear = tuple(p.id for p, state in lined_up if _somewhere(state == UNDECIDED, claim))
    shown = cases == CASES.index(outcome)
    if statement.kind == "TEXT" and claim.lowest == FAILS:
        shown = claim.state == FAILS
    return _reduce(claim, outcome, counts, shown, labels, failing, unclear)


def without_index(claim: Claim) -> Verdict:
    """A claim whose quantifier is empty."""
    reason = claim.note or "no index to judge: the quantifier is empty on this run"
    return Verdict(claim.id, claim.role, claim.says, Outcome.NOT_APPLICABLE, reason=reason, link=claim.link)


CASES = (Outcome.REFUTED, Outcome.UNDECIDED, Outcome.CONFIRMED, Outcome.BEYOND, Outcome.SILENT)
"""The outcomes of a claim at one index."""
TRUTH = np.array([[[1, 1, 1], [1, 2, 0], [1, 3, 4]], [[1, 1, 1], [1, 2, 1], [1, 3, 4]]], dtype=np.int8)
"""Index in `CASES` by whether the claim may fail, premises and conclusion, these UNDECIDED, HOLDS or (-1) FAILS."""
PREMISE = np.array([1, 2, 4], dtype=np.int8)
"""Index in `CASES` of a premise by itself: UNDECIDED, CONFIRMED where it HOLDS, SILENT where it FAILS."""
NONE = dict.fromkeys(CASES, 0)


def _counted(claim: Claim, cases: NDArray[np.int8]) -> dict[Outcome, int]:
    """How many indices of the domain have each outcome, given as its index in `CASES`."""
    if not cases.ndim:
        return NONE | {CASES[int(cases)]: claim.size}
    return dict(zip(CASES, np.bincount(cases[claim.domain], minlength=len(CASES)).tolist(), strict=True))


def _somewhere(found: NDArray[np.bool_], claim: Claim) -> bool:
    """Whether something is found at an index of the claim, which has some."""
    return bool((found & claim.domain).any() if found.ndim else found)


def _onto(premise: Claim, want: tuple[str, ...]) -> NDArray[np.int8]:
    """The state of a premise lined up with the axes of a claim: the worst over those that it alone has."""
    have = premise.axes
    shared = [axis for axis in have if axis in want]
    if not shared:
        return np.asarray(premise.lowest, dtype=np.int8)
    alone = tuple(k for k, axis in enumerate(have) if axis not in want)
    kept = premise.state.min(axis=alone, initial=HOLDS)
    order = [shared.index(axis) for axis in want if axis in shared]
    return np.asarray(kept).transpose(order)[tuple(slice(None) if a in shared else None for a in want)]


def _confirmed(claim: Claim, labels: Labels) -> Verdict:
    """A claim that holds at every index, under premises that do."""
    return _reduce(claim, Outcome.CONFIRMED, NONE | {Outcome.CONFIRMED: claim.size}, None, labels, {})


def _reduce(
    claim: Claim,
    outcome: Outcome,
    counts: Mapping[Outcome, int],
    where: NDArray[np.bool_] | None,
    labels: Labels,
    failing: Mapping[str, float | None],
    unclear: tuple[str, ...] = (),
) -> Verdict:
    points_at = outcome in (Outcome.REFUTED, Outcome.UNDECIDED, Outcome.SILENT)
    at = claim.worst(where if points_at else None) or ()
    lhs, rhs = claim.sides(at)
    on_run = claim.link is None or claim.link.state == "run"
    witness = {a: int(labels[a][i]) if on_run and a in labels else i for a, i in zip(claim.axes, at, strict=True)}
    reason = claim.left_open if outcome is Outcome.UNDECIDED else ""
    return Verdict(
        claim.id, claim.role, claim.says, outcome, counts, claim.relation, claim.holds, bool(claim.lowest == FAILS),
        lhs, rhs, float(claim.slack[at]), witness, claim.tightest_constant, tuple(failing), failing, unclear, reason,
        claim.size, claim.link,
    )  # fmt: skip
