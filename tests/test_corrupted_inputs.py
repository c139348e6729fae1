"""Inputs that once gave a traceback, a hang or a verdict on garbage, and a few of each kind from the campaign."""

import contextlib
import json
import sqlite3

import numpy as np
import pytest

from rfa import InputError
from rfa.report import read
from rfa.runfile import load_run
from rfa.studies.replay import replay
from rfa.studies.storage import Store
from tests.campaigns import corruption, fuzz
from tests.studies.toy import tiny


@pytest.fixture(scope="module")
def material(tmp_path_factory):
    return fuzz.prepare(tmp_path_factory.mktemp("sound"))


@pytest.mark.parametrize(
    ("kind", "cases"), [("settings", 40), ("run", 40), ("report", 15), ("recheck", 6), ("study", 25)]
)
def test_corrupted_inputs_end_in_one_line_or_a_verdict(kind, cases, material):
    ended = [fuzz.outcome(material, kind, number, seed=1) for number in range(cases)]

    assert any("refused" in one for one in ended)
    assert any("refused" not in one for one in ended)


def test_the_campaign_notices_a_reader_that_breaks(material, monkeypatch):
    monkeypatch.setattr("rfa.setting.tomllib.loads", lambda text: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        fuzz.outcome(material, "settings", 0, seed=1)


def test_the_campaign_notices_garbage_that_is_accepted(material, monkeypatch):
    broken = {"read": load_run(_written(material, "sound.npz", material.runs[0]))}
    broken["read"].sample.X[0, 0] = np.nan
    monkeypatch.setattr(fuzz, "load_run", lambda path: broken["read"])

    with pytest.raises(AssertionError, match="garbage is accepted"):
        fuzz.outcome(material, "run", 0, seed=1)


# ---- settings ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("line", ["alpha = 1e-320", "alpha = 5e-324", "sigma = 1e308", "delta = 5e-324", "C0 = 1e308"])
def test_a_number_of_extreme_size_is_refused_or_judged(line, material):
    path = _written(material, "case.toml", b"d = 3\nn = 8\nm = 4\nomega_init = 0.1\n" + _without(line) + line.encode())

    assert fuzz.call("assumptions", path) in ("refused", "accepted")


def _without(line):
    rest = {"alpha": b"alpha = 0.1\n", "sigma": b"sigma = 0.1\n"}
    return b"".join(given for key, given in rest.items() if not line.startswith(key))


# ---- run files --------------------------------------------------------------------------------------------------


def _written(material, name, data):
    path = material.folder / name
    path.write_bytes(data)
    return path


RUN_FILES = {
    "a second layer beyond the floats": {"a": np.array([1e308, -0.5, 0.5, -0.5])},
    "a number of steps without axes": {"steps": np.array(3)},
    "texts": {"X": np.array([["a", "b", "c"]] * 8)},
    "objects": {"X": np.full((8, 3), None)},
    "a step size of zero": {"step_size": np.array(0.0)},
    "the least float as a step size": {"step_size": np.array(5e-324)},
    "a weight that is not finite": {"W": np.full((5, 4, 3), np.inf)},
}


@pytest.mark.parametrize("what", RUN_FILES)
def test_a_run_file_that_is_none_is_refused(what, material):
    arrays = corruption.arrays_of(material.runs[1]) | RUN_FILES[what]

    with pytest.raises(InputError):
        load_run(_written(material, "case.npz", corruption.zipped(arrays)))


def test_an_input_of_no_length_is_judged(material):
    arrays = corruption.arrays_of(material.runs[1])
    arrays["X"] = arrays["X"].copy()
    arrays["X"][2] = 0.0
    path = _written(material, "case.npz", corruption.zipped(arrays))

    assert np.isfinite(load_run(path).trace.reach).all()
    assert fuzz.call("check", path, "-q", "--no-links", "--no-pictures", "--out", material.folder / "out") != "refused"


# ---- reports ----------------------------------------------------------------------------------------------------


def test_a_report_that_speaks_of_a_statement_it_lacks_is_refused(material):
    document = json.loads(material.report)
    document["never_exercised"] = ["L99"]

    with pytest.raises(InputError, match=r"never_exercised: 'L99' is no statement or claim"):
        read(_written(material, "case.json", json.dumps(document).encode()))


HUGE = 2**60


@pytest.mark.parametrize("name", ["trace.steps", "steps"])
def test_a_run_of_endless_steps_is_refused(name, material):
    arrays = corruption.arrays_of(material.runs[0])
    arrays[name] = np.append(arrays[name][:-1], HUGE)
    run = _written(material, "case.npz", corruption.zipped(arrays))

    assert fuzz.call("recheck", _written(material, "case.json", material.report), run) == "refused"


# ---- studies ----------------------------------------------------------------------------------------------------

STUDIES = {
    "a table that is missing": "DROP TABLE names",
    "a column of another name": "ALTER TABLE marks RENAME COLUMN slack TO gap",
    "a format that is none": "UPDATE meta SET value = '7' WHERE key = 'format'",
    "meta that is no JSON": "UPDATE meta SET value = '{' WHERE key = 'paper'",
    "a paper that is a number": "UPDATE meta SET value = '3' WHERE key = 'paper'",
    "no paper": "DELETE FROM meta WHERE key = 'paper'",
    "keys that are a list": "UPDATE settings SET keys = '[1]'",
    "settings that are missing": "DELETE FROM settings",
    "a judged column that is a word": "UPDATE trials SET judged = '\"x\"' WHERE row = 1",
    "statements that are a number": "UPDATE trials SET judged = '[1, false, []]' WHERE row = 1",
    "a seed that is a word": "UPDATE trials SET seed = 'x' WHERE row = 1",
    "a mark of no trial": "UPDATE marks SET row = 99 WHERE row = 1",
    "a mark of no claim": "UPDATE marks SET name = 99 WHERE row = 1",
    "an outcome that is none": "UPDATE marks SET outcome = '[[[]]]' WHERE row = 1",
    "a key that is no UTF-8": "UPDATE trials SET key = CAST(X'65F3' AS TEXT) WHERE row = 1",
    "a witness that is no UTF-8": "UPDATE marks SET witness = CAST(X'F37B' AS TEXT) WHERE row = 1",
    "keys that are bytes": "UPDATE settings SET keys = CAST(keys AS BLOB)",
    "statements that are bytes": "UPDATE trials SET judged = CAST(judged AS BLOB)",
    "a slack that is a word": "UPDATE marks SET slack = 'x' WHERE row = 1",
}


def changed(material, tmp_path, query):
    path = tmp_path / "study.sqlite"
    path.write_bytes(material.study)
    with contextlib.closing(sqlite3.connect(path)) as db, db:
        db.execute(query)
    return path


@pytest.mark.parametrize("what", STUDIES)
def test_a_study_that_is_not_as_it_is_written_is_refused(what, material, tmp_path):
    with pytest.raises(InputError, match=r"study\.sqlite: not a sound study"):
        Store.open(changed(material, tmp_path, STUDIES[what]))


def test_a_damaged_page_is_refused(material, tmp_path):
    path = tmp_path / "study.sqlite"
    path.write_bytes(material.study[:8192] + bytes(4096) + material.study[12288:])

    with pytest.raises(InputError, match="not a sound study"):
        Store.open(path)


def test_a_description_of_tables_that_is_no_text_is_refused(material, tmp_path):
    path = tmp_path / "study.sqlite"
    path.write_bytes(material.study.replace(b"CREATE TABLE meta", b"\xc7REATE TABLE meta"))

    with pytest.raises(InputError, match="not a study"):
        Store.open(path)


def test_a_setting_other_than_the_one_stored_is_refused(material, tmp_path):
    path = changed(material, tmp_path, "UPDATE settings SET keys = json_set(keys, '$.sigma', 0.9)")

    with pytest.raises(InputError, match="its keys are not those that it was stored with"):
        replay(path, 1)


@pytest.mark.parametrize("paper", ["no_such_module:PAPER", "tests.studies.toy:NONE", ":", "a:b:c", "..:x"])
def test_a_paper_that_cannot_be_found_is_refused(paper, material, tmp_path):
    path = changed(material, tmp_path, f"UPDATE meta SET value = '\"{paper}\"' WHERE key = 'paper'")

    with pytest.raises(InputError, match="paper"):
        replay(path, 1)


def test_a_row_of_another_seed_is_told_in_one_line(material, tmp_path):
    path = changed(material, tmp_path, "UPDATE trials SET seed = '77' WHERE row = 1")

    assert fuzz.call("replay", path, "1") == "refused"


def test_the_trials_of_another_study_are_not_announced_as_done(material, tmp_path):
    changed(material, tmp_path, "DELETE FROM meta WHERE key = 'level'")
    (tmp_path / "tiny.toml").write_text(tiny().to_toml())
    words = ("--trials", "3", "--paper", fuzz.TOY, "--out", tmp_path, "--resume", "--workers", "0")

    assert fuzz.call("study", tmp_path / "tiny.toml", *words) == "refused"
