from dataclasses import replace

import numpy as np
import pytest

from checks import PAPER
from rfa import suppose
from rfa.report import pictures as p
from rfa.simulation import simulate
from tests.report.toys import paper, toy
from tests.runs import loose, small, small_setting

pytest.importorskip("matplotlib", reason="the extra plots is not installed")


def drawn(figure, gid):
    """The lines or collections of a figure with a name."""
    parts = [part for axes in figure.axes for part in (*axes.lines, *axes.collections)]
    return [part for part in parts if part.get_gid() == gid]


def line(figure, gid):
    (one,) = drawn(figure, gid)
    return np.asarray(one.get_xydata())


@pytest.fixture(scope="module")
def claims():
    return p.over_steps(PAPER, small())


def test_every_conclusion_over_the_steps_has_a_curve_with_its_worst_slack_and_the_bound_at_zero(claims):
    curves = p.slack_curves(claims, small())
    figure = p.slack(curves)

    assert {"L14.neuron", "C10", "C9.on"} <= set(curves)
    for id, claim in claims.items():
        points = line(figure, id)
        assert points[:, 1].min() == claim.slack[claim.worst()]
        assert len(points) == len(curves[id][0]) and set(points[:, 0]) <= set(small().t)
    assert set(line(figure, "bound")[:, 1]) == {0.0}
    assert figure.axes[0].get_xlim() == (0, small().last)


def test_the_bound_of_a_claim_is_drawn_at_its_height_and_the_worst_neuron_under_it(claims):
    run, claim = small(), claims["L14.neuron"]
    figure = p.against_bound(claim, run)

    expected = 2 * run.step_size / np.sqrt(run.m) * run.t
    there = np.isfinite(line(figure, "bound")[:, 1])
    np.testing.assert_allclose(line(figure, "bound")[there], np.stack([run.t, expected], axis=1)[1:], rtol=1e-12)
    worst = line(figure, "worst")
    np.testing.assert_array_equal(worst[there, 1], run.trace.norm[1:, claim.worst()[1]])
    assert len(figure.axes[0].lines) == run.m + 2


def test_a_bound_that_hardly_varies_is_drawn_on_a_linear_scale(claims):
    bound = p.against_bound(claims["C10"], small())
    assert bound.axes[0].get_yscale() == "linear"
    np.testing.assert_allclose(line(bound, "bound")[:, 1], 3 * small().step_size / np.sqrt(small().m))


def test_the_portrait_has_every_neuron_at_steps_zero_one_and_T():
    run = small()
    figure = p.portrait(run)

    assert [axes.get_title() for axes in figure.axes] == ["t = 0", "t = 1", f"t = {run.T}"]
    for axes, t in zip(figure.axes, (0, 1, run.T), strict=True):
        dots = np.concatenate([np.asarray(c.get_offsets()) for c in axes.collections])
        assert len(dots) == run.m
        W, mu = run.W(t), run.sample.mu
        expected = (W @ mu.T) / np.linalg.norm(W, axis=1)[:, None]
        np.testing.assert_allclose(np.sort(dots, axis=0), np.sort(expected, axis=0), atol=1e-12)


def test_a_neuron_stands_under_the_name_of_its_own_centre():
    run = small()
    figure = p.portrait(run)
    for mu, name in enumerate(p.CENTRES):
        dots = np.asarray(drawn(figure, name)[-1].get_offsets())
        assert len(dots) == run.J_size[mu]
        toward = dots[:, p.PAIR[mu]] * p.CENTRE_SIGN[mu]
        assert (toward > 0.9).all()


def test_alignment_ends_near_one_and_begins_at_one_over_root_d():
    run = small()
    figure = p.alignment(run)

    assert set(line(figure, "start")[:, 1]) == {1 / np.sqrt(run.d)}
    curves = [np.asarray(one.get_ydata()) for one in figure.axes[0].lines if one.get_gid() != "start"]
    assert len(curves) == run.in_J.sum() and all(len(c) == len(run.t) for c in curves)
    own = run.own.value[-1] / run.norm.value[-1]
    assert sorted(c[-1] for c in curves) == sorted(own[run.in_J])


