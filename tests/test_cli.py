import json
import os
import pkgutil
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import rfa as rfa_package
from rfa import InputError, Setting, audit, find_papers, listing, save_run
from rfa.audit import difference, find_paper, find_setting, named_settings, replay_command, simulate
from rfa.cli import main
from rfa.command_line import file_name
from rfa.papers import AssumptionRow, AssumptionTable
from rfa.report import read
from tests.report.toys import BEYOND, REFUTED, SILENT, link, not_applicable, paper, raising, toy
from tests.runs import small, small_setting

SMALL = """
d = 6
n = 48
m = 12
sigma = 1e-6
eta = 0.02
noisy = 1
K = 3
omega_init = 1e-6
C0 = 50.0
fresh = 50
"""


def assumed(setting, C):
    """A table of one assumption: d against C."""
    C = 2.0 if C is None else C
    row = AssumptionRow("A1", "d ≥ C", setting.d, ">=", C, setting.d / C - 1, setting.d >= C, None, setting.d, "")
    return AssumptionTable(C, (row,), (2.0, float(setting.d)), ("A1",), {"d": 2 * C})


@pytest.fixture
def papers(monkeypatch, tmp_path):
    """Installs toy papers; the working directory is an empty one."""
    settings = tmp_path / "settings"
    settings.mkdir()
    (settings / "tiny.toml").write_text(SMALL)
    (settings / "until.toml").write_text(SMALL + 'draw_until = "Z1"\n')
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)

    def install(*results, **fields):
        installed = paper(
            *results, settings=settings, default_setting="tiny", example="tiny", default=True, assumptions=assumed,
            gaps={"G1": "a slip"}, **fields,
        )  # fmt: skip
        known = {"toy": installed, "other": paper(toy("Z9"), name="other")}
        monkeypatch.setattr(audit, "find_papers", lambda: known)
        return installed

    return install


def call(*args):
    return CliRunner().invoke(main, [str(a) for a in args])


def written():
    return sorted(str(p.relative_to(".")) for p in Path().rglob("*") if p.is_file())


FILES = ["claims.csv", "junit.xml", "report.html", "report.json", "report.md", "setting.toml"]


# ---- verify --------------------------------------------------------------------------------------------------


def test_verify_without_arguments_runs_the_default_setting_and_writes_the_reports(papers):
    papers(toy("Z1"))
    done = call("verify")

    assert done.exit_code == 0 and done.stderr == "" and written() == [f"reports/tiny-seed0/{name}" for name in FILES]
    report = read("reports/tiny-seed0/report.json")
    assert report.document["command"] == "rfa verify tiny" and report["Z1"]["outcome"] == "CONFIRMED"
    assert "Nothing is refuted: of 1 conclusions 1 confirmed." in done.stdout
    assert "Reports: reports/tiny-seed0" in done.stdout and "Again: rfa verify tiny" in done.stdout


def test_options_reach_the_run_and_the_command_that_replays_it(papers):
    papers(toy("Z1"))
    call(
        "verify", "tiny", "--seed", 3, "--set", "n=60", "--set", "clusters=laplace", "--out", "a b", "--json", "x.json"
    )

    report = read("a b/report.json")
    assert (report.seed, report.document["run"]["n"], report.document["setting"]["clusters"]) == (3, 60, "laplace")
    assert report.document["command"] == "rfa verify tiny --seed 3 --set n=60 --set 'clusters=\"laplace\"'"
    assert Path("x.json").read_bytes() == Path("a b/report.json").read_bytes()


def test_the_command_in_the_report_makes_the_same_run_again(papers):
    import shlex

    papers(toy("Z1"))
    call("verify", "tiny", "--seed", 3, "--set", "clusters=laplace", "--set", "K=2", "--out", "a")
    command = shlex.split(read("a/report.json").document["command"])
    call(*command[1:], "--out", "b")

    assert (
        read("a/report.json").document["provenance"]["digest"] == read("b/report.json").document["provenance"]["digest"]
    )


