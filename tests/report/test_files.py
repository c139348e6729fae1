import os
import stat
import threading
from pathlib import Path

import pytest

from rfa import InputError, Setting
from rfa.report import read
from rfa.report.files import check_file, check_places, check_writable, replacing
from tests.report.toys import REFUTED, report, toy
from tests.runs import small

FILES = {"report.json", "report.md", "report.html", "junit.xml", "claims.csv", "setting.toml"}


def names(directory):
    return {p.name for p in directory.iterdir()}


def test_saving_writes_every_format_and_nothing_else(tmp_path):
    report(toy("Z1")).save(tmp_path / "out" / "deep")

    assert names(tmp_path / "out" / "deep") == FILES and names(tmp_path / "out") == {"deep"}
    assert Setting.from_toml((tmp_path / "out/deep/setting.toml").read_text()) == small().setting


def test_the_directory_has_ordinary_permissions(tmp_path):
    report(toy("Z1")).save(tmp_path / "out")
    (tmp_path / "plain").mkdir()

    assert stat.S_IMODE((tmp_path / "out").stat().st_mode) == stat.S_IMODE((tmp_path / "plain").stat().st_mode)


def test_saving_again_replaces_the_files_and_leaves_others_alone(tmp_path):
    out = report(toy("Z1")).save(tmp_path / "out")
    (out / "notes.txt").write_text("mine")

    report(toy("Z1", **REFUTED)).save(out)

    assert read(out / "report.json")["Z1"]["outcome"] == "REFUTED" and (out / "notes.txt").read_text() == "mine"
    assert names(tmp_path) == {"out"}


class Killed(BaseException):
    """What stands for a kill in the middle."""


def killed_at(monkeypatch, owner, name, call):
    done = getattr(owner, name)
    calls = iter(range(1, 100))

    def act(*args, **kwargs):
        if next(calls) == call:
            raise Killed
        return done(*args, **kwargs)

    monkeypatch.setattr(owner, name, act)


@pytest.mark.parametrize("call", range(1, 7))
def test_a_kill_while_writing_leaves_nothing_behind(tmp_path, monkeypatch, call):
    killed_at(monkeypatch, Path, "write_text", call)

    with pytest.raises(Killed):
        report(toy("Z1")).save(tmp_path / "out")
    assert names(tmp_path) == set()


@pytest.mark.parametrize("call", range(1, 7))
def test_a_kill_while_replacing_leaves_only_whole_files(tmp_path, monkeypatch, call):
    first, second = report(toy("Z1")), report(toy("Z1", **REFUTED))
    out = first.save(tmp_path / "out")
    whole = {name: {(out / name).read_bytes()} for name in FILES}
    for name in names(second.save(tmp_path / "other")):
        whole[name].add((tmp_path / "other" / name).read_bytes())
    killed_at(monkeypatch, os, "replace", call)

    with pytest.raises(Killed):
        second.save(out)
    assert names(tmp_path) == {"out", "other"} and names(out) == FILES
    assert all((out / name).read_bytes() in whole[name] for name in FILES)
    assert read(out / "report.json")


def test_a_kill_before_the_rename_leaves_nothing_behind(tmp_path, monkeypatch):
    killed_at(monkeypatch, os, "rename", 1)

    with pytest.raises(Killed):
        report(toy("Z1")).save(tmp_path / "out")
    assert names(tmp_path) == set()


def killed_while_writing(path):
    with replacing(path) as fresh:
        fresh.write_text("half")
        raise Killed


def test_one_file_is_replaced_whole_or_not_at_all(tmp_path):
    path = tmp_path / "x.json"
    path.write_text("old")

    with pytest.raises(Killed):
        killed_while_writing(path)
    assert path.read_text() == "old" and names(tmp_path) == {"x.json"}
    with replacing(path) as fresh:
        fresh.write_text("new")
    assert path.read_text() == "new" and names(tmp_path) == {"x.json"}


def test_a_file_in_the_way_is_told_before_the_work(tmp_path):
    (tmp_path / "out").write_text("a file")

    with pytest.raises(InputError, match="is a file"):
        check_writable(tmp_path / "out" / "deeper")
    with pytest.raises(InputError, match="cannot be written"):
        report(toy("Z1")).save(tmp_path / "out")
    assert (tmp_path / "out").read_text() == "a file"


def test_a_place_without_permission_is_told(tmp_path, monkeypatch):
    def refused(*args, **kwargs):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "mkdir", refused)

    with pytest.raises(InputError, match=r"cannot write in .*: Permission denied"):
        check_writable(tmp_path / "out")
    with pytest.raises(InputError, match="cannot write in"):
        check_file(tmp_path / "one.json")


def test_checking_a_place_leaves_nothing(tmp_path):
    check_places(tmp_path / "out" / "deep", "-", None, tmp_path / "one.json")

    assert not names(tmp_path)


def test_a_link_is_followed_and_its_target_replaced(tmp_path):
    (tmp_path / "there").mkdir()
    (tmp_path / "there/old").write_text("old")
    (tmp_path / "link").symlink_to("there/old")
    (tmp_path / "dangling").symlink_to("there/new")

    for name, target in (("link", "old"), ("dangling", "new")):
        check_file(tmp_path / name)
        with replacing(tmp_path / name) as fresh:
            fresh.write_text("text")
        assert (tmp_path / name).is_symlink() and (tmp_path / "there" / target).read_text() == "text"
    assert names(tmp_path / "there") == {"old", "new"}


def test_a_pipe_is_written_into_and_stays(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    found = []
    reader = threading.Thread(target=lambda: found.append((tmp_path / "pipe").read_text()))
    reader.start()
    with replacing(tmp_path / "pipe") as fresh:
        fresh.write_text("text")
    reader.join()

    assert found == ["text"] and stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)
    assert names(tmp_path) == {"pipe"}


def test_a_device_is_written_into_and_a_full_one_is_told():
    with replacing(Path("/dev/null")) as fresh:
        fresh.write_text("text")
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)

    full = replacing(Path("/dev/full"))
    with pytest.raises(InputError, match="/dev/full: cannot be written: No space"), full as fresh:
        fresh.write_text("text")


def test_a_name_that_is_too_long_is_told_before_anything_is_made(tmp_path):
    with pytest.raises(InputError, match="a name in it is too long; expected at most 245 bytes"):
        check_writable(tmp_path / "a" / ("y" * 300) / "b")
    assert list(tmp_path.iterdir()) == []
