"""A paper of one's own, in a package of its own: built as a wheel, installed, and found by everything."""

import base64
import hashlib
import json
import os
import subprocess
import sys
import zipfile

import pytest

LEMMA = '''
import rfa
from rfa import result, suppose, then


@result("Z1", "No neuron outruns its steps", kind="DET")
def short_path(run):
    """Suppose ‖x_i‖ ≤ 2. Then ‖w_j(t) − w_j(0)‖ ≤ 2bαt for every neuron j at every step t ≥ 1."""
    t = run.t[:, None]
    yield suppose("RP.short", "‖x_i‖ ≤ 2", run.input_norm, "<=", 2, axes="i")
    bound = 2 * run.b * run.alpha * t
    yield then("Z1.path", "‖w_j(t) − w_j(0)‖ ≤ 2bαt", run.moved, "<=", bound, axes="t j", where=t >= 1)


PAPER = rfa.Paper(name="mine", title="A lemma of one's own", results=(short_path,))
'''
METADATA = "Metadata-Version: 2.1\nName: my-lemma\nVersion: 1.0\n"
WHEEL = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
ENTRY = "[rfa.papers]\nmine = my_lemma:PAPER\n"
TEST = """
import pytest

@pytest.mark.statement("Z1", paper="mine", max_examples=5)
def test_it(tally):
    assert tally.exercised
"""


def wheel(folder):
    """A wheel of the package, written by hand: a zip file with its metadata and a record of its digests."""
    info, path = "my_lemma-1.0.dist-info", folder / "my_lemma-1.0-py3-none-any.whl"
    files = {
        "my_lemma.py": LEMMA, f"{info}/METADATA": METADATA, f"{info}/WHEEL": WHEEL, f"{info}/entry_points.txt": ENTRY,
    }  # fmt: skip
    digests = {name: base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()) for name, text in files.items()}
    record = "".join(f"{name},sha256={digests[name].decode().rstrip('=')},\n" for name in files)
    with zipfile.ZipFile(path, "w") as packed:
        for name, text in {**files, f"{info}/RECORD": f"{record}{info}/RECORD,,\n"}.items():
            packed.writestr(name, text)
    return path


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """A function that runs Python with the package installed beside everything else."""
    folder = tmp_path_factory.mktemp("package")
    target = folder / "site"
    pip = ["-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--no-compile", "--target", str(target)]
    subprocess.run([sys.executable, *pip, str(wheel(folder))], check=True, capture_output=True)

    def run(*arguments):
        environment = {**os.environ, "PYTHONPATH": str(target)}
        command = [sys.executable, *arguments]
        return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, encoding="utf-8")

    run.folder = folder
    return run


COMMANDS = {
    "list": (["list", "--paper", "mine"], "No neuron outruns its steps"),
    "explain": (["explain", "Z1", "--paper", "mine"], "Suppose ‖x_i‖ ≤ 2"),
    "verify": (["verify", "quick", "--paper", "mine", "--no-pictures", "--out", "verified"], "Z1"),
    "study": (["study", "quick", "--paper", "mine", "--trials", "2", "--out", "studied"], "Z1.path"),
    "falsify": (["falsify", "Z1", "quick", "--paper", "mine", "--evaluations", "3"], "Z1.path"),
}


def test_every_command_knows_a_statement_of_an_installed_package(installed):
    program = "from rfa.cli import main\n" + "".join(
        f"print('@@ {name}')\ntry:\n    main({arguments!r})\nexcept SystemExit as end:\n    assert not end.code\n"
        for name, (arguments, _) in COMMANDS.items()
    )
    done = installed("-c", program)
    assert done.returncode == 0, done.stderr
    told = dict(part.split("\n", 1) for part in done.stdout.split("@@ ")[1:])

    for name, (_, words) in COMMANDS.items():
        assert words in told[name], name
    (report,) = (installed.folder / "verified").rglob("report.json")
    (statement,) = json.loads(report.read_text(encoding="utf-8"))["statements"]
    assert (statement["id"], statement["outcome"]) == ("Z1", "CONFIRMED")


def test_the_pytest_plugin_finds_it_by_its_id(installed, tmp_path):
    file = tmp_path / "test_mine.py"
    file.write_text(TEST)
    done = installed("-m", "pytest", "--rfa", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", str(file))

    assert done.returncode == 0, done.stdout + done.stderr
    assert "Z1  No neuron outruns its steps" in done.stdout
