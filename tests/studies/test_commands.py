import csv
import dataclasses
import json
import shlex
import sqlite3

import pytest
from click.testing import CliRunner

from rfa.command_line import Commands
from rfa.studies import wishes
from rfa.studies.cli import register
from tests.studies import toy
from tests.studies.toy import tiny

TOY = ("--paper", "tests.studies.toy:PAPER")


@pytest.fixture
def rfa(tmp_path):
    """`rfa(...)` runs a command in this process and returns its result."""
    group = Commands("rfa")
    register(group)
    (tmp_path / "tiny.toml").write_text(tiny().to_toml())

    def run(*words):
        return CliRunner().invoke(group, [str(w) for w in words])

    return run


def test_a_study_writes_its_reports_and_exits_with_1_if_something_is_refuted(rfa, tmp_path):
    out = tmp_path / "out"
    done = rfa("study", tmp_path / "tiny.toml", "--trials", 5, "--workers", 0, "--out", out, *TOY)
    assert done.exit_code == 1
    report = json.loads((out / "report.json").read_text())
    assert report["schema"] == "rfa.rates/1" and report["trials"] == 5
    claims = {r["claim"]: r for r in report["rates"]}
    assert claims["NEAR.false"]["outcome"] == "REFUTED" and claims["NEAR.false"]["failures"]["upper"] == 1.0
    text = (out / "report.md").read_text()
    assert "probability of any wrong verdict is at most 0.01" in text and "rfa replay" in text
    assert "REFUTED in 5 trials: NEAR.false" in (out / "report.html").read_text()
    good = rfa(
        "study",
        tmp_path / "tiny.toml",
        "--trials",
        5,
        "--workers",
        0,
        "--only",
        "GOAL",
        "--out",
        tmp_path / "b",
        *TOY,
    )
    assert good.exit_code == 0


def test_keys_and_coordinates_are_set_on_the_command_line(rfa, tmp_path):
    out = tmp_path / "out"
    words = ("--set", "sigma*sqrt(d)=0.5", "--set", "clusters=cube", "--set", "d=25")
    fixed = ("--trials", 1, "--workers", 0, "--only", "GOAL", "--out", out, *TOY)
    assert rfa("study", tmp_path / "tiny.toml", *words, *fixed).exit_code == 0
    setting = json.loads((out / "report.json").read_text())["setting"]
    assert (setting["d"], setting["clusters"], setting["sigma"]) == (25, "cube", pytest.approx(0.1))


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--trials", 1, "--until-decided"), "either --trials N or --until-decided"),
        (("--trials", 1, "--only", "L99"), "no such statement or kind"),
        (("--trials", 1, "--set", "sigma"), "expected KEY=VALUE"),
        (("--trials", 1, "--executor", "threads"), "dask://ADDRESS"),
        (("--trials", 1, "--set", "eta=7"), "eta = 7"),
    ],
)
def test_mistakes_on_the_command_line_are_one_line(rfa, tmp_path, words, told):
    done = rfa("study", tmp_path / "tiny.toml", *words, "--out", tmp_path / "out", *TOY)
    assert done.exit_code == 2 and told in done.output and len(done.output.splitlines()) == 1
    assert not (tmp_path / "out").exists()


def test_a_row_is_replayed_and_a_changed_one_is_an_error(rfa, tmp_path):
    out = tmp_path / "out"
    rfa("study", tmp_path / "tiny.toml", "--trials", 3, "--workers", 0, "--out", out, *TOY)
    same = rfa("replay", out, 2)
    assert same.exit_code == 0 and "row 2: the same" in same.output and "NEAR.false: REFUTED" in same.output
    db = sqlite3.connect(out / "study.sqlite")
    with db:
        db.execute("UPDATE marks SET witness = '{}' WHERE row = 2")
    db.close()
    changed = rfa("replay", out, 2)
    assert changed.exit_code == 2 and "row 2 differs" in changed.output
    assert "no row 99" in rfa("replay", out, 99).output


