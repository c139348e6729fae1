import json
import pathlib
import re

import numpy as np
import pytest
from click.testing import CliRunner

from checks import PAPER
from checks.figures import Boundary, Curves, about_boundary, about_curves, boundary, curve_steps, curves
from rfa import InputError
from rfa.audit import find_setting, simulate
from rfa.cli import main
from rfa.data import stream
from rfa.figures import find, make, write
from rfa.gallery import check, differences, generate, rounded
from rfa.papers import Survey
from tests.studies.toy import PAPER as coins

pytest.importorskip("matplotlib", reason="the extra plots is not installed")

QUICK_1 = {"n": 300, "m": 40, "steps": 12}
QUICK_2 = {"m": 40, "steps": 40, "fresh": 200}


@pytest.fixture(scope="module")
def one():
    return make(PAPER, "1", changes=QUICK_1)


@pytest.fixture(scope="module")
def two():
    return make(PAPER, "2", changes=QUICK_2)


def part(axes, gid):
    (found,) = [x for x in (*axes.lines, *axes.collections) if x.get_gid() == gid]
    return found


def test_figure_1_draws_every_sample_once_with_its_label_and_quality(one):
    data, axes = one.measured["figure-1"], one.drawn.axes[0]

    for label in (1, -1):
        for noisy, name in ((False, "clean"), (True, "noisy")):
            dots = np.asarray(part(axes, f"{name}{label:+d}").get_offsets())
            np.testing.assert_array_equal(dots, data.X[(data.y == label) & (data.noisy == noisy)])
    assert axes.get_xlim() == axes.get_ylim() == (-2, 2)


def test_the_boundary_is_that_of_the_network_at_the_last_step():
    run = simulate(find_setting("figure-1").override(orientation="random", **QUICK_1))
    data = boundary(run)

    for row, column in ((0, 0), (17, 200), (120, 40)):
        x = np.array([data.axis[column], data.axis[row]]) @ run.sample.mu
        f = sum(a * max(0.0, float(w @ x)) for a, w in zip(run.a, run.W(run.last), strict=True))
        assert data.f[row, column] == pytest.approx(f, rel=1e-9, abs=1e-14)
    assert data.steps == (run.T, run.last)
    np.testing.assert_allclose(data.outputs[1], run.output(run.last).value)


def test_figure_1_says_so_when_a_clean_sample_is_wrong_or_a_noisy_one_right():
    y = np.array([1, 1, -1, -1])
    noisy = np.array([False, False, False, True])

    def said(f):
        made = Boundary(np.zeros((4, 2)), y, noisy, y, (9,), np.array([f]), np.zeros(2), np.zeros((2, 2)))
        return [(c.holds, c.measured) for c in about_boundary([made])]

    assert said([1, 1, -1, 1]) == [(True, "3 of 3"), (True, "1 of 1")]
    assert said([-1, 1, -1, 1]) == [(False, "2 of 3"), (True, "1 of 1")]
    assert said([1, 1, -1, -1]) == [(True, "3 of 3"), (False, "0 of 1")]


def test_figure_2_draws_both_accuracies_at_every_kept_step(two):
    assert list(two.measured) == ["figure-2-low", "figure-2-high"]
    for axes, (name, data) in zip(two.drawn.axes, two.measured.items(), strict=True):
        steps = list(curve_steps(find_setting(name).override(**QUICK_2)))
        for gid, values in (("train", data.train), ("test", data.test)):
            points = np.asarray(part(axes, gid).get_xydata())
            assert list(points[:, 0]) == steps and list(points[:, 1]) == list(values)
        assert set(part(axes, "best").get_ydata()) == {0.85}
        assert axes.get_xlim() == (0, 40) and (">" in axes.get_title()) == (data.n > data.d)


def test_accuracies_are_those_of_the_kept_weights_on_the_training_and_fresh_samples():
    setting = find_setting("figure-2-low").override(**QUICK_2)
    run = simulate(setting, keep=[3])
    data = curves(run)

    assert list(data.steps) == sorted(run.weights)
    at = list(data.steps).index(3)
    f = np.maximum(run.sample.X @ run.W(3).T, 0) @ run.a
    assert data.train[at] == (np.sign(f) == run.sample.y).mean()
    q = run.trace.accuracy[3]
    assert data.train[at] == pytest.approx((1 - data.noisy) * q[0] + data.noisy * q[1])
    assert data.right.shape == (len(data.steps), 200)
    assert stream(0, "fresh").random() != stream(0, "data").random()


def test_figure_2_tells_a_fall_from_chance_and_a_stay_from_a_drift():
    def said(n, d, lost, train=1.0):
        right = np.zeros((2, 1000), bool)
        right[:, :850] = True
        right[1, :lost] = False
        made = Curves("x", n, d, 0.15, 0.1, np.array([0, 9]), np.array([0.9, train]), right)
        return [c.holds for c in about_curves([made])]

    assert said(50, 20, 20) == [True, True] and said(50, 20, 5) == [True, False]
    assert said(20, 50, 20) == [True, True] and said(20, 50, 60) == [True, False]
    assert said(50, 20, 20, train=0.99)[0] is False


def test_the_caption_tells_the_paper_s_parameters_from_ours_and_the_broken_assumptions(one):
    assert "From the paper: Gaussian clusters" in one.caption and "Ours: the centres" in one.caption
    assert "| A1 |" in one.caption and "| no |" in one.caption
    broken = [row.id for row in one.assumptions["figure-1"].rows if not row.holds]
    assert {"A1", "A2", "A4", "A6"} <= set(broken)


