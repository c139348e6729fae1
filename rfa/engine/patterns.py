"""Which neurons have the same activation pattern on the sample: found by hashing, made certain by comparing."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

Bits = NDArray[np.uint64]


@dataclass(frozen=True, eq=False)
class Patterns:
    """`of` (m,) the pattern of each neuron, `first` (u,) a neuron that has it."""

    of: NDArray[np.int64]
    first: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.first)


@cache
def _odd_numbers(count: int) -> Bits:
    rng = np.random.Generator(np.random.PCG64(0))
    return np.asarray(rng.integers(1, 2**64, count, dtype=np.uint64)) | np.uint64(1)


class PatternBook:
    """The patterns of m neurons on n samples, kept up to date row by row."""

    def __init__(self, m: int, n: int) -> None:
        self.bits: Bits = np.zeros((m, -(-n // 64)), dtype=np.uint64)
        self.hashes: Bits = np.zeros(m, dtype=np.uint64)
        self.factors = _odd_numbers(self.bits.shape[1])
        self.patterns = Patterns(np.zeros(m, dtype=np.int64), np.zeros(1, dtype=np.int64))

    def update(self, mask: NDArray[np.bool_], changed: NDArray[np.bool_]) -> Patterns:
        """The patterns of `mask` (m, n), of which only the rows `changed` (m,) differ from the last call."""
        if changed.any():
            rows = np.flatnonzero(changed)
            for start in range(0, len(rows), 256):
                self._read(mask, rows[start : start + 256])
            self.patterns = group(self.bits, self.hashes)
        return self.patterns

    def _read(self, mask: NDArray[np.bool_], rows: NDArray[np.int64]) -> None:
        packed = np.packbits(mask[rows], axis=1)
        self.bits.view(np.uint8)[rows, : packed.shape[1]] = packed
        words = self.bits[rows]
        self.hashes[rows] = (words * self.factors ^ (words >> np.uint64(29))).sum(axis=1)


def group(bits: Bits, hashes: Bits) -> Patterns:
    """Groups of equal rows of `bits`; rows whose hashes agree are compared, so that no collision can merge them."""
    _, first, of = np.unique(hashes, return_index=True, return_inverse=True)
    if not (bits == bits[first[of]]).all():
        rows = np.ascontiguousarray(bits).view(np.dtype((np.void, bits.itemsize * bits.shape[1]))).ravel()
        _, first, of = np.unique(rows, return_index=True, return_inverse=True)
    return Patterns(of, first)