def test_a_file_of_ones_own_is_a_setting(papers):
    papers(toy("Z1"))
    Path("mine.toml").write_text(SMALL + "seed = 5\n")
    done = call("verify", "mine.toml")

    assert done.exit_code == 0 and read("reports/mine-seed5/report.json").document["command"] == "rfa verify mine.toml"


def test_json_goes_to_standard_output_alone(papers):
    papers(toy("Z1"))
    done = call("verify", "--json", "-")

    assert json.loads(done.stdout)["schema"] == "rfa.report/1" and done.stderr == ""


def test_quiet_is_one_sentence(papers):
    papers(toy("Z1"))

    assert call("verify", "-q").stdout == "Nothing is refuted: of 1 conclusions 1 confirmed.\n"


def test_links_are_judged_printed_or_left_out(papers):
    papers(toy("Z1", parts=[link("E1", True)]))

    assert "E1 X0→X1" in call("verify", "--links").stdout
    assert "E1 X0→X1" not in call("verify").stdout and read("reports/tiny-seed0/report.json")["Z1"]["links"]
    call("verify", "--no-links")
    assert read("reports/tiny-seed0/report.json")["Z1"]["links"] == []


@pytest.mark.parametrize(
    ("result", "codes"),
    [
        (toy("Z1"), (0, 0, 0)),
        (toy("Z1", **REFUTED), (1, 1, 1)),
        (toy("Z1", **SILENT), (0, 0, 1)),
        (toy("Z1", **BEYOND), (0, 0, 0)),
        (toy("Z1", parts=[link("E1", False)]), (1, 1, 1)),
        (toy("Z1", parts=[link("E1", False, printed=True)]), (0, 0, 0)),
        (raising("Z1", TypeError("no")), (1, 1, 1)),
        (not_applicable("Z1"), (0, 0, 0)),
    ],
)
def test_exit_codes(papers, result, codes):
    papers(result)

    assert (
        tuple(call("verify", "--fail-on", level, "-q").exit_code for level in ("refuted", "undecided", "failed"))
        == codes
    )


def test_the_default_level_is_refuted(papers):
    papers(toy("Z1", **SILENT))
    assert call("verify").exit_code == 0
    papers(toy("Z1", **REFUTED))
    assert call("verify").exit_code == 1


def test_junit_fails_at_the_same_level(papers):
    papers(toy("Z1", **SILENT))
    call("verify", "--fail-on", "failed")

    assert "<failure" in Path("reports/tiny-seed0/junit.xml").read_text()


def test_names_with_markup_become_harmless_directories(papers):
    papers(toy("Z1"))
    done = call("verify", "--set", 'name="<script>|x/../../.."')

    assert done.exit_code == 0 and written() == [f"reports/script--x-seed0/{name}" for name in FILES]


def test_draws_are_repeated_until_the_statement_holds_and_counted(papers):
    from rfa import result, suppose

    @result("Z1", "third", kind="CONDITION")
    def third(run):
        """The third draw."""
        yield suppose("Z1", "three draws", run.draws, ">=", 3)

    papers(third)
    call("verify", "until")

    assert read("reports/until-seed0/report.json").document["run"]["draws"] == 3


def test_where_a_statement_has_conclusions_they_decide_about_a_draw(papers):
    papers(toy("Z1", **BEYOND))

    assert (
        call("verify", "until").exit_code == 0 and read("reports/until-seed0/report.json").document["run"]["draws"] == 1
    )


def test_another_paper_is_chosen_by_name(papers):
    papers(toy("Z1"))
    Path("mine.toml").write_text(SMALL)
    call("verify", "mine.toml", "--paper", "other")

    report = read("reports/mine-seed0/report.json")
    assert report["Z9"]["outcome"] == "CONFIRMED" and report.document["command"] == "rfa verify mine.toml --paper other"


# ---- bad input: one line, exit code 2, nothing written -------------------------------------------------------


def cut_file(path):
    save_run(small(), path)
    Path(path).write_bytes(Path(path).read_bytes()[:1000])