def test_figures_are_written_in_every_format(one, tmp_path):
    written = write(one, tmp_path / "deep" / "figure-1", ("svg", "png", "pdf"))

    assert [p.suffix for p in written] == [".svg", ".png", ".pdf", ".md"]
    starts = [p.read_bytes()[:8] for p in written]
    assert starts[0].startswith(b"<?xml") and starts[1] == b"\x89PNG\r\n\x1a\n" and starts[2].startswith(b"%PDF")
    assert written[3].read_text(encoding="utf-8") == one.caption


def test_an_unknown_figure_is_told_in_one_line():
    with pytest.raises(InputError, match="expected one of 1, 2"):
        find(PAPER, "7")
    result = CliRunner().invoke(main, ["figure", "7"])
    assert result.exit_code == 2 and result.stderr.count("\n") == 1


def test_the_command_prints_the_claims_and_writes_the_files(tmp_path):
    changes = [part for key, value in QUICK_1.items() for part in ("--set", f"{key}={value}")]
    result = CliRunner().invoke(main, ["figure", "1", "--out", str(tmp_path), "--format", "svg", *changes])

    assert result.exit_code == 0 and "every clean training sample" in result.stdout and "Ours:" in result.stdout
    assert {p.name for p in tmp_path.iterdir()} == {"figure-1.svg", "figure-1.md"}


@pytest.fixture(scope="module")
def small_gallery(tmp_path_factory):
    from dataclasses import replace

    tiny = {"n": 12, "d": 4, "m": 4, "K": 1, "steps": 1, "draw_until": "", "noisy": None, "fresh": 1}
    surveys = {
        "rates": Survey("study", "quick", 3, tiny, ("COIN",)),
        "beyond": Survey("violations", "quick", 2, {**tiny, "sigma": 0.05, "C": 30.0}),
        "map": Survey("violations", "quick", 1, tiny, axes=(("n", (8, 12, 2)), ("s", (0.1, 0.2, 2))), map_of="GOAL"),
        "edge": Survey("breakpoint", "quick", 16, {**tiny, "C": 30.0, "delta": 0.45}, ("GOAL.short",), ("A",)),
    }
    name = "tests.studies.toy:PAPER"
    of = replace(coins, name=name, settings=PAPER.settings, gallery={"quick": ("portrait",)}, surveys=surveys)
    path = tmp_path_factory.mktemp("gallery") / "reports"
    return of, path, generate(of, path)


def test_a_gallery_holds_the_pictures_the_page_and_the_numbers(small_gallery):
    _, path, numbers = small_gallery
    drawn = {"quick-portrait", "rates-rates", "beyond-rates", "map-GOAL", "edge-GOAL.short", "edge-certificate"}
    assert {p.name for p in path.iterdir()} == {"README.md", "numbers.json", *(f"{name}.svg" for name in drawn)}
    assert json.loads((path / "numbers.json").read_text(encoding="utf-8")) == numbers
    assert numbers["rates"]["rates"]["COIN.at"][2] == 3 and numbers["beyond"]["excess"]["A"] == pytest.approx(3)
    assert numbers["map"]["map"] == [[1.0, 1.0], [1.0, 1.0]]
    says, tried = numbers["edge"]["GOAL.short along A"]
    assert says.startswith("A asks sigma*sqrt(d) ≤ 0.03333") and all(
        0 <= failed <= trials <= 16 for _, failed, trials in tried
    )
    assert numbers["quick"]["slack"]["GOAL.short"][0] == "CONFIRMED"
    shown = (path / "README.md").read_text(encoding="utf-8")
    assert all(f"({name}.svg)" in shown for name in drawn)


def test_a_gallery_whose_numbers_are_made_again_passes_and_a_changed_one_is_told(small_gallery):
    of, path, numbers = small_gallery
    assert check(of, path) == []

    numbers["quick"]["slack"]["GOAL.short"][1] += 1e-3
    (path / "numbers.json").write_text(json.dumps(numbers), encoding="utf-8")
    (told,) = check(of, path)
    assert told.startswith("/quick/slack/GOAL.short: stored ['CONFIRMED', ")
    assert check(of, path, only=["rates"]) == []
    numbers["old"] = numbers.pop("rates")
    (path / "numbers.json").write_text(json.dumps(numbers), encoding="utf-8")
    assert check(of, path, only=["beyond"]) == ["/old: stored, but no part of the gallery", "/rates: not stored"]
    with pytest.raises(InputError, match="no part 'nowhere' of the gallery"):
        check(of, path, only=["nowhere"])


REPORTS = pathlib.Path(__file__).parent.parent.parent / "reports"


def test_every_picture_that_a_page_of_the_project_shows_is_there():
    for page in (REPORTS / "README.md", REPORTS.parent / "README.md"):
        shown = re.findall(r"!\[[^]]*\]\(([^)]+)\)", page.read_text(encoding="utf-8"))
        assert len(shown) >= 3 and [one for one in shown if not (page.parent / one).is_file()] == []


def test_differences_name_every_place():
    assert list(differences({"a": {"b": 1, "c": 2}}, {"a": {"b": 1}, "d": 3})) == [
        "/a/c: stored 2, made None", "/d: stored None, made 3",
    ]  # fmt: skip
    assert rounded(1.23456789) == 1.23457 and rounded(None) is None


def test_a_missing_gallery_is_bad_input(tmp_path):
    result = CliRunner().invoke(main, ["gallery", "--check", "--out", str(tmp_path)])
    assert result.exit_code == 2 and "numbers.json" in result.stderr
