"""Progress: a line now and then where standard error is no terminal, nothing where it was not asked for."""

import numpy as np
import pytest

from checks import PAPER
from rfa import audit, fresh, progress
from rfa.setting import Setting

SMALL = Setting(d=6, n=40, m=8, sigma=0.1, omega_init=1e-3, K=2, fresh=500)


@pytest.fixture
def clock(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    return now


def lines(clock, capsys, *, quiet=False, seconds=35):
    with progress.bar(quiet=quiet) as tell:
        for clock[0] in range(seconds):
            tell("drawing", int(clock[0]), 50)
    return capsys.readouterr().err.splitlines()


def test_in_a_pipe_a_line_appears_every_ten_seconds(clock, capsys):
    told = ["drawing: 20 %, 10 s so far", "drawing: 40 %, 20 s so far", "drawing: 60 %, 30 s so far"]

    assert lines(clock, capsys) == told


def test_short_work_and_quiet_work_tell_nothing(clock, capsys):
    assert lines(clock, capsys, seconds=9) == []
    assert lines(clock, capsys, quiet=True) == []


def test_drawing_until_a_statement_holds_is_told_draw_by_draw():
    seen = []
    wide = SMALL.override(draw_until="L4", C0=2.0)
    run = audit.simulate(wide, paper=PAPER, progress=lambda *told: seen.append(told))

    draws = [what for what, _, _ in seen if what.startswith("drawing")]
    assert draws == [f"drawing until L4 holds, draw {k}" for k in range(1, run.draws + 1)]


def test_fresh_samples_are_drawn_in_blocks_that_tell_how_far_they_are(monkeypatch):
    monkeypatch.setattr(fresh, "BLOCK_ENTRIES", 8 * 100)
    seen = []
    run = audit.simulate(SMALL, paper=PAPER)
    audit.judge_all(PAPER, run, links=False, progress=lambda *told: seen.append(told))

    assert [told for told in seen if told[0] == "drawing fresh samples"] == [
        ("drawing fresh samples", done, 500) for done in range(0, 500, 100)
    ]
    assert fresh.WATCH.get() is None and np.isfinite(run.fresh.f).all() and len(run.fresh.f) == 500