def test_the_bands_of_margins_reach_from_the_least_to_the_largest():
    run = loose()
    figure = p.margins(run)
    for quality, name in ((0, "clean"), (1, "noisy")):
        (band,) = drawn(figure, name)
        corners = band.get_paths()[0].vertices
        W, noisy = run.W(run.last), run.sample.noisy == bool(quality)
        margin = run.sample.y * (np.maximum(run.sample.X @ W.T, 0) @ run.a)
        last = corners[corners[:, 0] == run.last, 1]
        np.testing.assert_allclose([last.min(), last.max()], [margin[noisy].min(), margin[noisy].max()], rtol=1e-9)
    assert set(line(figure, "bound")[:, 1]) == {0.0}


def test_captured_parts_are_counted_sample_by_sample():
    run = loose()
    for s in (0, 1):
        found = p.captured(run, s)
        W = run.W(s)
        for row, j in zip(found, np.flatnonzero(run.in_J), strict=True):
            for column, mu in enumerate((run.home[j], [1, 0, 3, 2][run.home[j]])):
                mine = run.sample.X[run.sample.cluster == mu]
                assert row[column] == (mine @ W[j] > 0).sum() / len(mine)


def test_the_bars_of_capture_count_every_candidate_once():
    figure = p.capture(loose())
    for axes in figure.axes:
        assert sum(bar.get_height() for bar in axes.patches) == 2 * loose().in_J.sum()


def test_the_pattern_count_is_that_of_the_trace():
    points = line(p.patterns(small()), "patterns")
    np.testing.assert_array_equal(points, np.stack([small().t, small().trace.patterns], axis=1))


def test_long_curves_are_thinned_but_keep_the_first_steps_and_the_last():
    for count in (1, 400, 401, 11402, 10**6):
        keep = p.thinned(count)
        assert len(keep) <= p.MOST_POINTS and keep[0] == 0 and keep[-1] == count - 1
        assert set(range(min(count, 20))) <= set(keep) and (np.diff(keep) > 0).all()


def test_the_pictures_of_a_run_are_the_same_bytes_again_and_hold_no_date():
    run = small()
    first = p.pictures(PAPER, run)

    assert [one.name for one in first] == [
        "slack", "L14.neuron", "C10", "alignment", "portrait", "margins", "capture", "patterns",
    ]  # fmt: skip
    assert first[4].svg == p.svg(p.portrait(run)) and first[7].svg == p.svg(p.patterns(run))
    assert all("<dc:date>" not in one.svg for one in first)


def test_a_run_that_lacks_something_has_the_other_pictures():
    light = p.pictures(paper(toy("Z1")), loose(record="light"))
    assert [one.name for one in light] == ["alignment", "portrait", "margins", "patterns"]
    across = replace(loose().trace, projection=np.zeros_like(loose().trace.projection))
    nobody = replace(loose(), trace=across)
    assert [one.name for one in p.pictures(paper(toy("Z1")), nobody)] == ["portrait", "margins", "patterns"]


def test_a_claim_that_no_index_meets_or_that_is_not_finite_is_left_out():
    def made(left, where):
        claim = suppose("Z1.x", "x", left, "<=", 1.0, axes="t", where=where)
        return replace(claim, role="conclusion")

    states = len(small().t)
    good = made(np.zeros(states), True)
    bad = (made(np.full(states, np.nan), True), made(np.zeros(states), np.zeros(states, bool)))
    assert set(p.over_steps(paper(toy("Z1", parts=[good])), small())) == {"Z1.x"}
    for claim in bad:
        assert p.over_steps(paper(toy("Z1", parts=[claim])), small()) == {}


def test_one_step_makes_pictures_too():
    run = simulate(small_setting(K=1, steps=1, fresh=10))
    claims = p.over_steps(PAPER, run)
    assert p.svg(p.slack(p.slack_curves(claims, run))) and p.svg(p.against_bound(claims["L14.neuron"], run))
    assert [axes.get_title() for axes in p.portrait(run).axes] == ["t = 0", "t = 1"]


def test_without_matplotlib_there_are_no_pictures(monkeypatch):
    monkeypatch.setattr(p, "available", lambda: False)
    assert p.pictures(PAPER, small()) == []
