"""The pytest plugin, on test files of its own in a session of its own."""

import json
import subprocess
import sys
from importlib.metadata import entry_points
from xml.etree import ElementTree

import pytest
import scipy.optimize  # noqa: F401

import rfa.testing.plugin  # noqa: F401
from rfa import find_papers
from rfa.studies.candidates import Candidate

pytest_plugins = ["pytester"]
find_papers()
"""Imported once: pytester forgets what one of its sessions imports first, and numpy cannot be imported twice."""

WRONG = '''
import pytest
from rfa import result, suppose, then


@result("Z1", "Weights grow very slowly", kind="DET")
def slow(run):
    """Suppose ‖x_i‖ ≤ √2 and (3/2)u ≤ (2 − √2)α. Then ‖w_j(t)‖ ≤ FACTOR bαt."""
    t = run.t[:, None]
    yield suppose("RP.short", "‖x_i‖ ≤ √2", run.input_norm, "<=", 2**0.5, axes="i")
    yield suppose("RP.start", "‖w_j(0)‖ ≤ (3/2)ω√d", run.norm[0], "<=", 1.5 * run.omega_root_d, axes="j")
    yield suppose("RP.u", "(3/2)u ≤ (2 − √2)α", 1.5 * run.u, "<=", (2 - 2**0.5) * run.alpha)
    bound = FACTOR * run.b * run.alpha * t
    yield then("Z1.neuron", "‖w_j(t)‖ ≤ FACTOR bαt", run.norm, "<=", bound, axes="t j", where=t >= 1)


@pytest.mark.statement(slow, max_examples=20)
def test_slow():
    pass
'''
RIGHT = WRONG.replace("FACTOR", "2")
WRONG = WRONG.replace("FACTOR", "0.1")
OPTIONS = ("--rfa", "--rfa-profile", "ci", "-p", "no:randomly", "-p", "no:cacheprovider")


@pytest.fixture
def session(pytester):
    """Run pytest with the plugin on a test file; the captured result."""

    def run(source, *options, on=OPTIONS):
        pytester.makepyfile(test_it=source)
        return pytester.runpytest_inprocess(*on, *options)

    return run


def replay_of(result):
    """What --rfa-replay is given in the line that a session printed."""
    line = next(line for line in result.outlines if "replay: " in line)
    return line.split("--rfa-replay ")[1].strip("'")


def test_a_wrong_lemma_is_refuted_shrunk_and_replayed(session):
    result = session(WRONG)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([
        "Z1 is refuted: Z1.neuron fails with its premises true, at t = 1, j = *",
        "  *0.1 bαt: * <= * is false (slack -*)", "  d = 2, n = 1, m = *",
        "*statements on generated runs*", "Z1  Weights grow very slowly", "*REFUTED*", "*replay: python -m pytest *",
    ])  # fmt: skip

    found = Candidate.of(replay_of(result)).setting
    told = [float(line.split("slack ")[1].strip(")").split(" at ")[0]) for line in result.outlines if "slack -" in line]
    assert len(told) >= 2 and told == pytest.approx([told[0]] * len(told), rel=0.01)
    assert max(found.n, found.m, found.d) <= 8 and found.total_steps <= 2

    again = session(WRONG, "--rfa-replay", replay_of(result))
    again.assert_outcomes(failed=1)
    assert "1 run, 1 with true premises; conclusions: 1 REFUTED" in again.stdout.str()
    session(RIGHT, "--rfa-replay", replay_of(result)).assert_outcomes(passed=1)


