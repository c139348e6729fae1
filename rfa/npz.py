"""Reading a `.npz` file from anywhere: what is wrong with it is one `InputError`; nothing is unpickled."""

from __future__ import annotations

import math
import tokenize
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from numpy.lib import format as npy
from numpy.typing import NDArray

from rfa.errors import InputError

READ_HEADER = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}


def read_arrays(path: Path) -> dict[str, NDArray[Any]]:
    """All arrays of a `.npz` file by name; pickled objects and sizes beyond the memory are refused unread."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = array_names(archive, path)
            headers = {name: _header(archive, name, path) for name in names}
            _check_size(headers, path)
        with np.load(path, allow_pickle=False) as arrays:
            return {name: arrays[name] for name in names}
    except InputError:
        raise
    except OSError as why:
        raise InputError(f"{path}: {why.strerror or why}") from None
    except (zipfile.BadZipFile, zlib.error, EOFError) as why:
        raise InputError(f"{path}: not a whole .npz file: {why}; save it again with numpy.savez") from None
    except (ValueError, NotImplementedError, RuntimeError, MemoryError) as why:
        raise InputError(f"{path}: cannot be read as .npz: {' '.join(str(why).split())}") from None


def array_names(archive: zipfile.ZipFile, path: Path) -> list[str]:
    """Names of the arrays of an archive, without their `.npy`."""
    names = archive.namelist()
    if strange := next((name for name in names if not name.endswith(".npy") or names.count(name) > 1), None):
        raise InputError(f"{path}: {strange!r}: not one array of a .npz file; save the run with numpy.savez")
    return [name.removesuffix(".npy") for name in names]


def _header(archive: zipfile.ZipFile, name: str, path: Path) -> tuple[tuple[int, ...], np.dtype[Any]]:
    with archive.open(name + ".npy") as file:
        try:
            version = npy.read_magic(file)
            shape, _, dtype = READ_HEADER[version](file)
        except (ValueError, KeyError, SyntaxError, tokenize.TokenError):
            raise InputError(f"{path}: {name}: not a NumPy array of format 1.0 or 2.0") from None
    if dtype.hasobject:
        raise InputError(
            f"{path}: {name}: holds pickled Python objects, which are not read; expected plain numbers"
        )
    return shape, dtype


def _check_size(headers: dict[str, tuple[tuple[int, ...], np.dtype[Any]]], path: Path) -> None:
    sizes = {name: math.prod(shape) * dtype.itemsize for name, (shape, dtype) in headers.items()}
    total, free = sum(sizes.values()), psutil.virtual_memory().available
    if total > free / 2:
        largest = max(sizes, key=lambda name: sizes[name])
        raise InputError(
            f"{path}: memory: the arrays take {total / 2**30:.3g} GiB ({largest} has shape "
            f"{headers[largest][0]}), half of the free {free / 2**30:.3g} GiB is allowed; "
            "keep W at chosen steps and log the rest (trace.*)"
        )
