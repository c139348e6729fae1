"""From a setting to a run: draw sample and start, train, log."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import psutil

from rfa.data import Sample, draw_sample, draw_start
from rfa.departures import departures_of, first_of_each
from rfa.engine.layout import lengths
from rfa.engine.reduction import dimensions, engine_of, memory_of_start, reduce_given
from rfa.engine.threads import one_blas_thread, thread_count
from rfa.errors import InputError
from rfa.fresh import memory_for
from rfa.noise import LAWS
from rfa.rounding import Array
from rfa.run import Run, candidates
from rfa.setting import Setting, grid
from rfa.trace import Trace, not_finite
from rfa.training import Continue, Form, Problem, Progress, memory_needed, observe
from rfa.variants import Variant, departures

Accept = Callable[[Run], bool]
MOST_DRAWS = 10_000
"""Draws after which a run that `accept` never accepts is given up."""
LITTLE = 2**24
"""Bytes that a run may take without a look at what is free: asking takes longer than a short run's step."""
HOPELESS = 1_000
"""Draws after which a claim that failed at one index in all of them ends the drawing: where it holds in 1.4 % of draws
or more, so many failures have a chance below 1e-6."""


def simulate(
    setting: Setting, *, accept: Accept | None = None, progress: Progress | None = None, keep: Iterable[int] = ()
) -> Run:
    """Train the network of a setting and log every step.

    `accept` judges a run of no steps (sample and start); they are drawn again until it is true. `keep` are steps at
    which full weights are kept besides 0, 1, T and the last.
    """
    check_memory(setting)
    began = time.perf_counter()
    sample, W, a, draws = _drawn(setting, accept)
    variant = Variant(setting, sample, a, draws - 1) if setting.varied else None
    run = _train(
        setting, sample, W, a, steps=setting.total_steps, progress=progress, keep=keep, variant=variant
    )
    made = provenance(setting.dtype, time.perf_counter() - began)
    run = replace(run, departures=departures_of(run, departures(setting, sample.mu)))
    return replace(run, draws=draws, provenance={**made, "engine": engine_of(setting)})


def start(setting: Setting, *, accept: Accept | None = None) -> Run:
    """The sample and first weights that `simulate` would train, as a run of no steps.

    It lists in what its training would depart from the theorem's setting.
    """
    check_memory(setting.override(steps=1))
    sample, W, a, draws = _drawn(setting, accept)
    listed = first_of_each(departures(setting, sample.mu))
    return replace(_train(setting, sample, W, a, steps=0), draws=draws, departures=listed)


def _drawn(setting: Setting, accept: Accept | None) -> tuple[Sample, Array, Array, int]:
    """Sample, first and second layer, and the number of draws until `accept` was true of them."""
    for draw in range(MOST_DRAWS):
        sample = draw_sample(setting, draw)
        W, a = draw_start(setting, draw)
        if accept is None or accept(replace(_train(setting, sample, W, a, steps=0), draws=draw + 1)):
            return sample, W, a, draw + 1
    raise InputError(f"draw_until = {setting.draw_until!r}: not met in {MOST_DRAWS} draws; try other sizes")


def _train(
    setting: Setting,
    sample: Sample,
    W: Array,
    a: Array,
    *,
    steps: int,
    progress: Progress | None = None,
    keep: Iterable[int] = (),
    variant: Variant | None = None,
) -> Run:
    known = {
        key: getattr(setting, key)
        for key in ("sigma", "eta", "omega_init", "delta", "relu_at_zero", "a6_power", "C", "C0", "d")
    }
    run = trained(
        sample, a, W, step_size=setting.step_size, steps=steps, level=setting.record, progress=progress, keep=keep,
        following=None if variant is None else variant.following, form=None if variant is None else variant.form,
        **known, setting=setting,
    )  # fmt: skip
    if variant is None:
        return run
    forms = {t: form for t in run.weights if (form := variant.form(t)) is not None}
    return replace(run, forms=forms, gain=variant.gain())