BAD = {
    "unknown name": (["verify", "nowhere"], "'nowhere': no such setting or file; expected a TOML file or one of tiny"),
    "unknown paper": (["verify", "--paper", "none"], "'none': unknown paper; expected one of toy, other"),
    "unknown key": (["verify", "--set", "speed=3"], "speed: unknown key; expected one of C, C0"),
    "no value": (["verify", "--set", "eta"], "--set eta: expected KEY=VALUE"),
    "bad value": (["verify", "--set", "m=7"], "m = 7; expected an even number"),
    "nan": (["verify", "--set", "sigma=nan"], "sigma = nan; expected a finite number"),
    "both step sizes": (["verify", "--set", "K=3", "--set", "alpha=0.1"], "K, alpha: both given"),
    "bad law": (["verify", "--set", "clusters=cauchy"], "clusters = 'cauchy'; expected one of gaussian"),
    "bad seed": (["verify", "--seed", "x"], "'x' is not a valid integer"),
    "negative seed": (["verify", "--seed", "-1"], "-1 is not in the range"),
    "bad level": (["verify", "--fail-on", "often"], "'often' is not one of 'refuted'"),
    "bad option": (["verify", "--fast"], "No such option"),
    "bad command": (["prove"], "No such command"),
    "bad statement": (["verify", "--set", "draw_until=Z7"], "draw_until = 'Z7'; expected the id of a statement: Z1"),
    "too large": (["verify", "--set", "n=1000000000000"], "memory: the run takes"),
    "broken toml": (["verify", "broken.toml"], "broken.toml: not a TOML document"),
    "binary toml": (["verify", "binary.toml"], "binary.toml: cannot be read"),
    "missing keys": (["verify", "empty.toml"], "empty.toml: d: missing"),
    "a directory": (["verify", "."], "'.': no such setting or file"),
    "a file in the way": (["verify", "--out", "empty.toml"], "empty.toml: empty.toml is a file"),
    "json into a directory": (["verify", "--json", "."], ".: is a directory; expected a file name"),
    "json below a file": (["verify", "--json", "empty.toml/x.json"], "empty.toml is a file"),
    "run below a file": (["verify", "--save-run", "empty.toml/x.npz"], "empty.toml is a file"),
    "no run file": (["check", "none.npz"], "none.npz: No such file"),
    "no argument": (["check"], "Missing argument"),
    "no zip": (["check", "broken.toml"], "broken.toml: not a whole .npz file"),
    "cut zip": (["check", "cut.npz"], "cut.npz: not a whole .npz file"),
    "key of the run": (["check", "cut.npz", "--set", "n=3"], "cut.npz: "),
    "nothing to explain": (["explain", "Z8"], "'Z8': no such statement, claim, chain, gap or reading"),
    "bad C": (["assumptions", "--C", "0.5"], "C = 0.5; expected more than 1"),
    "no table": (["constants"], "paper 'toy' has no table of constants"),
    "json nowhere": (["list", "--json", "empty.toml/x.json"], "empty.toml is a file; expected a directory"),
}  # fmt: skip


@pytest.mark.parametrize(("args", "message"), BAD.values(), ids=BAD.keys())
def test_bad_input_gives_one_line_and_nothing_else(papers, args, message):
    papers(toy("Z1"))
    Path("broken.toml").write_text("d = ")
    Path("binary.toml").write_bytes(b"\xff\xfe\x00")
    Path("empty.toml").write_text("")
    cut_file("cut.npz")
    before = written()
    done = call(*args)

    assert done.exit_code == 2 and done.stdout == "" and written() == before
    assert done.stderr.startswith("rfa: ") and done.stderr.count("\n") == 1 and message in done.stderr


def test_control_characters_of_a_name_do_not_reach_the_terminal(papers):
    papers(toy("Z1"))

    assert "\x1b" not in call("verify", "a\x1b[31m").stderr


def test_a_statement_that_cannot_be_judged_on_a_start_is_told(papers):
    papers(raising("Z1", TypeError("no")))

    assert "draw_until = 'Z1': cannot be judged on a start: TypeError: no" in call("verify", "until").stderr


# ---- check ---------------------------------------------------------------------------------------------------


