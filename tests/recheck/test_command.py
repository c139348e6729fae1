import json
import shutil

import numpy as np
import pytest
from click.testing import CliRunner

from rfa.cli import main


@pytest.fixture(scope="module")
def verified(tmp_path_factory):
    """A report and its run file, made by the command."""
    folder = tmp_path_factory.mktemp("verified")
    sizes = ("n=48", "noisy=1", "eta=0.02", "C0=50", "fresh=50", "m=12", "d=6", "draw_until=''")
    changes = [part for size in sizes for part in ("--set", size)]
    places = ["--save-run", str(folder / "run.npz"), "--keep", "1,2,3", "--out", str(folder / "out"), "-q"]
    result = CliRunner().invoke(main, ["verify", "quick", *changes, *places])
    assert result.exit_code == 0, result.output
    return folder


def call(*words):
    return CliRunner().invoke(main, ["recheck", *map(str, words)])


def test_a_report_of_verify_is_rechecked(verified):
    result = call(verified / "out" / "report.json", verified / "run.npz")

    assert result.exit_code == 0, result.output
    assert "Nothing differs: of 179 claims 174 computed again" in result.stdout
    assert "By one side only: T1 T1.test: the left side counts errors on fresh samples" in result.stdout


def test_a_wrong_number_is_an_error_with_its_place(verified, tmp_path):
    document = json.loads((verified / "out" / "report.json").read_text())
    claim = next(c for s in document["statements"] for c in s["claims"] if c["id"] == "L14.neuron")
    claim["lhs"] *= 1 + 1e-9
    (tmp_path / "report.json").write_text(json.dumps(document))
    result = call(tmp_path / "report.json", verified / "run.npz", "--json", "-")
    differs = json.loads(result.stdout)["differs"]

    assert result.exit_code == 1
    assert {one["where"] for one in differs} == {"L14 L14.neuron"}
    assert any(one["what"].startswith("the left side is") for one in differs)


def test_weights_of_another_run_are_noticed(verified, tmp_path):
    with np.load(verified / "run.npz", allow_pickle=False) as arrays:
        changed = dict(arrays)
    changed["W"][2, 0] += 1e-9
    np.savez(tmp_path / "run.npz", allow_pickle=False, **changed)
    result = call(verified / "out" / "report.json", tmp_path / "run.npz")

    assert result.exit_code == 1
    assert "L14 RP.M1" in result.stdout
    assert "the report is about other arrays" in result.stdout


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"X": None}, "X: missing"),
        ({"y": np.zeros(48, dtype=int)}, "y: expected -1 or 1"),
        ({"steps": np.array([1, 2, 3, 4, 5])}, "steps: expected step numbers that begin with 0"),
        ({"W": np.zeros((3, 2, 2))}, "W: shape (3, 2, 2)"),
        ({"setting": np.array("d = ")}, "setting: not a TOML document"),
        ({"sigma": np.array(-1.0)}, "sigma = -1.0; expected a positive number"),
        ({"mu": np.full((2, 6), np.nan)}, "mu: expected finite numbers"),
    ],
)
def test_a_run_file_that_is_none_is_bad_input(change, told, verified, tmp_path):
    with np.load(verified / "run.npz", allow_pickle=False) as arrays:
        changed = {k: v for k, v in {**arrays, **change}.items() if v is not None}
    np.savez(tmp_path / "run.npz", allow_pickle=False, **changed)
    result = call(verified / "out" / "report.json", tmp_path / "run.npz")

    assert result.exit_code == 2
    assert told in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_report_of_a_paper_without_formulas_is_bad_input(verified, tmp_path):
    document = json.loads((verified / "out" / "report.json").read_text())
    document["paper"]["name"] = "explicit"
    (tmp_path / "report.json").write_text(json.dumps(document))
    result = call(tmp_path / "report.json", verified / "run.npz")

    assert result.exit_code == 2
    assert "formulas are known for 'printed' alone" in result.stderr


@pytest.mark.parametrize("keep", ["5", "-1", "x", "1,,2", "99999999999999999999999"])
def test_steps_that_are_none_are_bad_input(keep, tmp_path):
    shutil.rmtree(tmp_path / "out", ignore_errors=True)
    words = ["verify", "quick", "--keep", keep, "--out", str(tmp_path / "out")]
    result = CliRunner().invoke(main, words)

    assert result.exit_code == 2
    assert f"--keep {keep}: expected step numbers from 0 to 4" in result.stderr
    assert not (tmp_path / "out").exists()


def test_the_replay_line_keeps_the_same_weights(verified):
    document = json.loads((verified / "out" / "report.json").read_text())

    assert document["command"].endswith("--keep 1,2,3")