def trained(
    sample: Sample,
    a: Array,
    W: Array,
    *,
    step_size: float,
    steps: int,
    C0: float,
    d: int | None = None,
    first: int = 0,
    level: str = "full",
    keep: Iterable[int] = (),
    following: Continue | None = None,
    form: Callable[[int], Form | None] | None = None,
    progress: Progress | None = None,
    relu_at_zero: float = 0.0,
    engine: str = "direct",
    **known: Any,
) -> Run:
    """A run from given data X (n, d), second layer a (m,) and first weights W (m, d).

    `following(t, W, update)` continues with weights made elsewhere, `form(t)` is the network around them if it is not
    the theorem's; `first` is the number of the first step. `known`
    are the parameters of `Run` that are known (sigma, eta, omega_init, delta, ...). With engine = "reduced" the run is
    made in the coordinates of `rfa.engine.reduction.reduce_given`, in which its sample and weights then come.
    """
    d = sample.X.shape[1] if d is None else d
    if engine == "reduced":
        if following is not None:
            raise InputError("engine = 'reduced': weights made elsewhere are in R^d; use engine = 'direct'")
        sample, W = reduce_given(sample, W)
    horizon = grid(step_size)[0] + 1
    kept_steps = frozenset({first, first + 1, horizon, first + steps, *keep})
    with np.errstate(over="ignore", invalid="ignore"), one_blas_thread():
        projection, norm = W @ sample.mu.T, lengths(W)
        in_J = np.asarray(candidates(projection, norm, a, d, C0).any(axis=1))
        trace, weights = observe(
            Problem(sample, a, step_size, relu_at_zero, in_J), W, steps,
            sums_until=horizon, keep=kept_steps, level=level, following=following, form=form, first=first,
            progress=progress,
        )  # fmt: skip
    check_finite(trace, W.dtype)
    return Run(
        sample, a, weights, trace, step_size=step_size, d=d, C0=C0, relu_at_zero=relu_at_zero, **known
    )


def check_finite(trace: Trace, dtype: np.dtype[Any]) -> None:
    """`InputError` for a run that leaves the range of its arithmetic: nothing could be said about it."""
    for name in ("norm", "moved", "step_norm", "frobenius", "reach", "loss"):
        if (at := not_finite(name, getattr(trace, name))) is not None:
            told = f"{name} is not finite at step {trace.steps[at[0]]}"
            raise InputError(f"the run leaves the range of {dtype}: {told}; lower sigma, omega_init or alpha")


def check_memory(setting: Setting) -> int:
    """Bytes that the run of a setting takes; an error that says what to lower if they are not there."""
    run = memory_of(setting)
    coordinates = setting.d if engine_of(setting) == "direct" else sum(dimensions(setting))
    judging = 2 * 8 * setting.n * setting.m  # claims about single samples and neurons compare two such arrays
    parts = {**run, "fresh samples": memory_for(setting.fresh, coordinates, setting.m), "judging": judging}
    needed = sum(parts.values())
    if needed > LITTLE and needed > (free := psutil.virtual_memory().available):
        largest = max(parts, key=lambda part: parts[part])
        advice = {
            "sample": "lower n or d",
            "preactivations": "lower n or m",
            "weights": "lower m or d",
            "first weights": "lower m or n",
            "trace": "lower steps or m, or set record = 'light'",
            "libraries": "free some memory",
            "fresh samples": "lower fresh",
            "judging": "lower n or m",
        }[largest]
        raise InputError(
            f"memory: the run takes {needed / 2**30:.3g} GiB ({largest} {parts[largest] / 2**30:.3g}), "
            f"{free / 2**30:.3g} GiB are free; {advice}"
        )
    return sum(run.values())


def memory_of(setting: Setting) -> Mapping[str, int]:
    """Bytes that the run of a setting adds at its peak, in training or already at its start, by what takes them."""
    steps, item = setting.total_steps, np.dtype(setting.dtype).itemsize
    size = (setting.m, steps + 1, min(steps, grid(setting.step_size)[0] + 1), setting.record, item)
    if engine_of(setting) == "direct":
        return memory_needed(setting.n, setting.d, *size, copies=2 if item == 8 else 3)
    inside, outside = dimensions(setting)
    copies = 2 if LAWS[setting.noise].depends_on_x else 1
    training = memory_needed(setting.n, inside, *size, outside=outside, copies=copies)
    start = {part: training[part] for part in ("sample", "libraries")} | {"first weights": memory_of_start(setting)}
    return max(training, start, key=lambda parts: sum(parts.values()))


def provenance(dtype: str, seconds: float) -> dict[str, Any]:
    """Versions and figures that a report needs to be made again."""
    import scipy

    from rfa import __version__

    return {
        "rfa": __version__,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "scipy": scipy.__version__,
        "platform": platform.platform(),
        "dtype": dtype,
        "threads": thread_count(),
        "wall_s": round(seconds, 3),
    }
