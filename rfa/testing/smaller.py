"""A last pass over a shrunk counterexample: smaller sizes with other seeds, which one change at a time cannot reach."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from rfa.errors import InputError
from rfa.setting import Setting
from rfa.studies.candidates import Candidate

SIZES = {"m": (2, 4, 6, 8, 12, 16), "n": (1, 2, 3, 4, 6, 8, 12, 16), "d": (2, 3, 4, 6, 8)}
"""Sizes to try, the least first, in the order in which they are reduced."""
SEEDS = 32
"""Seeds tried at each size: 0, 1, ..."""
MOST_RUNS = 200
"""Runs of the whole pass, a few milliseconds each."""


def smaller(
    candidate: Candidate, fails: Callable[[Candidate], bool], allowed: Callable[[Setting], bool]
) -> Candidate:
    """A candidate that `fails` as well, with fewer neurons, samples or dimensions if any is found.

    Settings that are not `allowed`, or that cannot be, are passed over.
    """
    runs = 0
    for key, sizes in SIZES.items():
        for other in _resized(candidate, key, sizes):
            if not allowed(other.setting):
                continue
            runs += 1
            if runs > MOST_RUNS:
                return candidate
            if fails(other):
                candidate = other
                break
    return candidate


def _resized(candidate: Candidate, key: str, sizes: tuple[int, ...]) -> Iterator[Candidate]:
    for size in sizes:
        if size >= getattr(candidate.setting, key):
            return
        for seed in range(SEEDS):
            try:
                yield replace(candidate, setting=candidate.setting.override(**{key: size, "seed": seed}))
            except InputError:
                break
