"""Files of studies: tables, report.json, report.md; each written beside its place and moved there whole."""

from __future__ import annotations

import enum
import math
import shlex
from collections.abc import Iterable, Sequence
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

from rfa.setting import Setting
from rfa.studies.falsify import Found
from rfa.studies.replay import replay_command
from rfa.studies.scaling import ScalingVerdict
from rfa.studies.summary import Rate, Rates


def plain(x: Any) -> Any:
    """Dataclasses, outcomes and settings as JSON values; numbers that are not finite become null."""
    if isinstance(x, enum.Enum):
        return x.name
    if isinstance(x, Setting):
        return x.to_dict()
    if is_dataclass(x) and not isinstance(x, type):
        return {f.name: plain(getattr(x, f.name)) for f in fields(x)}
    if isinstance(x, dict):
        return {str(k): plain(v) for k, v in x.items()}
    if isinstance(x, tuple | list):
        return [plain(v) for v in x]
    if isinstance(x, float) and not math.isfinite(x):
        return None
    return None if callable(x) else x


def document(schema: str, report: Any) -> dict[str, Any]:
    """A report as JSON values under the name of its schema."""
    return {"schema": schema, **plain(report)}


def table(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """A Markdown table."""
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(_cell(v) for v in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:.4g}" if isinstance(value, float) else str(value).replace("|", "\\|")


def rates_markdown(title: str, rates: Rates, path: Path) -> str:
    """The rates of a study in words and one table."""
    promised = [r for r in rates.rates if r.claimed is not None]
    other = [r for r in rates.rates if r.claimed is None]
    kind = (
        "exact binomial (Clopper-Pearson)" if rates.method == "exact" else "anytime-valid confidence sequence"
    )
    parts = [
        f"# {title}\n",
        f"{rates.trials} trials ({rates.errors} ended in an error), seeds {rates.setting.seed} and following."
        f" All {len(rates.rates)} intervals hold together with probability at least {1 - rates.level:g} "
        f"({kind}, union bound), so the probability of any wrong verdict is at most {rates.level:g}.\n",
    ]
    if rates.conditioned:
        parts.append(
            f"The runs are conditioned on {rates.conditioned}; claimed probabilities do not speak of them.\n"
        )
    if promised:
        head = (
            "claim",
            "verdict",
            "failed",
            "interval",
            "claimed at most",
            "exact",
            "further trials",
            "notes",
        )
        parts += ["## Claimed probabilities\n", table(head, [_promised_row(r) for r in promised])]
    head = ("claim", "outcome", "held", "failure rate in", "exact", "least slack", "outcomes", "notes")
    parts += ["## Rates of the other conclusions\n", table(head, [_other_row(r) for r in other])]
    failing = [r for r in rates.rates if r.counts.failed and r.worst is not None]
    if failing:
        rows = [
            (r.claim, r.counts.failed, r.least_slack, f"`{replay_command(path, r.worst or 0)}`")
            for r in failing
        ]
        parts += ["## Failing rows\n", table(("claim", "failed", "least slack", "made again by"), rows)]
    if rates.idle:
        parts += ["## Not judged\n", table(("statement", "reason"), rates.idle.items())]
    return "\n".join(parts)


def _promised_row(r: Rate) -> tuple[Any, ...]:
    further = "none would" if r.further is None else r.further or ""
    return (
        r.claim, r.outcome.name, f"{r.counts.failed} / {r.counts.trials}",
        interval(r.failures.lower, r.failures.upper), r.claimed,
        None if r.exact is None else f"{1 - r.exact:.4g}", further, "; ".join(r.notes),
    )  # fmt: skip


def _other_row(r: Rate) -> tuple[Any, ...]:
    held = r.counts.trials - r.counts.failed - r.counts.unknown
    outcomes = ", ".join(f"{n} {o}" for o, n in r.outcomes.items())
    return (
        r.claim, r.outcome.name, f"{held} / {r.counts.trials}", interval(r.failures.lower, r.failures.upper),
        None if r.exact is None else f"{1 - r.exact:.4g}", r.least_slack, outcomes, "; ".join(r.notes),
    )  # fmt: skip


def interval(low: float, high: float) -> str:
    """An interval in brackets."""
    return f"[{low:.4g}, {high:.4g}]"


def scalings_markdown(verdicts: Sequence[ScalingVerdict]) -> str:
    """Fitted against claimed exponents."""
    rows = []
    for v in verdicts:
        fit = v.fit
        shown = "" if fit is None else f"{fit.exponent:.4g} {interval(fit.lower, fit.upper)}"
        bend = "" if fit is None else interval(fit.bend[1], fit.bend[2])
        claim = f"{v.scaling.relation} {v.scaling.exponent:g}"
        rows.append(
            (v.scaling.id, v.scaling.says, v.scaling.along, claim, shown, bend, v.outcome.name, v.reason)
        )
    head = ("scaling", "says", "along", "claimed exponent", "fitted", "bend", "verdict", "reason")
    return f"# Scalings\n\n{table(head, rows)}"


def found_lines(found: Sequence[Found], options: Sequence[str] = ()) -> list[str]:
    """What a search found, with what makes it again; `options` say of which paper it is."""
    lines = []
    for f in found:
        lines.append(f.says)
        if f.candidate is not None:
            again = shlex.join(["rfa", "falsify", f.claim, *options, "--replay", f.candidate.command])
            lines.append(f"  made again by: {again}")
    return lines
