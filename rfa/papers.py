"""A paper is an ordered list of results; papers are found through the entry-point group `rfa.papers`."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from importlib.resources.abc import Traversable
from typing import TYPE_CHECKING, Literal, Protocol, get_args

from rfa.chains import PROOF, Chain
from rfa.claims import Claim
from rfa.scaling import Scaling

if TYPE_CHECKING:
    from rfa.constants import ConstantsTable
    from rfa.figures import Plot
    from rfa.guarantees import Guarantee
    from rfa.ledger import Ledger
    from rfa.run import Run
    from rfa.setting import Setting

Kind = Literal[
    "ASSUMPTION", "CONDITION", "DET", "DET|GR", "WHP-init", "WHP-sample", "WHP-both", "POP", "TEXT"
]


class DoesNotApply(Exception):
    """Raised by a check on a run that lacks what its statement speaks of; the message is the reason."""


class Claims(Protocol):
    """What a statement says of a run: premises and conclusions, then its chains if `links`."""

    def __call__(self, run: Run, *, links: bool = True) -> Iterator[Claim | Chain]:
        """The claims and chains on one run."""


@dataclass(frozen=True)
class Statement:
    """A numbered result of a paper and the function that states it on a run.

    `kind`: ASSUMPTION and CONDITION only suppose; DET and DET|GR promise for every run (on a good run); WHP-* with a
    probability; POP speaks of the distribution; TEXT is said in passing and promises nothing.
    """

    id: str
    title: str
    kind: Kind
    uses: tuple[str, ...]
    gaps: tuple[str, ...]
    readings: tuple[str, ...]
    words: str
    claims: Claims
    moot: Mapping[str, str] = field(default_factory=dict, hash=False)
    """By kind of departure (`rfa.departures.KINDS`), why the statement means nothing on a run with it."""


def result(
    id: str,
    title: str,
    *,
    kind: Kind,
    uses: Iterable[str] = (),
    gaps: Iterable[str] = (),
    readings: Iterable[str] = (),
) -> Callable[[Callable[[Run], Iterable[Claim | Chain]]], Statement]:
    """Make a `Statement` of a generator that yields `suppose`, `then` and, after `PROOF`, `chain`.

    Its docstring is the statement in words. `uses` are the ids its proof uses; `gaps` and `readings` the known slips
    and the readings of unclear print that concern it.
    """
    if kind not in get_args(Kind):
        raise ValueError(f"kind={kind!r}; expected one of {', '.join(get_args(Kind))}")

    def declare(claims: Callable[[Run], Iterable[Claim | Chain]]) -> Statement:
        words = inspect.cleandoc(claims.__doc__ or "")
        return Statement(id, title, kind, tuple(uses), tuple(gaps), tuple(readings), words, _until_proof(claims))

    return declare


def _until_proof(claims: Callable[[Run], Iterable[Claim | Chain]]) -> Claims:
    """The generator of a statement, which stops before its chains where links are not asked for."""

    @functools.wraps(claims)
    def said(run: Run, *, links: bool = True) -> Iterator[Claim | Chain]:
        proving = False
        for item in claims(run):
            if item is PROOF:
                if not links:
                    return
                proving = True
            elif isinstance(item, Chain):
                if links:
                    yield item
            elif proving:
                raise TypeError(f"`{item.id}` is claimed after PROOF; claims come first, then PROOF and chains")
            else:
                yield item

    return said


@dataclass(frozen=True)
class AssumptionRow:
    """One assumption of a paper at a setting and a constant C: its two sides, and what C it allows.

    `smallest_C` and `largest_C` are the ends of the interval of C at which the assumption holds (None: no end on that
    side; `smallest_C` above `largest_C`: never). `nearest` says what to change so that it holds at the chosen C.
    """

    id: str
    says: str
    lhs: float
    relation: str
    rhs: float
    slack: float
    holds: bool
    smallest_C: float | None = None
    largest_C: float | None = None
    nearest: str = ""


@dataclass(frozen=True)
class AssumptionTable:
    """All assumptions of a paper at a setting, judged with one constant C.

    `feasible` is the interval of C at which all hold together (empty if its ends are in the wrong order), `binding`
    the ids that set its ends, `nearest` the closest sizes that satisfy all at this C, by key of the setting.
    """

    C: float
    rows: tuple[AssumptionRow, ...]
    feasible: tuple[float, float]
    binding: tuple[str, ...] = ()
    nearest: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Survey:
    """Many runs of a named setting with `changes`, for the gallery: a study, a report of violations, break points.

    `trials` is their number; of break points the most at one value. `statements` are those whose rates are counted
    (empty: all), or the conclusions whose break points are sought `along` the named assumptions. `axes` (two
    coordinates with their values) and `map_of`, a statement or claim, add a map to a report of violations.
    """

    kind: Literal["study", "violations", "breakpoint"]
    setting: str
    trials: int
    changes: Mapping[str, object] = field(default_factory=dict)
    statements: tuple[str, ...] = ()
    along: tuple[str, ...] = ()
    axes: tuple[tuple[str, tuple[float, float, int]], ...] = ()
    """Each by coordinate: from, to, and the number of values, evenly spaced on the logarithmic scale."""
    map_of: str = ""


@dataclass(frozen=True)
class Paper:
    """The results of one paper in its order, with its slips, readings and named settings.

    `default` marks the paper that is meant where none is named. `notes(run)` gives sentences that every report of a
    run carries; `assumptions(setting, C)` the assumptions with both sides at a constant C (None: the paper's choice for
    this setting); `example` names a small setting on which every claim and link of the results can be listed; `ledgers`
    are functions of a run that say, step by step, what the proof of a conclusion loses on it; `constants(run)` sets
    every constant against the run and says how large "large enough" is.
    """

    name: str
    title: str
    results: tuple[Statement, ...]
    settings: Traversable | None = None
    exact_rates: Callable[[Setting], Mapping[str, float]] | None = None
    """By claim id, the exact probability with which a conclusion holds on a run of a setting, where it is known."""
    scalings: tuple[Scaling, ...] = ()
    """Claimed orders of growth."""
    gaps: Mapping[str, str] = field(default_factory=dict)
    readings: Mapping[str, str] = field(default_factory=dict)
    default: bool = False
    default_setting: str = ""
    example: str = ""
    notes: Callable[[Run], Iterable[str]] | None = None
    assumptions: Callable[[Setting, float | None], AssumptionTable] | None = None
    ledgers: tuple[Callable[[Run], Ledger], ...] = ()
    constants: Callable[[Run], ConstantsTable] | None = None
    certify: Callable[[Run], Guarantee] | None = None
    """What sample and first weights of a run alone guarantee."""
    goals: tuple[str, ...] = ()
    """Ids of the conclusions that the whole proof is for, in an order that other papers on the same theorem share."""
    pictured: tuple[str, ...] = ()
    """Ids of claims with axes `t j` whose two sides the pictures of a run show for every neuron."""
    figures: Mapping[str, Plot] = field(default_factory=dict)
    """The figures of the paper by their numbers."""
    gallery: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Named settings that the gallery shows, and which pictures of each."""
    surveys: Mapping[str, Survey] = field(default_factory=dict)
    """Studies and reports of violations that the gallery shows, by name."""

    def __post_init__(self) -> None:
        ids = [r.id for r in self.results]
        if repeated := {i for i in ids if ids.count(i) > 1}:
            raise ValueError(f"paper {self.name!r} has more than one result {', '.join(sorted(repeated))}")

    def __getitem__(self, id: str) -> Statement:
        for statement in self.results:
            if statement.id.lower() == id.lower():
                return statement
        raise KeyError(id)


def find_papers() -> dict[str, Paper]:
    """All installed papers by the name of their entry point."""
    return {point.name: point.load() for point in entry_points(group="rfa.papers")}