def test_a_counterexample_is_kept_and_tried_first_until_the_lemma_is_right(session, pytester):
    session(WRONG, "--rfa-examples", "kept")
    (file,) = (pytester.path / "kept").iterdir()
    told = json.loads(file.read_text(encoding="utf-8"))
    assert told["schema"] == "rfa.counterexample/1" and told["statement"] == "Z1" and told["claim"] == "Z1.neuron"
    assert told["test"] == "test_it.py::test_slow" and told["setting"]["C0"] == 10.0

    again = session(WRONG, "--rfa-examples", "kept")
    assert "1 run, 1 with true premises" in again.stdout.str()

    right = session(RIGHT, "--rfa-examples", "kept")
    right.assert_outcomes(passed=1)
    assert "21 runs," in right.stdout.str()


def test_premises_that_never_hold_fail_as_never_exercised(session):
    result = session("""
import pytest
from rfa import result, suppose, then

@result("Z2", "Of the empty set", kind="DET")
def empty(run):
    '''Suppose n < 1. Then n < 0.'''
    yield suppose("RP.none", "n < 1", run.n, "<", 1)
    yield then("Z2.none", "n < 0", run.n, "<", 0)

@pytest.mark.statement(empty, max_examples=5)
def test_empty():
    raise RuntimeError("the body of a test comes after its search")
""")

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["Z2 is never exercised: its premises held on none of 5 runs; *RP.none (5)*"])
    assert "RuntimeError" not in result.stdout.str()


def test_a_statement_of_a_paper_is_found_by_its_id_and_its_tally_reaches_the_body(session):
    result = session("""
import pytest

@pytest.mark.statement("L14", inside="all", C=4, max_examples=5)
def test_growth(tally, named_setting, named_run):
    assert tally.statement.id == "L14" and tally.runs == 5 and tally.exercised and tally.slack > 0
    assert named_setting("quick").K == 3 and named_run("quick") is named_run("quick")

@pytest.mark.statement("S2", max_examples=3)
@pytest.mark.statement("A2", outside="A6", C=4, max_examples=3)
def test_two_of_them():
    pass
""")

    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(["L14 *", "*5 runs, *CONFIRMED*", "  least slack *", "A2 *", "S2 *"])


def test_junit_files_carry_what_was_found(session, pytester):
    session(WRONG, "--junitxml=junit.xml")
    found = ElementTree.parse(pytester.path / "junit.xml").iter("property")
    facts = {one.get("name"): one.get("value") for one in found}

    assert facts["rfa.statement"] == "Z1" and facts["rfa.REFUTED"] == "1"
    assert facts["rfa.least_slack"].endswith("at Z1.neuron") and "--rfa-replay" in facts["rfa.replay"]


def test_the_terminal_section_survives_workers(pytester):
    pytester.makepyfile(test_it=RIGHT)
    result = pytester.runpytest_subprocess(*OPTIONS, "-n", "1")

    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["*statements on generated runs*", "Z1  Weights grow very slowly"])


def test_the_ini_file_turns_it_on_and_chooses_profile_and_folder(session, pytester):
    pytester.makeini("[pytest]\nrfa = true\nrfa_profile = ci\nrfa_examples = elsewhere\naddopts = --strict-markers\n")
    session(WRONG, on=("-p", "no:cacheprovider")).assert_outcomes(failed=1)

    assert len(list((pytester.path / "elsewhere").iterdir())) == 1


def test_the_ci_profile_finds_the_same_counterexample_every_time(session):
    one, other = (replay_of(session(WRONG)) for _ in range(2))

    assert one == other


BAD_OPTIONS = {
    "profile": (("--rfa-profile", "slow"), "rfa_profile = 'slow'; expected one of dev, ci, nightly"),
    "json": (("--rfa-replay", "{"), "a candidate: not JSON"),
    "setting": (("--rfa-replay", '{"setting": {"d": 2}}'), "n: missing"),
    "state": (("--rfa-replay", '{"setting": {}, "state": ["odd"]}'), "state = ['odd']; expected a list of ties, empty"),
    "planted": (("--rfa-replay", '{"setting": {}, "planted": [1]}'), "planted = [1]; expected [pull, size]"),
}