def test_check_judges_a_run_file(papers):
    papers(toy("Z1"))
    save_run(small(), "mine.npz")
    done = call("check", "mine.npz", "--set", "delta=0.2")

    assert done.exit_code == 0 and written() == ["mine.npz", *[f"reports/mine/{name}" for name in FILES]]
    assert read("reports/mine/report.json").document["command"] == "rfa check mine.npz --set delta=0.2"


def test_a_run_saved_by_verify_gives_the_same_verdicts(papers):
    papers(toy("Z1", parts=[link("E1", True)]))
    call("verify", "--save-run", "run.npz", "--out", "a")
    call("check", "run.npz", "--out", "b")

    one, other = read("a/report.json").document, read("b/report.json").document
    assert one["statements"] == other["statements"] and one["provenance"]["digest"] == other["provenance"]["digest"]


# ---- list, explain, assumptions ------------------------------------------------------------------------------


def test_list_names_statements_and_settings(papers):
    papers(toy("Z1", uses=["Z2"]), toy("Z2"))
    done = call("list")

    assert "Z1  DET   Toy Z1  Z2" in done.stdout and "Settings: tiny, until (default tiny)" in done.stdout


def test_list_links_names_every_link(papers):
    papers(toy("Z1", parts=[link("E1", True), link("E2", False, printed=True, gap="G1")]), not_applicable("Z2"))
    rows = json.loads(call("list", "--links", "--json", "-").stdout)

    assert [(r["id"], r["from"], r["to"], r["printed"]) for r in rows] == [
        ("E1", "X0", "X1", False),
        ("E2", "X0", "X1 (printed)", True),
    ]
    assert "E2" in call("list", "--links").stdout


@pytest.mark.parametrize("id", ["Z1", "z1", "Z1.c", "RP.p", "E1"])
def test_explain_finds_a_statement_by_any_of_its_ids(papers, id):
    papers(toy("Z0", conclusion=None, kind="CONDITION"), toy("Z1", parts=[link("E1", True, gap="G1")]))
    told = call("explain", id).stdout

    if id == "RP.p":
        assert told.startswith("Z0  Toy Z0  (CONDITION)")
    elif id == "E1":
        lines = ["E1  a chain", "A chain in the proof of Z1, Toy Z1.", "", "  X0 <= X1  a step  [G1]"]
        assert told.splitlines() == [*lines, "", "Gaps", "  G1  a slip"]
    else:
        assert told.startswith("Z1  Toy Z1  (DET)") and "Suppose p. Then c." in told
        assert "Z1.c  0 ≤ c" in told and "X0 <= X1  a step  [G1]" in told and "G1  a slip" in told


@pytest.mark.parametrize(
    ("id", "heads"),
    [("l5", ["L5b", "L5a", "L5c", "L5d"]), ("T1.train", ["T1"]), ("L3.norm", ["L3"]), ("U-L3", ["U-L3a", "U-L3b"])],
)
def test_explain_tells_all_that_an_id_is_the_beginning_of(id, heads):
    told = listing.explained(find_paper("printed"), id)

    assert [line.split("  ")[0] for line in told.splitlines() if line.split("  ")[0] in heads] == heads


@pytest.mark.parametrize("id", ["RP", "U-", "E", "L1", "L5z", ".*"])
def test_the_beginning_of_too_much_explains_nothing(id):
    with pytest.raises(InputError, match="no such statement"):
        listing.explained(find_paper("printed"), id)


def test_explain_tells_a_gap(papers):
    papers(toy("Z1"))

    assert call("explain", "g1").stdout == "G1  a slip\n"


def test_assumptions_show_both_sides_and_the_nearest_sizes(papers):
    papers(toy("Z1"))
    told = call("assumptions", "--C", "8").stdout

    assert (
        "A1          d ≥ C     6  >=      8  NO" in told and "Nearest sizes that satisfy all at this C: d = 16." in told
    )
    assert json.loads(call("assumptions", "--json", "-").stdout)["feasible"] == [2.0, 6.0]


