"""Writing a report: all files or none, and never half a file."""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from rfa.errors import InputError, shown
from rfa.report.model import Level, Report

if TYPE_CHECKING:
    from rfa.report.page import Picture

LONGEST_NAME = 255
"""Bytes of a file name on the usual file systems; reports are made beside their place under a longer one."""


def write(
    report: Report, directory: Path, fail_on: Level = "refuted", pictures: Sequence[Picture] = ()
) -> Path:
    """Write every format into `directory`, made if need be; returns it.

    A new directory appears whole, by one rename. In one that is there already each file is replaced by a
    rename, and files of other names stay.
    """
    from rfa.report.junit import junit
    from rfa.report.markdown import markdown
    from rfa.report.page import page
    from rfa.report.schema import to_json
    from rfa.setting import Setting

    texts = {
        "report.json": to_json(report),
        "report.md": markdown(report),
        "report.html": page(report, pictures),
        "junit.xml": junit(report, fail_on),
        "claims.csv": report.to_frame().to_csv(index=False, lineterminator="\n"),
    }
    if report.document["setting"] is not None:
        texts["setting.toml"] = Setting.from_dict(report.document["setting"]).to_toml()
    with _beside(directory) as fresh:
        for name, text in texts.items():
            (fresh / name).write_text(text, encoding="utf-8", newline="\n")
        if not directory.exists():
            os.rename(fresh, directory)
            return directory
        for name in texts:
            os.replace(fresh / name, directory / name)
    return directory


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary file whose content becomes that of `path` if the block ends well.

    A regular file is replaced by a rename, one behind a link where it is; into a device or a pipe it is copied.
    """
    if _is_stream(path):
        with tempfile.TemporaryDirectory() as place:
            yield Path(place) / "content"
            with _told(path), (Path(place) / "content").open("rb") as content, path.open("wb", buffering=0) as stream:
                shutil.copyfileobj(content, stream)
        return
    target = Path(os.path.realpath(path))
    with _beside(target) as fresh:
        yield fresh / target.name
        os.replace(fresh / target.name, target)


def _is_stream(path: Path) -> bool:
    return path.absolute().is_relative_to("/dev") or (path.exists() and not path.is_file())


@contextmanager
def _told(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as why:
        raise InputError(f"{target}: cannot be written: {why.strerror or why}") from None


@contextmanager
def _beside(target: Path) -> Iterator[Path]:
    """A hidden temporary directory next to `target`, gone afterwards whatever happens."""
    fresh = target.parent / f".{target.name}.{secrets.token_hex(4)}"
    try:
        with _told(target):
            fresh.mkdir(parents=True)
            yield fresh
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def check_writable(directory: Path) -> None:
    """`InputError` if reports could not be written to `directory`, told before the work and not after it."""
    there = next(p for p in (directory, *directory.absolute().parents) if p.exists())
    if not there.is_dir():
        raise InputError(f"{directory}: {there} is a file; expected a directory for the reports")
    most = LONGEST_NAME - len(".") - len(".12345678")
    if any(len(os.fsencode(part)) > most for part in directory.parts):
        raise InputError(f"{shown(str(directory))}: a name in it is too long; expected at most {most} bytes")
    try:
        tempfile.TemporaryDirectory(dir=there, prefix=".rfa-").cleanup()
    except OSError as why:
        raise InputError(f"{directory}: cannot write in {there}: {why.strerror or why}") from None


def check_places(directory: Path, *files: Path | str | None) -> None:
    """`check_writable` for the reports and for single files (None and `-` are no files)."""
    check_writable(directory)
    for file in files:
        check_file(file)


def check_file(file: Path | str | None) -> None:
    """`check_writable` for a single file; None and `-` are no files, a device fails when it is opened."""
    if file in (None, "-"):
        return
    path = Path(str(file))
    if path.is_dir():
        raise InputError(f"{file}: is a directory; expected a file name")
    if not _is_stream(path):
        check_writable(Path(os.path.realpath(path)).parent)
    if path.exists() and not os.access(path, os.W_OK):
        raise InputError(f"{file}: no permission to write")
