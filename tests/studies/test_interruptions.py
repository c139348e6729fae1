import os
import signal
import subprocess
import sys
import time

import pytest

from rfa.studies.study import run_study
from tests.campaigns.cluster import on_dask
from tests.campaigns.kills import finished, interrupted, plan, start, table


def test_a_study_killed_at_random_moments_ends_as_an_undisturbed_one(tmp_path):
    """The short form of `python -m tests.campaigns.kills`."""
    saved = interrupted(tmp_path / "rough.sqlite", trials=400, workers=0, kills=3, seed=1)
    run_study(plan(400), tmp_path / "calm.sqlite")
    assert len(saved) == 3 and saved == sorted(saved)
    assert table(tmp_path / "rough.sqlite") == table(tmp_path / "calm.sqlite")


def test_workers_end_with_the_parent_that_is_killed(tmp_path):
    process = start(tmp_path / "s.sqlite", 100_000, 1)
    deadline = time.monotonic() + 60
    while finished(tmp_path / "s.sqlite") < 3 and time.monotonic() < deadline:
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    while alive(process.pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not alive(process.pid)


def alive(group: int) -> bool:
    """Whether any process of a process group is left."""
    listed = subprocess.run(["ps", "-o", "stat=", "-g", str(group)], capture_output=True, text=True).stdout
    return any(not line.startswith("Z") for line in listed.split())


def test_ctrl_c_ends_in_order_and_says_how_to_go_on(tmp_path):
    pytest.importorskip("rfa.audit")
    file, setting = tmp_path / "out" / "study.sqlite", tmp_path / "tiny.toml"
    setting.write_text(plan(1).setting.to_toml())
    code = (
        "from rfa.command_line import Commands; from rfa.studies.cli import register\n"
        "group = Commands(); register(group)\n"
        "if __name__ == '__main__': group()"
    )
    script = tmp_path / "program.py"
    script.write_text(code)
    command = [
        sys.executable, str(script), "study", str(setting), "--trials", "100000", "--workers", "1",
        "--paper", "tests.studies.toy:PAPER", "--out", str(file.parent),
    ]  # fmt: skip
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([os.getcwd(), *sys.path])}
    process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True, start_new_session=True)
    deadline = time.monotonic() + 60
    while finished(file) < 5 and time.monotonic() < deadline:
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGINT)
    _, told = process.communicate(timeout=60)
    assert process.returncode == 130
    assert f"{finished(file)} trials are saved" in told and "--resume" in told
    assert "Traceback" not in told


@pytest.mark.extras
@pytest.mark.filterwarnings("ignore")
def test_a_dask_cluster_that_loses_a_worker_gives_the_same_rows(tmp_path):
    """The short form of `python -m tests.campaigns.cluster`."""
    pytest.importorskip("distributed", reason="needs the extra `cluster` (pip install 'rfa[cluster]')")
    assert on_dask(tmp_path / "dask.sqlite", 400, kill=True) == 1
    run_study(plan(400), tmp_path / "here.sqlite")
    assert table(tmp_path / "dask.sqlite") == table(tmp_path / "here.sqlite")
