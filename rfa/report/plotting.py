"""What all pictures share: colours, empty figures, step axes, curves with few points, and small SVG text.

Needs matplotlib (extra `plots`), which is imported only where something is drawn.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from rfa.report.page import RAISED

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLOURS = ("#0072B2", "#56B4E9", "#D55E00", "#E69F00")
"""One colour per centre, told apart by colour-blind readers; the two of a pair are close."""
CLEAN, NOISY, BOUND, REST, BAR = "#009E73", "#CC79A7", "#B00020", "#888888", "#8250DF"
STYLES = ("-", "--", ":", "-.")
MOST_POINTS = 160
"""Points that a curve over the steps keeps."""
FIRST = 20
"""States at the beginning that are never thinned."""
LONG = 30
"""A run with more steps is drawn on a logarithmic step axis."""
MARKS = re.compile(r'[ \t]*<use [^>]*? style="([^"]*)"/>\n(?:[ \t]*<use [^>]*? style="\1"/>\n)+')
"""Marks of one style, one a line, as matplotlib writes them."""

Indices = NDArray[np.int64]
Floats = NDArray[np.float64]


def available() -> bool:
    """Whether matplotlib is installed."""
    return find_spec("matplotlib") is not None


def blank(width: float = 6.4, height: float = 4.0, columns: int = 1) -> tuple[Figure, Any]:
    """An empty figure and its axes (an array of them for several columns)."""
    from matplotlib.figure import Figure

    drawn = Figure(figsize=(width, height), layout="constrained")
    return drawn, drawn.subplots(1, columns)


def log_axis(axes: Axes, which: Literal["x", "y"], values: Iterable[float]) -> None:
    """A logarithmic scale for positive values: at least a factor of 4 is shown, and short spans have plain ticks."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    low, high = min(values := list(values)), max(values)
    axis = axes.xaxis if which == "x" else axes.yaxis
    axes.set(**{f"{which}scale": "log"})
    if high < 4 * low:
        axes.set(**{f"{which}lim": (low**0.5 * high**0.5 / 2, 2 * low**0.5 * high**0.5)})
    if high < 300 * low:
        axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:.4g}"))
    axis.set_minor_formatter(NullFormatter())


def wording(text: str) -> str:
    """A formula as pictures write it, with small indices."""
    return text.replace("_j", "ⱼ").replace("_i", "ᵢ")


def thinned(count: int) -> Indices:
    """At most `MOST_POINTS` indices below `count`: the first 20, then spread in the logarithm and in the step."""
    if count <= MOST_POINTS:
        return np.arange(count)
    each = (MOST_POINTS - FIRST) // 2
    spread = (np.geomspace(FIRST, count - 1, each), np.linspace(FIRST, count - 1, each))
    return np.unique(np.concatenate([np.arange(float(FIRST)), *spread]).round().astype(np.int64))


def lowest(values: Floats) -> Indices:
    """The index of the least value from each of `thinned` up to the next: a thinned curve that hides no low point."""
    starts = thinned(len(values))
    ends = [*starts[1:], len(values)]
    return np.array([a + int(np.argmin(values[a:b])) for a, b in zip(starts, ends, strict=True)])


def step_axis(axes: Axes, steps: Indices) -> None:
    """A step axis with whole numbers; a long one shows step 0, step 1 and the last one alike."""
    from matplotlib.ticker import MaxNLocator

    first, last = min(0, int(steps[0])), max(int(steps[-1]), 1)
    if last > LONG:
        axes.set_xscale("symlog", linthresh=1, linscale=0.4)
        powers = range(int(np.log10(last)) + 1)
        axes.set_xticks([0, *(10**k for k in powers)], ["0", *(power_of_ten(k) for k in powers)])
        axes.set_xticks([], minor=True)
    else:
        axes.xaxis.set_major_locator(MaxNLocator("auto", integer=True, steps=[1, 2, 5, 10]))
    axes.set_xlim(first, last)
    axes.set_xlabel("step t")
    axes.grid(alpha=0.3)


def power_of_ten(k: int) -> str:
    """10^k in words that fit under a tick."""
    return str(10**k) if k < 4 else f"10{str(k).translate(RAISED)}"


def svg(drawn: Figure) -> str:
    """A figure as SVG text, the same for the same figure, without dates or random names."""
    import matplotlib as mpl

    into = io.StringIO()
    nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "rfa", "font.sans-serif": ["DejaVu Sans"]}):
        drawn.savefig(into, format="svg", metadata=nothing)
    return slim(into.getvalue())


def slim(text: str) -> str:
    """The same SVG with fewer lines and letters: hundredths of a point, one line a path, one style a series."""
    text = re.sub(r'(?<= d=")[^"]+', lambda found: _short(found[0]), text)
    text = re.sub(r'(?<=[ (])(x|y|transform)="[^"]+"', lambda found: _short(found[0]), text)
    return re.sub(MARKS, lambda found: _one_style(found[0], found[1]), text)


def _short(numbers: str) -> str:
    rounded = re.sub(r"-?\d+\.\d+", lambda found: f"{float(found[0]):.2f}".rstrip("0").rstrip("."), numbers)
    return " ".join(rounded.split())


def _one_style(marks: str, style: str) -> str:
    """Marks in a row with the same style, as a group that has it."""
    bare = "".join(line.strip() for line in marks.replace(f' style="{style}"', "").splitlines())
    return f'<g style="{style}">{bare}</g>\n'
