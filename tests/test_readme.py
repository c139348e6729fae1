import pathlib
import re
import shlex
import tomllib

import pytest

from rfa import Outcome, Setting
from rfa.cli import main

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


@pytest.mark.parametrize("line", re.findall(r"^    (?:.* && )?(rfa .*)$", README, re.MULTILINE))
def test_every_command_line_of_the_readme_is_understood(line):
    _, name, *args = shlex.split(line)
    with main.commands[name].make_context(name, args) as context:
        assert "paper" in context.params