# ---- the command as a process --------------------------------------------------------------------------------


def test_help_has_examples_and_exit_codes():
    assert "Exit codes:" in call("verify", "--help").stdout and "rfa verify quick" in call("verify", "--help").stdout
    assert call().stdout == call("--help").stdout and call().exit_code == 0
    for command in ("check", "list", "explain", "assumptions", "constants"):
        assert "Examples:" in call(command, "--help").stdout


def test_an_interruption_is_one_line_and_leaves_nothing(papers, monkeypatch):
    papers(toy("Z1"))

    def stop(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(audit, "simulate_setting", stop)
    done = call("verify")

    assert done.exit_code == 130 and done.stderr.startswith("rfa: interrupted") and done.stderr.count("\n") == 1
    assert written() == []


def rfa(*args):
    return [sys.executable, "-c", "import sys; from rfa.cli import main; sys.exit(main())", *args]


ENVIRONMENT = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": str(Path(__file__).parent.parent)}


def test_a_reader_that_goes_away_is_no_noise(tmp_path):
    process = subprocess.Popen(
        rfa("list"), cwd=tmp_path, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    process.stdout.close()

    assert process.stderr.read() == b"" and process.wait() == 141
    process.stderr.close()


INTERRUPTED = """
import os, signal, sys, threading
signal.signal(signal.SIGINT, signal.default_int_handler)
from rfa import audit
train = audit.simulate_setting
def interrupted(*args, **kwargs):
    threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT)).start()
    return train(*args, **kwargs)
audit.simulate_setting = interrupted
from rfa.cli import main
sys.exit(main())
"""


def test_ctrl_c_in_the_middle_of_a_run_is_one_line_and_130(tmp_path):
    (tmp_path / "long.toml").write_text(SMALL + "steps = 400_000\nrecord = 'light'\n")
    command = [sys.executable, "-c", INTERRUPTED, "verify", "long.toml"]
    done = subprocess.run(command, cwd=tmp_path, env=ENVIRONMENT, capture_output=True, timeout=120, check=False)

    assert done.returncode == 130 and done.stdout == b""
    assert done.stderr.startswith(b"rfa: interrupted") and done.stderr.count(b"\n") == 1
    assert [p.name for p in tmp_path.iterdir()] == ["long.toml"]


def test_the_whole_command_on_the_real_paper_pipes_cleanly(tmp_path):
    (tmp_path / "mine.toml").write_text(SMALL)
    done = subprocess.run(
        rfa("verify", "mine.toml"),
        cwd=tmp_path,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )

    assert done.returncode == 0 and done.stderr == "" and "\x1b" not in done.stdout
    assert "Nothing is refuted" in done.stdout and read(tmp_path / "reports/mine-seed0/report.json")["L14"]


def test_importing_the_package_loads_nothing_heavy():
    heavy = "'pandas', 'rich', 'jsonschema', 'scipy.special', 'scipy.stats', 'click', 'checks'"
    loaded = f"[m for m in ({heavy}) if m in sys.modules]"
    code = f"import rfa, sys; print({loaded}, rfa.verify.__name__, rfa.simulate.__name__)"
    done = subprocess.run([sys.executable, "-c", code], env=ENVIRONMENT, capture_output=True, text=True, check=True)

    assert done.stdout == "[] verify simulate\n"


def test_no_module_of_the_package_hides_behind_a_public_name():
    modules = {module.name for module in pkgutil.iter_modules(rfa_package.__path__)}
    assert modules.isdisjoint(rfa_package.__all__)


# ---- finding settings and commands ---------------------------------------------------------------------------


def test_settings_are_found_by_name_then_by_path(papers):
    installed = papers(toy("Z1"))

    assert list(named_settings(installed)) == ["tiny", "until"] and find_setting("tiny").name == "tiny"
    Path("tiny").write_text(SMALL.replace("m = 12", "m = 14"))
    assert find_setting("tiny").m == 12 and find_setting("./tiny").m == 14


def test_a_paper_is_found_by_name_itself_or_by_default(papers):
    installed = papers(toy("Z1"))

    assert find_paper() is installed and find_paper("toy") is installed and find_paper(installed) is installed
    assert find_paper("other").name == "other"


def test_no_paper_at_all_is_told(monkeypatch):
    monkeypatch.setattr(audit, "find_papers", dict)
    with pytest.raises(InputError, match="no paper is installed"):
        find_paper()


def test_a_setting_made_in_python_is_replayed_from_its_copy(papers):
    installed = papers(toy("Z1"))
    run = simulate(small_setting(fresh=10), paper=installed)

    assert replay_command(run, installed) == "rfa verify setting.toml"


def test_the_difference_of_settings_is_what_set_would_need():
    base = Setting.from_toml(SMALL)

    assert difference(base, base) == []
    assert difference(base, base.override(alpha=0.1, seed=4)) == ["--seed", "4", "--set", "alpha=0.1"]
    assert difference(base, base.override(noisy=None)) is None
    changed = base.override(name='a "b" = c', clusters="cube")
    again = dict(part.split("=", 1) for part in difference(base, changed) if part != "--set")
    assert again == {"clusters": '"cube"', "name": '"a \\"b\\" = c"'}


def test_the_glossary_names_every_recurring_symbol_of_the_code():
    says = {row["name"]: row["says"] for row in listing.symbols()}

    assert says["run.D"] == "D = max_i ‖xi_i‖." and says["run.J"].startswith("J_mu") and "run.in_J" in says
    assert says["setting.omega_init"] == "standard deviation of the initial weights"
    assert all(says.values()) and not any("\n" in text for text in says.values())


@pytest.mark.parametrize("paper", find_papers().values(), ids=lambda paper: paper.name)
def test_every_statement_is_explained_in_words(paper, monkeypatch):
    run = listing.example_run(paper)
    monkeypatch.setattr(listing, "example_run", lambda of: run)
    for statement in paper.results:
        told = listing.explained(paper, statement.id)
        assert told.startswith(f"{statement.id}  {statement.title}") and statement.words in told
        assert len(statement.words) > 30 and all(gap in told for gap in statement.gaps)


def test_a_start_that_never_holds_is_told_with_the_claim_that_keeps_failing(papers, monkeypatch):
    from rfa import result, simulation, suppose

    @result("Z1", "never", kind="CONDITION")
    def never(run):
        """Never."""
        yield suppose("Z1", "no draw", run.draws, ">=", np.full(3, [0, 99, 0]), axes="j")

    installed = papers(never)
    shown = []
    monkeypatch.setattr(audit, "MOST_DRAWS", 4)
    monkeypatch.setattr(simulation, "MOST_DRAWS", 4)
    with pytest.raises(InputError) as error:
        simulate("until", paper=installed, progress=lambda *told: shown.append(told))

    told = "draw_until = 'Z1': not met in 4 draws: Z1 at j = 1 (no draw) fails in 4; try other sizes"
    assert str(error.value) == told
    assert shown == [(f"drawing until Z1 holds, draw {k + 1}", k, 4) for k in range(4)]


@pytest.mark.parametrize(
    ("lasting", "draws", "told"), [(1, 3, r"2 \(no draw\) fails in all"), (0, 5, r"1 \(no draw\) fails in 3")]
)
def test_drawing_ends_early_where_a_claim_fails_at_one_index_in_many_draws(papers, monkeypatch, lasting, draws, told):
    from rfa import result, simulation, suppose

    @result("Z1", "never", kind="CONDITION")
    def never(run):
        """Never."""
        worst_in_turn = 2 * (run.draws % 2 == np.arange(2))
        yield suppose("Z1", "no draw", 0, ">=", np.array([*worst_in_turn, lasting]), axes="j")

    installed = papers(never)
    monkeypatch.setattr(audit, "HOPELESS", 3)
    for module in (audit, simulation):
        monkeypatch.setattr(module, "MOST_DRAWS", 5)

    with pytest.raises(InputError, match=f"not met in {draws} draws: Z1 at j = {told}"):
        simulate("until", paper=installed)


def test_a_start_may_be_asked_for_by_a_statement_of_another_paper(papers):
    papers(toy("Z1"))

    assert simulate(small_setting(draw_until="Z9")).draws == 1


@pytest.mark.parametrize("command", [("verify",), ("list",), ("assumptions",), ("constants",)])
def test_a_file_that_cannot_be_written_is_told_before_the_work(papers, command):
    papers(toy("Z1"))
    done = call(*command, "--json", "/proc/y.json")

    assert done.exit_code == 2 and done.stderr.startswith("rfa: /proc: cannot write in /proc: ") and not written()
    assert done.stderr.count("\n") == 1


def test_a_link_for_json_is_followed(papers, tmp_path):
    papers(toy("Z1"))
    (tmp_path / "link.json").symlink_to("there.json")

    assert call("verify", "--json", str(tmp_path / "link.json")).exit_code == 0
    assert (tmp_path / "link.json").is_symlink() and json.loads((tmp_path / "there.json").read_text())


@pytest.mark.parametrize("command", ["list", "assumptions", "constants", "certify"])
def test_json_goes_to_a_file_beside_what_is_shown_or_to_standard_output_alone(command, tmp_path):
    what = {"list": [], "certify": ["explicit-10"]}.get(command, ["quick"])
    plain, beside, alone = (call(command, *what, *more) for more in ([], ["--json", tmp_path / "j"], ["--json", "-"]))

    assert beside.stdout == plain.stdout and beside.exit_code == alone.exit_code == plain.exit_code
    assert json.loads(alone.stdout) == json.loads((tmp_path / "j").read_text())


@pytest.mark.parametrize("words", [("list",), ("--help",), ("list", "--json", "/dev/full")])
def test_a_full_output_is_one_line(words, tmp_path):
    with open("/dev/full", "w") as full:
        out = subprocess.DEVNULL if "--json" in words else full
        done = subprocess.run(rfa(*words), stdout=out, stderr=subprocess.PIPE, env=ENVIRONMENT, check=False)

    assert done.returncode == 2 and b"No space left on device" in done.stderr and done.stderr.count(b"\n") == 1


def test_memory_that_runs_out_in_the_middle_is_told_in_one_line(papers, monkeypatch):
    def hungry(*arguments, **options):
        raise MemoryError("Unable to allocate 59.6 GiB for an array with shape (4000, 2000000)")

    papers(toy("Z1"))
    monkeypatch.setattr(audit, "judge", hungry)
    done = call("verify")

    told = "rfa: memory: Unable to allocate 59.6 GiB for an array with shape (4000, 2000000); lower n, m or d\n"
    assert done.exit_code == 2 and done.stderr.endswith(told) and not written()


@pytest.mark.parametrize(("closed", "code"), [(">&-", 0), (">&- 2>&- <&-", 0), ("2>&- >/dev/full", 2)])
def test_a_closed_stream_swallows_what_is_said(closed, code, tmp_path):
    told = tmp_path / "told.json"
    command = f"{shlex.join(rfa('list', '--json', str(told)))} {closed}"
    done = subprocess.run(command, shell=True, stderr=subprocess.PIPE, env=ENVIRONMENT, check=False)

    assert done.returncode == code and done.stderr == b"" and json.loads(told.read_text())


@pytest.mark.parametrize(
    ("name", "folder"),
    [("läufe 1", "läufe-1"), ("данные", "данные"), ("../x", "x"), ("...", "run"), ("運" * 90, "運" * 50)],
)
def test_a_name_of_any_script_is_a_folder_of_its_own(name, folder):
    assert file_name(name) == folder and len(os.fsencode(folder)) <= 200


@pytest.mark.parametrize("words", [("--out", ""), ("--save-run", ""), ("--set", 'name="""'), ("--set", "noisy=[1")])
def test_an_empty_place_and_broken_toml_are_refused_in_one_line(words, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)

    assert main(["verify", "quick", "--no-pictures", *words], standalone_mode=False) == 2
    assert capsys.readouterr().err.count("\n") == 1 and not list(tmp_path.iterdir())
