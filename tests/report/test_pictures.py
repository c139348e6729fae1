from dataclasses import replace

import numpy as np
import pytest

from checks import PAPER
from rfa import suppose
from rfa.report import claim_pictures as c, pictures as p, plotting
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


def labels(figure):
    return [text.get_text() for text in figure.axes[0].get_legend().get_texts()]


@pytest.fixture(scope="module")
def claims():
    return c.over_steps(PAPER, small())


def test_every_conclusion_over_the_steps_has_a_curve_with_its_worst_slack_and_the_bound_at_zero(claims):
    curves = c.slack_curves(claims, small())
    figure = c.slack(curves)

    assert {"L14.neuron", "C10", "C9.on"} <= set(curves)
    for id, claim in claims.items():
        points = line(figure, id)
        assert points[:, 1].min() == claim.slack[claim.worst()]
        assert len(points) == len(curves[id][0]) and set(points[:, 0]) <= set(small().t)
    assert set(line(figure, "bound")[:, 1]) == {0.0}
    assert figure.axes[0].get_xlim() == (0, small().last)


def test_the_bound_of_a_claim_is_drawn_at_its_height_and_the_worst_neuron_under_it(claims):
    run, claim = small(), claims["L14.neuron"]
    figure = c.against_bound(claim, run)

    expected = 2 * run.step_size / np.sqrt(run.m) * run.t
    np.testing.assert_allclose(line(figure, "bound"), np.stack([run.t, expected], axis=1)[1:], rtol=1e-12)
    np.testing.assert_array_equal(line(figure, "worst")[:, 1], run.trace.norm[1:, claim.worst()[1]])
    assert figure.axes[0].get_ylabel() == "‖wⱼ(t)‖" and "bound 2bαt" in labels(figure)


def test_the_band_of_a_claim_reaches_from_the_least_to_the_largest_neuron(claims):
    run = small()
    (band,) = drawn(c.against_bound(claims["L14.neuron"], run), "range")
    corners = band.get_paths()[0].vertices
    for t in run.t[1:]:
        there = corners[corners[:, 0] == t, 1]
        assert (there.min(), there.max()) == (run.trace.norm[t].min(), run.trace.norm[t].max())


@pytest.mark.parametrize(("bound", "scale"), [(2.0, "linear"), (100.0, "log"), (-1.0, "linear")])
def test_sides_of_one_size_are_drawn_on_a_linear_scale_and_far_ones_on_a_logarithmic_one(bound, scale):
    run = small()
    claim = suppose("Z1.x", "x ≤ y", np.ones((len(run.t), run.m)), "<=", bound, axes="t j")
    figure = c.against_bound(claim, run)
    assert figure.axes[0].get_yscale() == scale and set(line(figure, "bound")[:, 1]) == {bound}
    low, high = figure.axes[0].get_ylim()
    assert low < min(1, bound) and high > max(1, bound)


def test_almost_orthogonality_is_drawn_against_three(claims):
    figure = c.against_bound(claims["C10"], small())
    np.testing.assert_allclose(line(figure, "bound")[:, 1], 3 * small().step_size / np.sqrt(small().m))


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
    curves = [np.asarray(one.get_ydata()) for one in drawn(figure, "own")]
    assert len(curves) == run.in_J.sum() and all(len(c) == len(run.t) for c in curves)
    own = run.own.value[-1] / run.norm.value[-1]
    assert sorted(c[-1] for c in curves) == sorted(own[run.in_J])


def test_a_candidate_s_cosine_with_the_other_pair_is_drawn_beside_its_own():
    run = small()
    last = sorted(float(one.get_ydata()[-1]) for one in drawn(p.alignment(run), "across"))
    W = run.W(run.last)[run.in_J]
    other = run.sample.mu[[1 - p.PAIR[mu] for mu in run.home[run.in_J]]]
    np.testing.assert_allclose(last, sorted((W * other).sum(axis=1) / np.linalg.norm(W, axis=1)), atol=1e-12)


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
        keep = plotting.thinned(count)
        assert len(keep) <= plotting.MOST_POINTS and keep[0] == 0 and keep[-1] == count - 1
        assert set(range(min(count, 20))) <= set(keep) and (np.diff(keep) > 0).all()


def test_a_thinned_curve_keeps_its_lowest_points():
    values = np.random.default_rng(0).normal(size=5000)
    keep = plotting.lowest(values)
    starts = plotting.thinned(5000)
    assert values[keep].min() == values.min() and len(keep) == len(starts)
    assert all(values[k] == values[a:b].min() for k, a, b in zip(keep, starts, [*starts[1:], 5000], strict=True))


def test_ticks_of_steps_are_whole_numbers():
    for last, expected in ((4, ["0", "1", "2", "3", "4"]), (12000, ["0", "1", "10", "100", "1000", "10⁴"])):
        figure, axes = plotting.blank()
        plotting.step_axis(axes, np.array([0, last]))
        figure.canvas.draw()
        assert [tick.get_text() for tick in axes.get_xticklabels()] == expected


def test_a_slim_picture_draws_the_same_points_to_a_hundredth():
    marks = "".join(f'<use xlink:href="#m" x="{k}.123456" y="0.1" style="fill: red"/>\n' for k in range(3))
    path = '<path d="M 1.000000 2.345678 \nL 3.999999 4 \nz\n" id="a"/>\n'
    first, second, third = plotting.slim(f'{path}{marks}<use x="1" style="s"/>\n').splitlines()
    assert first == '<path d="M 1 2.35 L 4 4 z" id="a"/>' and third == '<use x="1" style="s"/>'
    bare = "".join(f'<use xlink:href="#m" x="{k}.12" y="0.1"/>' for k in range(3))
    assert second == f'<g style="fill: red">{bare}</g>'


def test_a_waterfall_has_a_bar_from_before_to_after_for_every_step():
    steps = (("a", 8.0, 2.0), ("b", 2.0, 3.0))
    entries = [{"name": name, "before": x, "after": y, "factor": x / y} for name, x, y in steps]
    figure = c.waterfall({"measured": 8.0, "proved": 3.0, "entries": entries})
    assert [list(line(figure, one["name"])[:, 0]) for one in entries] == [[8, 2], [2, 3]]
    assert [tick.get_text() for tick in figure.axes[0].get_yticklabels()] == ["a", "b"]


def test_the_pictures_of_a_run_are_the_same_bytes_again_and_hold_no_date():
    run = small()
    first = p.pictures(PAPER, run)

    assert [one.name for one in first] == [
        "slack", "L14.neuron", "C10", "alignment", "portrait", "margins", "capture", "patterns",
    ]  # fmt: skip
    assert first[4].svg == plotting.svg(p.portrait(run)) and first[7].svg == plotting.svg(p.patterns(run))
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
    assert set(c.over_steps(paper(toy("Z1", parts=[good])), small())) == {"Z1.x"}
    for claim in bad:
        assert c.over_steps(paper(toy("Z1", parts=[claim])), small()) == {}


def test_one_step_makes_pictures_too():
    run = simulate(small_setting(K=1, steps=1, fresh=10))
    claims = c.over_steps(PAPER, run)
    assert plotting.svg(c.slack(c.slack_curves(claims, run)))
    assert plotting.svg(c.against_bound(claims["L14.neuron"], run))
    assert [axes.get_title() for axes in p.portrait(run).axes] == ["t = 0", "t = 1"]


def test_without_matplotlib_there_are_no_pictures(monkeypatch):
    monkeypatch.setattr(p, "available", lambda: False)
    assert p.pictures(PAPER, small()) == []
