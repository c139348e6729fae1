"""`rfa certify`, and `rfa verify` with several papers."""

import json

import numpy as np
import pytest
from click.testing import CliRunner

from checks.explicit import PAPER
from rfa.audit import chosen_papers, find_setting, needed_C, verify
from rfa.cli import main
from rfa.report.comparison import Section, comparison
from rfa.report.page import comparison_page
from rfa.runfile import load_run, save_run
from tests.runs import loose, small


@pytest.fixture
def run_rfa(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return lambda *words: CliRunner().invoke(main, [str(word) for word in words])


def test_a_guarantee_exits_with_0_and_a_missing_condition_with_1(run_rfa, tmp_path):
    save_run(small(), tmp_path / "good.npz")
    save_run(loose(), tmp_path / "loose.npz")
    good, bad = run_rfa("certify", "good.npz"), run_rfa("certify", "loose.npz")

    assert good.exit_code == 0 and "Guaranteed: after 4 steps" in good.output
    assert "Measured on the trained run" in good.output
    assert bad.exit_code == 1 and "Not guaranteed: R1 fails" in bad.output


def test_a_setting_is_certified_without_training(run_rfa):
    found = run_rfa("certify", "explicit-10", "--seed", 1, "--json", "-")
    told = json.loads(found.output)

    assert found.exit_code == 1 and told["given"] is False and told["measured"] is None
    assert [c["id"] for c in told["conditions"] if c["outcome"] != "CONFIRMED"] == ["R4"]
    assert {"v0", "b0", "d1", "dp", "G", "margin +mu1"} <= {f["name"] for f in told["figures"]}
    assert all(f["lower"] <= f["upper"] for f in told["figures"])


def given_arrays(run):
    sample = run.sample
    return {
        "X": sample.X, "y": sample.y, "y_clean": sample.y_clean, "cluster": sample.cluster, "mu": sample.mu, "a": run.a,
        "W": run.weights[0][None], "step_size": run.step_size,
    }  # fmt: skip


def test_sample_and_start_alone_are_enough(run_rfa, tmp_path):
    np.savez(tmp_path / "mine.npz", **given_arrays(small()))
    found = run_rfa("certify", "mine.npz")

    assert found.exit_code == 0 and "Guaranteed: after 4 steps" in found.output
    assert "Measured" not in found.output
    assert load_run(tmp_path / "mine.npz", only_start=True).n_s == 0
    assert run_rfa("check", "mine.npz").exit_code == 2


def test_the_certificate_of_the_start_is_that_of_the_run(tmp_path):
    np.savez(tmp_path / "mine.npz", **given_arrays(small()))
    alone = PAPER.certify(load_run(tmp_path / "mine.npz", only_start=True))

    assert alone.figures == PAPER.certify(small()).figures


def test_a_paper_without_certificate_says_so(run_rfa):
    found = run_rfa("certify", "quick", "--paper", "printed")

    assert found.exit_code == 2 and "paper 'printed' has no certificate" in found.stderr


# ---- several papers ----------------------------------------------------------------------------------------


def test_a_setting_names_its_paper():
    assert [p.name for p in chosen_papers(None, "explicit")] == ["explicit"]
    assert [p.name for p in chosen_papers(None, "quick")] == ["printed"]
    assert [p.name for p in chosen_papers(None, None)] == ["printed"]
    assert [p.name for p in chosen_papers("printed", "explicit")] == ["printed"]
    assert [p.name for p in chosen_papers("both", "explicit")] == ["explicit", "printed"]
    assert [p.name for p in chosen_papers("both", "quick")] == ["printed", "explicit"]
    assert find_setting("explicit", "printed").C == 90.0


def test_verify_judges_by_the_paper_of_the_setting(run_rfa, tmp_path):
    found = run_rfa("verify", "explicit-10", "--out", "here", "--quiet", "--no-pictures")
    report = json.loads((tmp_path / "here" / "report.json").read_text(encoding="utf-8"))

    assert found.exit_code == 0 and report["paper"]["name"] == "explicit"
    assert report["command"] == "rfa verify explicit-10 --paper explicit"


def test_both_papers_stand_side_by_side(run_rfa, tmp_path):
    found = run_rfa("verify", "explicit-10", "--paper", "both", "--out", "here", "--no-pictures")

    assert found.exit_code == 0, found.output
    for name in ("explicit", "printed"):
        report = json.loads((tmp_path / "here" / name / "report.json").read_text(encoding="utf-8"))
        assert report["paper"]["name"] == name
    text = (tmp_path / "here" / "comparison.md").read_text(encoding="utf-8")
    assert "| explicit | R1 to R4 nearly always | 64.01 |" in text and "| printed | printed | 1." in text
    assert "| explicit | conclusion.noisy |" in text and "| printed | T1.train.noisy |" in text
    assert "C = 10 is below the explicit constant" in text
    page = (tmp_path / "here" / "comparison.html").read_text(encoding="utf-8")
    assert '<a href="printed/report.html">' in page and "is below the explicit constant" in page
    assert page.count("<section>") == text.count("\n## ")


def test_the_page_of_a_comparison_escapes_what_it_is_given():
    page = comparison_page("<b>", ["a&b"], [Section("<i>", ("x", "y"), (("<u>", "<s>\x07"),))])

    assert not any(tag in page for tag in ("<b>", "<i>", "<u>", "<s>", "\x07"))
    assert 'href="a%26b/report.html"' in page


def test_the_comparison_has_margins_and_the_loss_of_each_step():
    papers = chosen_papers("both", "explicit")
    reports = [verify(small(), paper=paper, links=False) for paper in papers]
    text = comparison(reports, needed_C(papers, small()), {paper.name: paper.goals for paper in papers})
    ledgers = {one["claim"]: one for report in reports for one in report.document["ledgers"]}

    proved = ledgers["S10.margin"]["proved"]
    assert f"| explicit | S10.margin | {ledgers['S10.margin']['measured']:.4g} | {proved:.4g} |" in text
    assert f"| printed | L11.clean | {ledgers['L11.clean']['measured']:.4g} |" in text
    for entry in ledgers["S10.margin"]["entries"]:
        assert f"| {entry['factor']:.4g} |" in text


def test_a_setting_that_draws_until_a_statement_of_another_paper_holds_is_certified(run_rfa, tmp_path):
    found = run_rfa("certify", "quick", "--set", "n=800", "--set", "C0=50", "--json", "-")

    assert found.exit_code in (0, 1) and json.loads(found.output)["conditions"]


def test_quietly_a_certificate_is_its_sentence(run_rfa, tmp_path):
    save_run(small(), tmp_path / "good.npz")
    told = run_rfa("certify", "good.npz", "--quiet")

    assert told.exit_code == 0 and told.output.startswith("Guaranteed: ") and told.output.count("\n") == 1