def test_the_table_is_exported_row_for_row(rfa, tmp_path):
    out = tmp_path / "out"
    rfa("study", tmp_path / "tiny.toml", "--trials", 3, "--workers", 0, "--out", out, *TOY)
    assert rfa("export", out, tmp_path / "table.csv").exit_code == 0
    with (tmp_path / "table.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert {r["row"] for r in rows} == {"0", "1", "2"}
    assert {r["claim"] for r in rows} >= {"COIN.at", "NEAR.false", "A"}
    assert "ends in .csv or .parquet" in rfa("export", out, tmp_path / "table.xlsx").output


@pytest.mark.extras
def test_parquet_holds_the_same_table(rfa, tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet", reason="needs pyarrow")
    out = tmp_path / "out"
    rfa("study", tmp_path / "tiny.toml", "--trials", 3, "--workers", 0, "--out", out, *TOY)
    assert rfa("export", out, tmp_path / "table.parquet").exit_code == 0
    from rfa.studies.storage import COLUMNS, Store

    with Store.open(out / "study.sqlite") as store:
        rows = list(store.table())
    table = parquet.read_table(tmp_path / "table.parquet").to_pylist()
    assert [tuple(r[c] for c in COLUMNS) for r in table] == rows


def test_violations_are_written_with_map_and_break_points(rfa, tmp_path):
    out = tmp_path / "out"
    done = rfa(
        "violations", tmp_path / "tiny.toml", "--set", "C=30.0", "--set", "delta=0.3", "--trials", 4,
        "--map", "s=0.1:1:2", "--map", "n=4:8:2", "--map-of", "GOAL",
        "--workers", 0, "--out", out, *TOY,
    )  # fmt: skip
    assert done.exit_code == 1, done.output
    assert "A is overstepped 3 ×" in done.output
    assert "nearest setting" in done.output
    assert "| 0.1 |" in (out / "map-1.md").read_text() and "A is overstepped 3 ×" in (out / "report.html").read_text()
    assert json.loads((out / "report.json").read_text())["schema"] == "rfa.violations/1"


def test_break_points_searches_and_scalings_have_commands(rfa, tmp_path):
    setting = tmp_path / "tiny.toml"
    words = (
        "--claim",
        "GOAL.short",
        "--along",
        "A",
        "--set",
        "delta=0.45",
        "--set",
        "C=30.0",
        "--tries",
        24,
        "--workers",
        0,
    )
    broken = rfa("breakpoint", setting, *words, "--out", tmp_path / "b", *TOY)
    assert broken.exit_code == 0 and "A asks sigma*sqrt(d) ≤ 0.0333" in broken.output
    found = rfa("falsify", "NEAR.false", setting, "--evaluations", 5, *TOY)
    assert found.exit_code == 1 and "counterexample" in found.output
    (line,) = (line for line in found.output.splitlines() if "made again by: " in line)
    program, *words = shlex.split(line.split("made again by: ")[1])
    again = rfa(*words)
    assert program == "rfa" and words[2:4] == [str(word) for word in TOY]
    assert again.exit_code == 1 and "NEAR.false: REFUTED" in again.output
    scaled = rfa("scaling", "--trials", 1, "--workers", 0, "--out", tmp_path / "s", *TOY)
    assert scaled.exit_code == 0 and "CONFIRMED" in scaled.output


def test_a_sweep_is_one_table(rfa, tmp_path):
    file = tmp_path / "grid.toml"
    file.write_text(f'base = "{tmp_path / "tiny.toml"}"\nstatements = ["NEAR"]\ntrials = 2\n[grid]\nn = [4, 8]\n')
    done = rfa("sweep", file, "--workers", 0, "--out", tmp_path / "out", *TOY)
    assert done.exit_code == 1, done.output
    with (tmp_path / "out" / "table.csv").open() as table:
        rows = list(csv.DictReader(table))
    assert {r["point"] for r in rows} == {"0", "1"} and len(rows) == 4 * 3
    assert "| 4 | NEAR.false | REFUTED | 2 | 2 |" in done.output
    page = (tmp_path / "out" / "report.html").read_text()
    assert "REFUTED: NEAR.false at n = 4" in page and page.count('data-o="REFUTED"') == 1 + 2


def test_a_report_is_json_or_one_sentence_where_asked_and_the_seed_is_an_option(rfa, tmp_path):
    words = ("study", tmp_path / "tiny.toml", "--trials", 2, "--workers", 0, "--only", "GOAL", *TOY)
    told = rfa(*words, "--seed", 7, "--quiet", "--out", tmp_path / "a")
    assert told.output == "Nothing is refuted in 2 trials: of 1 conclusions 1 confirmed.\n"
    printed = rfa(*words, "--seed", 7, "--quiet", "--out", tmp_path / "b", "--json", "-")
    report = json.loads(printed.output)
    assert report == json.loads((tmp_path / "a" / "report.json").read_text()) and report["setting"]["seed"] == 7
    scaled = rfa("scaling", "--quiet", "--workers", 0, "--json", tmp_path / "s.json", "--out", tmp_path / "s", *TOY)
    assert "1 of 1 claimed exponents" in scaled.output and json.loads((tmp_path / "s.json").read_text())["verdicts"]


def test_a_name_that_looks_like_a_path_stays_in_the_folder_of_reports(rfa, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "far.toml").write_text(tiny(name="../../far").to_toml())
    assert rfa("study", "far.toml", "--trials", 1, "--workers", 0, "--only", "GOAL", *TOY).exit_code == 0
    assert [f.name for f in (tmp_path / "reports").iterdir()] == ["study-far"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("scaling", "--only", "width"), "no such scaling; expected one of length"),
        (("violations", "tiny.toml", "--break", "GOAL.short", "--no-breaks"), "either --break CLAIM or --no-breaks"),
        (("breakpoint", "tiny.toml", "--claim", "GOAL.short", "--along", "B"), "--along B: no such assumption"),
        (("sweep", "binary.toml"), "cannot be read"),
        (("study", "tiny.toml", "--trials", "1", "--json", "."), "is a directory"),
        (("study", "tiny.toml", "--trials", "1", "--set", "draw_until=FAR"), "expected the id of a statement"),
        (("study", "tiny.toml", "--trials", "1", "--seed", "-1"), "-1 is not in the range"),
    ],
)
def test_what_cannot_be_done_is_said_before_anything_is_written(rfa, tmp_path, monkeypatch, words, told):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe")
    done = rfa(*words, "--workers", 0, "--out", tmp_path / "out", *TOY)
    assert done.exit_code == 2 and told in done.output and len(done.output.splitlines()) == 1
    assert not (tmp_path / "out").exists()


