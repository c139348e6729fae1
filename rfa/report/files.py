"""Writing a report: all files or none, and never half a file."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from rfa.errors import InputError
from rfa.report.model import Level, Report

if TYPE_CHECKING:
    from rfa.report.page import Picture


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
    """A temporary file that becomes `path` if the block ends well."""
    with _beside(path) as fresh:
        yield fresh / path.name
        os.replace(fresh / path.name, path)


@contextmanager
def _beside(target: Path) -> Iterator[Path]:
    """A hidden temporary directory next to `target`, gone afterwards whatever happens."""
    fresh = target.parent / f".{target.name}.{secrets.token_hex(4)}"
    try:
        fresh.mkdir(parents=True)
        yield fresh
    except OSError as why:
        raise InputError(f"{target}: cannot be written: {why.strerror or why}") from None
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def check_writable(directory: Path) -> None:
    """`InputError` if reports could not be written to `directory`, told before the work and not after it."""
    there = next(p for p in (directory, *directory.absolute().parents) if p.exists())
    if not there.is_dir():
        raise InputError(f"{directory}: {there} is a file; expected a directory for the reports")
    if not os.access(there, os.W_OK):
        raise InputError(f"{directory}: no permission to write in {there}")


def check_places(directory: Path, *files: Path | str | None) -> None:
    """`check_writable` for the reports and for single files (None and `-` are no files)."""
    check_writable(directory)
    for file in files:
        if file not in (None, "-"):
            if Path(str(file)).is_dir():
                raise InputError(f"{file}: is a directory; expected a file name")
            check_writable(Path(str(file)).parent)
