import json
import re
from functools import cache

import numpy as np
import pandas as pd
import pytest

from rfa import InputError
from rfa.audit import find_paper
from rfa.cli import main
from rfa.data import draw_sample
from rfa.realdata.geometry import measures
from rfa.realdata.page import markdown, told
from rfa.realdata.sources import Source, read
from rfa.realdata.study import Training, _survival, study
from rfa.realdata.task import make_task
from tests.runs import small_setting

KINDS = np.array(["a", "b", "c", "d"])


@cache
def sample():
    """Clusters of the theorem's kind, far from the origin and at another scale."""
    return draw_sample(small_setting(d=6, n=400, sigma=1e-3, noisy=None, eta=0.0, seed=4))


def as_given():
    return 7 + 30 * sample().X, KINDS[sample().cluster]


@cache
def cross():
    task = make_task(Source("cross", *as_given()))
    return study(task, find_paper(), Training(m=40, K=3), links=False)


def run(*args):
    return main(["data", *map(str, args), "--quiet"], standalone_mode=False)


# ---- reading -------------------------------------------------------------------------------------------------


def written(folder, kind):
    X, y = as_given()
    path = folder / f"t.{kind}"
    table = pd.DataFrame(X).add_prefix("x")
    if kind == "csv":
        table.assign(y=y).to_csv(path, index=False)
    elif kind == "parquet":
        pytest.importorskip("pyarrow", reason="needs the extra parquet: pip install -e '.[parquet]'")
        table.assign(kind=y).to_parquet(path)
    elif kind == "npz":
        np.savez(path, X=X, y=y)
    else:
        np.save(path, np.column_stack([X, sample().cluster]))
    return path


@pytest.mark.parametrize("kind", ["csv", "npz", "npy", pytest.param("parquet", marks=pytest.mark.extras)])
def test_a_table_of_any_kind_is_read_as_inputs_and_classes(tmp_path, kind):
    source = read(str(written(tmp_path, kind)))

    assert np.abs(source.X - as_given()[0]).max() < 1e-12
    assert len(np.unique(source.y)) == 4 and (np.unique(source.y, return_inverse=True)[1] == sample().cluster).all()


@pytest.mark.parametrize(
    ("first", "n"),
    [("", 40), ("a,b,y\n", 40), ("0,1,2\n", 40), ("0.5,1.5,freq\n", 40), ("0.5,1.5,k3\n", 41)],
)
def test_a_first_line_that_is_a_sample_is_one(tmp_path, first, n):
    lines = [f"{i}.25,{i % 7}.5,k{i % 4}\n" for i in range(40)]

    assert read(str(csv(tmp_path, first + "".join(lines)))).X.shape == (n, 2)


def test_copies_among_the_held_out_samples_are_told(tmp_path):
    X, y = as_given()
    once = make_task(Source("t", X, y))
    twice = make_task(Source("t", np.repeat(X, 2, axis=0), np.repeat(y, 2)))

    held = twice.test.X
    equal = sum(any(np.array_equal(x, z) for z in twice.train.X) for x in held)
    assert once.copies == 0 and twice.copies == equal > len(held) / 2
    found = study(twice, find_paper(None), Training(m=4, K=1), links=False)
    assert f"{equal} of the {len(held)} held-out samples are copies of training samples" in markdown(found)


@pytest.mark.parametrize(
    ("outcomes", "words"),
    [
        ({"CONFIRMED": 3}, "promised and right"),
        ({"CONFIRMED": 1, "SILENT": 2}, "promised at some places, and right there"),
        ({"CONFIRMED": 1, "REFUTED": 2}, "promised, and broken at 2 places"),
        ({"BEYOND": 3, "SILENT": 1}, "not promised here"),
        ({"NOT_APPLICABLE": 1}, "not promised here"),
    ],
)
def test_what_was_promised_is_told_in_words(outcomes, words):
    row = {"role": "conclusion", "counts": outcomes, "says": "x ≤ y"}

    assert told(_survival({"id": "Z1", "title": "Toy", "claims": [row]})) == words


