"""Run the README from top to bottom in one temporary folder: every Python block, every line that calls `rfa`.

python -m tests.campaigns.readme [--only WORDS]
"""

from __future__ import annotations

import argparse
import re
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

README = Path(__file__).parents[2] / "README.md"
PART = re.compile(r"^```python\n(.*?)^```|^    (?:[^\n]* && )?(rfa [^\n]*)$", re.DOTALL | re.MULTILINE)


def parts(text: str) -> Iterator[tuple[str, list[str]]]:
    """What a reader is told to run, in order: its name and its command."""
    for code, line in PART.findall(text):
        if line:
            yield line, [str(Path(sys.executable).with_name("rfa")), *shlex.split(line)[1:]]
        else:
            first = next(name for name in code.splitlines() if not name.startswith(("import", "from")) and name)
            yield f"python: {first}", [sys.executable, "-c", code]


def failing(chosen: list[tuple[str, list[str]]], folder: Path) -> list[str]:
    """The names of the commands that do not end with code 0, run one after the other in a folder."""
    failed = []
    for name, command in chosen:
        began = time.perf_counter()
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=600)
        word = "FAILED" if done.returncode else "ok"
        print(f"{word:6}  {time.perf_counter() - began:6.1f} s  {name}", flush=True)
        if done.returncode:
            failed.append(name)
            print(done.stdout[-1000:], done.stderr[-1000:], sep="\n")
    return failed


def main(argv: list[str] | None = None) -> int:
    """Run them; 1 if one fails, 2 if there is none."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--only", metavar="WORDS", default="", help="those whose command has these words")
    only = options.parse_args(argv).only
    chosen = [part for part in parts(README.read_text(encoding="utf-8")) if only in " ".join(part[1])]
    with tempfile.TemporaryDirectory() as folder:
        failed = failing(chosen, Path(folder))
    print(f"{len(chosen)} commands of the README, {len(failed)} failed")
    return 2 if not chosen else int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
