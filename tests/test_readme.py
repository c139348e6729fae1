import pathlib
import re
import shlex
import tomllib

import pytest

from rfa import Outcome, Setting
from rfa.cli import main
from tests.campaigns import readme

README = (pathlib.Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def test_every_command_of_the_readme_exists():
    named = set(re.findall(r"`rfa ([a-z]+)", README)) | set(re.findall(r"^    rfa ([a-z]+)", README, re.MULTILINE))

    assert named and named <= set(main.commands)


def test_every_command_that_exists_is_in_the_readme():
    assert set(main.commands) - set(re.findall(r"`rfa ([a-z]+)", README)) == set()


@pytest.mark.parametrize("text", blocks("toml"))
def test_the_setting_of_the_readme_is_a_setting(text):
    assert Setting.from_toml(text).n == tomllib.loads(text)["n"]


@pytest.mark.parametrize("code", blocks("python"))
def test_the_python_of_the_readme_runs(code, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    exec(compile(code, "README.md", "exec"), {})

    assert Outcome.CONFIRMED.name in capsys.readouterr().out


def test_the_run_that_the_readme_saves_is_checked_as_it_says(tmp_path, capsys):
    chosen = [(name, command) for name, command in readme.parts(README) if "run.npz" in " ".join(command)]

    assert [name for name, _ in chosen][1:] == ["rfa check run.npz"]
    assert readme.failing(chosen, tmp_path) == [], capsys.readouterr().out


def test_what_a_reader_is_told_to_run_is_all_there_and_a_failure_is_seen(tmp_path):
    lines = [name for name, _ in readme.parts(README)]

    assert len(lines) == len(blocks("python")) + len(re.findall(r"^    (?:.* && )?rfa ", README, re.MULTILINE)) > 8
    two = list(readme.parts("    rfa check none.npz\n\n    rfa list\n"))
    assert readme.failing(two, tmp_path) == ["rfa check none.npz"]


@pytest.mark.parametrize("line", re.findall(r"^    (?:.* && )?(rfa .*)$", README, re.MULTILINE))
def test_every_command_line_of_the_readme_is_understood(line):
    _, name, *args = shlex.split(line)
    with main.commands[name].make_context(name, args) as context:
        assert "paper" in context.params