def csv(folder, text):
    (folder / "bad.csv").write_text(text)
    return folder / "bad.csv"


BAD = {
    "no such file": (lambda f: f / "none.csv", r"none.csv: no such file"),
    "another kind": (lambda f: f / "x.xls", r"expected digits or a file .csv, .npy, .npz, .parquet"),
    "words": (lambda f: csv(f, "a,b,y\n1,x,2\n"), r"bad.csv: column 'b' holds no numbers"),
    "no class": (lambda f: csv(f, "a,b,y\n1,2,3\n1,2,\n"), r"column 'y' has no class in row 1"),
    "a hole": (lambda f: csv(f, "a,b,y\n1,,3\n"), r"column 'b' has no value in row 0: 1 of 1 rows lack"),
    "semicolons": (lambda f: csv(f, "a;b;y\n1;2;3\n"), r"1 columns; .* separated by commas"),
    "two columns": (lambda f: csv(f, "a,y\n1,2\n"), r"2 columns; expected at least two of X"),
    "empty": (lambda f: csv(f, ""), r"bad.csv: cannot be read"),
    "three classes": (lambda f: csv(f, "a,b,y\n" + "1,2,3\n1,2,4\n1,2,5\n" * 9), r"y has 3 classes; expected at least"),
    "few samples": (lambda f: csv(f, "a,b,y\n1,2,3\n2,2,4\n1,3,5\n7,7,6\n"), r"class \d has 1 samples; expected"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_wrong_files_end_with_one_line_and_nothing_written(tmp_path, capsys, name):
    make, told = BAD[name]
    path = make(tmp_path)

    assert run(path, "--out", tmp_path / "out") == 2
    error = capsys.readouterr().err
    assert re.search(told, error), error
    assert error.count("\n") == 1 and not (tmp_path / "out").exists()


def test_classes_are_named_and_counted():
    source = Source("t", *as_given())
    with pytest.raises(InputError, match=r"class 'z': not in y; expected some of a, b, c, d"):
        make_task(source, ["a", "b", "c", "z"])
    with pytest.raises(InputError, match=r"expected four different ones"):
        make_task(source, ["a", "b", "c"])
    assert make_task(source, ["c", "d", "b", "a"]).classes == ("c", "d", "b", "a")


# ---- the task ------------------------------------------------------------------------------------------------


def test_the_pairs_of_opposite_classes_are_found_after_centring_and_scaling():
    task = make_task(Source("t", *as_given()))
    pairs = {frozenset(task.classes[:2]), frozenset(task.classes[2:])}

    assert pairs == {frozenset("ab"), frozenset("cd")}
    assert task.scale == pytest.approx(30, rel=1e-3) and np.abs(task.shift - 7).max() < 0.02
    assert len(task.test.y) == 100 and len(task.train.y) == 300


def test_clusters_are_sought_in_data_with_two_labels():
    task = make_task(Source("t", as_given()[0], sample().y))

    assert task.found and np.bincount(task.train.cluster).min() > 40
    assert (task.train.y == task.train.y_clean).all()
    assert {"cluster", "y_clean", "mu"} <= set(study(task, find_paper(), Training(m=8, K=1), links=False).run.estimates)


def test_the_theorems_clusters_meet_everything_that_is_asked_of_them():
    assert [m.name for m in cross().geometry if m.holds is not True] == []


SPOILED = {
    "equal length": (lambda X, c: X * np.r_[1.2, np.ones(5)], "directions of equal length"),
    "right angle": (lambda X, c: X + 0.3 * X[:, [1]] * np.eye(6)[0], "directions at a right angle"),
    "opposite": (lambda X, c: X + 0.4 * (c == 0)[:, None] * np.eye(6)[2], "opposite centres"),
    "isotropy": (lambda X, c: X + 0.02 * noise()[:, :1] * np.eye(6)[3], "equal spread in all directions"),
    "tails": (lambda X, c: X + 1e-3 * noise() ** 5, "log-concave along coordinates"),
    "sides": (lambda X, c: X + 0.02 * (noise() > 1.2), "log-concave along coordinates"),
    "width": (lambda X, c: X + 0.2 * noise(), "tight clusters"),
    "outlier": (lambda X, c: X + (np.arange(400) == 7)[:, None] * np.eye(6)[5], "no far samples"),
    "overlap": (lambda X, c: X + 0.6 * noise(), "separate clusters"),
}  # fmt: skip


def noise():
    return np.random.default_rng(2).standard_normal((400, 6))


@pytest.mark.parametrize("name", SPOILED)
def test_every_property_fails_where_it_is_spoiled(name):
    spoil, fails = SPOILED[name]
    task = make_task(Source("t", spoil(sample().X, sample().cluster), sample().cluster), ["0", "1", "2", "3"])

    assert fails in [m.name for m in measures(task) if m.holds is False]


def test_log_concave_laws_are_not_called_otherwise():
    rng = np.random.default_rng(5)
    laws = (rng.exponential, rng.laplace, rng.random, rng.logistic, rng.standard_normal, rng.gumbel)
    X = sample().X + 1e-3 * np.column_stack([law(size=400) for law in laws])
    task = make_task(Source("t", X, sample().cluster))

    assert all(m.holds for m in measures(task) if m.name.startswith("log-concave"))


# ---- the report ----------------------------------------------------------------------------------------------


def test_the_network_learns_what_no_linear_classifier_does():
    found = cross()

    assert found.accuracy["the network at T"] == (1.0, 1.0)
    assert all(abs(share - 0.5) < 0.2 for share in found.accuracy["the best linear classifier (least squares)"])
    assert found.alignment[0] < 0.6 < found.alignment[2]
    assert "departures" not in found.report.document


def test_the_command_writes_every_form_of_the_report(tmp_path, capsys):
    path = written(tmp_path, "csv")
    assert main(["data", str(path), "--out", str(tmp_path / "out"), "-m", "20", "-K", "2", "--no-links"],
                standalone_mode=False) == 0  # fmt: skip

    told = capsys.readouterr().out
    assert "as +mu1, -mu1, +mu2, -mu2" in told and "data.html" in told
    document = json.loads((tmp_path / "out" / "data.json").read_text())
    assert document["schema"] == "rfa.data/1" and len(document["geometry"]) == 11
    page = (tmp_path / "out" / "data.html").read_text()
    for measure in document["geometry"]:
        assert measure["name"] in page and measure["name"] in (tmp_path / "out" / "data.md").read_text()
    assert {"report.json", "report.html", "data.md"} <= {f.name for f in (tmp_path / "out").iterdir()}


def test_names_from_outside_are_escaped(tmp_path):
    X, y = as_given()
    table = pd.DataFrame(X).assign(y=np.where(y == "a", "<script>alert(1)</script>", y))
    table.to_csv(tmp_path / "t.csv", index=False)
    run(tmp_path / "t.csv", "--out", tmp_path / "out", "-m", 4, "-K", 1, "--no-links")

    assert "<script>alert" not in (tmp_path / "out" / "data.html").read_text()


@pytest.mark.extras
def test_digits_are_studied_and_marked_as_estimated(tmp_path):
    pytest.importorskip("sklearn", reason="needs the extra data: pip install -e '.[data]'")
    assert run("digits", "--out", tmp_path, "--no-links") == 0
    document = json.loads((tmp_path / "data.json").read_text())
    unmet = {m["name"] for m in document["geometry"] if m["holds"] is False}

    assert {"equal spread in all directions", "tight clusters", "opposite centres"} <= unmet
    assert document["accuracy"]["the network at T"][1] > 0.9 and set(document["estimates"]) == {"mu", "sigma"}
    assert [d["kind"] for d in document["departures"]] == ["centres"]