@pytest.mark.parametrize(("options", "told"), BAD_OPTIONS.values(), ids=BAD_OPTIONS)
def test_a_wrong_option_ends_the_session_with_one_line(session, options, told):
    result = session(RIGHT, *options)

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: *{glob(told)}*"])


def test_a_file_that_is_no_counterexample_is_named(session, pytester):
    pytester.mkdir("kept").joinpath("Z1-x.json").write_text('{"schema": "rfa.report/1"}')
    result = session(RIGHT, "--rfa-examples", "kept")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: *Z1-x.json: expected a counterexample with schema rfa.counterexample/1*"])


BAD_MARKERS = {
    "'L99'": "'L99' is no statement of printed, explicit",
    "'L14', tries=3": "tries: unknown; expected one statement and of paper, inside",
    "'L14', paper='mine'": "paper = 'mine'; expected one of",
    "'L14', max_examples=0": "max_examples = 0; expected an integer, at least 1",
    "'L14', links='yes'": "links = 'yes'; expected True or False",
    "'L14', runs=3": "runs = 3; expected a strategy of runs, such as rfa.testing.runs()",
    "'L14', C='big'": "C = 'big'; expected a finite number",
    "'L14', inside=['A1', 'A2'], outside='A1'": "inside and outside: A1 cannot both hold and fail",
    "'L14', runs=st.nothing()": "L14 is never exercised: no run was generated: no setting that takes milliseconds was",
    "3": "3: expected a statement, as @result makes it",
    "'L14', inside='A9'": "inside = 'A9': no such assumption; expected all, or of A1",
    "": "0 statements given; expected one",
}


@pytest.mark.parametrize(("arguments", "told"), BAD_MARKERS.items())
def test_a_wrong_marker_says_what_is_wrong(session, arguments, told):
    imports = "import pytest\nfrom hypothesis import strategies as st\n"
    source = f"{imports}\n@pytest.mark.statement({arguments})\ndef test_it():\n    pass\n"
    result = session(source)

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([f"*{glob(told)}*"])
    assert "Traceback" not in result.stdout.str() and "plugin.py:" not in result.stdout.str()


def test_a_fixture_says_in_one_line_which_settings_there_are(session):
    source = "def test_it(named_setting, named_run):\n    named_{}('quikc')\n"
    for what in ("setting", "run"):
        result = session(source.format(what))
        result.assert_outcomes(failed=1)
        result.stdout.fnmatch_lines(["'quikc': no such setting or file; expected a TOML file or one of *quick*"])
        assert "audit.py" not in result.stdout.str() and "plugin.py" not in result.stdout.str()


def test_a_marked_test_is_skipped_where_the_plugin_is_off(session):
    session(WRONG, on=("-p", "no:cacheprovider")).assert_outcomes(skipped=1)
    mine = "import pytest\n\n@pytest.mark.statement\ndef test_of_a_bank():\n    pass\n"
    session(mine, on=("-p", "no:cacheprovider")).assert_outcomes(passed=1)


def test_an_option_of_the_plugin_turns_it_on(session):
    session(WRONG, on=("-p", "no:cacheprovider", "--rfa-profile", "ci")).assert_outcomes(failed=1)


def glob(text):
    """The text with what fnmatch reads as patterns made harmless."""
    return text.replace("[", "?").replace("]", "?")


def test_it_is_a_plugin_that_imports_nothing_until_it_is_asked_for(pytester):
    assert [point.value for point in entry_points(group="pytest11") if point.name == "rfa"] == ["pytest_rfa"]
    pytester.makepyfile(test_it="def test_it():\n    pass\n")
    program = (
        "import sys, pytest; code = pytest.main(['-q', '-p', 'no:cacheprovider', '-p', 'no:hypothesispytest']); "
        "sys.exit(code or any(name in sys.modules for name in ('rfa', 'hypothesis', 'numpy')))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=pytester.path, capture_output=True, text=True)

    assert done.returncode == 0, done.stdout + done.stderr
