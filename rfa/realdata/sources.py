"""Reading X and y: scikit-learn's digits, or a file CSV, NPY, NPZ or Parquet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rfa.errors import InputError
from rfa.npz import read_arrays
from rfa.rounding import Array

LABEL = "y"
"""The column of a table that holds the classes; without one it is the last column."""


@dataclass(frozen=True, eq=False)
class Source:
    """Inputs X (n, d) and the class y (n,) of each, as given; `name` says where they are from."""

    name: str
    X: Array
    y: NDArray[Any]


def read(what: str) -> Source:
    """The data set `digits`, or the X and y of a file; `InputError` says what is wrong with it."""
    if what == "digits":
        return digits()
    path = Path(what)
    if path.suffix.lower() not in READERS:
        raise InputError(f"{what}: expected digits or a file {', '.join(READERS)}")
    if not path.is_file():
        raise InputError(f"{what}: no such file")
    try:
        X, y = READERS[path.suffix.lower()](path)
    except InputError as why:
        text = str(why)
        raise InputError(text if text.startswith(str(path)) else f"{path}: {text}") from None
    except (OSError, ValueError, UnicodeDecodeError) as why:
        raise InputError(f"{path}: cannot be read: {' '.join(str(why).split())[:200]}") from None
    return checked(Source(path.name, X, y), what)


def digits() -> Source:
    """Scikit-learn's 1797 digits of 8 x 8 pixels, which ship inside the package."""
    try:
        from sklearn.datasets import load_digits
    except ImportError:
        raise InputError("digits: needs scikit-learn; install it with pip install 'rfa[data]'") from None
    X, y = load_digits(return_X_y=True)
    return Source("digits", np.asarray(X, dtype=np.float64), np.asarray(y))


def checked(source: Source, name: str) -> Source:
    """The source with X as finite floats; `InputError` with the row otherwise."""
    X = source.X
    if X.ndim != 2 or X.dtype.kind not in "iuf" or source.y.shape != X.shape[:1]:
        raise InputError(
            f"{name}: X is {X.dtype} of shape {X.shape}, y of shape {source.y.shape}; "
            "expected numbers (n, d) and one class for each row"
        )
    bad = np.argwhere(~np.isfinite(X))
    if bad.size:
        raise InputError(f"{name}: X[{bad[0][0]}, {bad[0][1]}] = {X[tuple(bad[0])]}; expected finite numbers")
    if source.y.dtype.kind == "f" and not np.isfinite(source.y).all():
        raise InputError(f"{name}: y has no class in row {int(np.argmin(np.isfinite(source.y)))}")
    return Source(source.name, X.astype(np.float64), source.y)


def _from_table(table: Any) -> tuple[Array, NDArray[Any]]:
    if table.shape[1] < 3:
        told = "expected at least two of X and one of classes, separated by commas if it is a CSV"
        raise InputError(f"{table.shape[1]} columns; {told}")
    label = LABEL if LABEL in table.columns else table.columns[-1]
    X = table.drop(columns=label)
    if words := [str(name) for name in X.columns if X[name].dtype.kind not in "iufb"]:
        raise InputError(f"column {words[0]!r} holds no numbers; expected numbers and one column of classes")
    if (gaps := X.columns[X.isna().any()]).size:
        row, count = int(X[gaps[0]].isna().argmax()), int(X.isna().any(axis=1).sum())
        told = f"{count} of {len(X)} rows lack a value; leave them out or fill them in"
        raise InputError(f"column {str(gaps[0])!r} has no value in row {row}: {told}")
    if table[label].isna().any():
        raise InputError(f"column {str(label)!r} has no class in row {int(table[label].isna().argmax())}")
    return X.to_numpy(dtype=np.float64), np.asarray(table[label].to_numpy())


def _csv(path: Path) -> tuple[Array, NDArray[Any]]:
    import pandas as pd

    table, first = pd.read_csv(path), pd.read_csv(path, header=None, nrows=1)
    return _from_table(pd.read_csv(path, header=None) if _is_data(first, table) else table)


def _is_data(first: Any, below: Any) -> bool:
    """Whether the first line of a CSV is a sample like those `below`: numbers, not 0, 1, 2, ..., and a known class."""
    numbers = [first[name].dtype.kind in "iuf" for name in first.columns[:-1]]
    if not all(numbers) or first.iloc[0, :-1].tolist() == list(range(len(numbers))):
        return False
    return first.iloc[0, -1] in set(below.iloc[:, -1])


def _parquet(path: Path) -> tuple[Array, NDArray[Any]]:
    import pandas as pd

    try:
        import pyarrow  # noqa: F401
    except ImportError:
        raise InputError("needs pyarrow; install it with pip install 'rfa[parquet]'") from None
    return _from_table(pd.read_parquet(path, engine="pyarrow"))


def _npy(path: Path) -> tuple[Array, NDArray[Any]]:
    table = np.load(path, allow_pickle=False)
    if table.ndim != 2 or table.shape[1] < 3:
        raise InputError(f"shape {table.shape}; expected (n, d + 1) with the classes in the last column")
    return table[:, :-1], table[:, -1]


def _npz(path: Path) -> tuple[Array, NDArray[Any]]:
    arrays = read_arrays(path)
    if missing := [name for name in ("X", "y") if name not in arrays]:
        raise InputError(f"{missing[0]}: missing; expected arrays X (n, d) and y (n,)")
    return arrays["X"], arrays["y"]


READERS: dict[str, Callable[[Path], tuple[Array, NDArray[Any]]]] = {
    ".csv": _csv, ".npy": _npy, ".npz": _npz, ".parquet": _parquet,
}  # fmt: skip
