from click.testing import CliRunner

from rfa.cli import main
from rfa.report import github
from rfa.report.github import command, commands, summarize
from rfa.report.markdown import markdown
from tests.report.toys import BEYOND, REFUTED, SILENT, raising, report, toy


def test_every_failure_is_an_error_and_the_verdict_a_notice():
    made = report(toy("Z1"), toy("Z2", **REFUTED), raising("Z3", ValueError("x")), toy("Z4", **BEYOND))
    assert list(commands(made)) == [
        "::error title=Z3%3A error::ValueError: x",
        "::error title=Z2.c%3A refuted::0 ≤ c 0 <= -1",
        "::notice title=small::1 REFUTED: Z2.c; 1 NOT EVALUATED: Z3.",
    ]


def test_the_level_of_failure_decides_what_is_an_error():
    made = report(toy("Z1", **SILENT))
    assert [line.split()[0] for line in commands(made)] == ["::notice"]
    assert [line.split()[0] for line in commands(made, "failed")] == ["::error", "::notice"]


def test_hostile_text_stays_one_command():
    line = command("error", "a,b::c\n::set-env", "x\r\n::error::y 100%")
    assert line == "::error title=a%2Cb%3A%3Ac%0A%3A%3Aset-env::x%0D%0A::error::y 100%25"


def test_the_summary_of_the_job_gets_the_report_or_its_verdict_if_that_is_too_long(tmp_path, monkeypatch):
    made, path = report(toy("Z1")), tmp_path / "summary.md"
    path.write_text("before\n")
    monkeypatch.setenv(github.SUMMARY, str(path))
    summarize(made)
    assert path.read_text() == "before\n" + markdown(made)

    monkeypatch.setattr(github, "LARGEST_SUMMARY", 10)
    path.write_text("")
    summarize(made)
    assert path.read_text() == f"# small\n\n{made.sentence}\n"


def test_outside_of_a_job_there_is_no_summary(monkeypatch):
    monkeypatch.delenv(github.SUMMARY, raising=False)
    summarize(report(toy("Z1")))


def test_the_command_prints_annotations_and_writes_the_summary(tmp_path):
    path = tmp_path / "summary.md"
    arguments = ["verify", "quick", "--no-links", "--format", "github", "--out", str(tmp_path / "out")]
    result = CliRunner().invoke(main, arguments, env={github.SUMMARY: str(path)})

    assert result.exit_code == 0 and result.stdout.startswith("::notice title=quick::Nothing is refuted")
    assert path.read_text(encoding="utf-8").startswith("# quick, seed 2")