def test_break_points_of_what_the_paper_is_for_are_sought_unasked_where_runs_are_short(rfa, tmp_path, monkeypatch):
    monkeypatch.setattr(toy, "PAPER", dataclasses.replace(toy.PAPER, goals=("GOAL.short",), certify=None))
    words = ("violations", tmp_path / "tiny.toml", "--set", "C=30.0", "--set", "delta=0.45", "--trials", 1)
    rest = ("--tries", 24, "--workers", 0, *TOY)
    found = rfa(*words, *rest, "--out", tmp_path / "a")
    assert "A asks sigma*sqrt(d) ≤ 0.0333" in found.output
    without = rfa(*words, *rest, "--no-breaks", "--out", tmp_path / "b")
    monkeypatch.setattr(wishes, "AFFORDABLE", 1)
    long = rfa(*words, *rest, "--out", tmp_path / "c")
    for told in (without.output, long.output):
        assert "A asks" not in told and "Break points were not sought" in told and "--break GOAL.short" in told


def test_a_study_whose_trials_end_in_errors_does_not_pass_for_sound(rfa, tmp_path):
    words = ("study", tmp_path / "tiny.toml", "--set", "seed=1003", "--trials", 1, "--workers", 0, "--quiet")
    done = rfa(*words, "--out", tmp_path / "out", "--paper", "tests.studies.toy:FRAIL_PAPER")
    assert done.exit_code == 1 and done.output.startswith("1 of 1 trials ended in an error. ")


def test_a_search_for_an_unknown_claim_is_refused(rfa):
    assert rfa("falsify", "L14.nothing").exit_code == 2
