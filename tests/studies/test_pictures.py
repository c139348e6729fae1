import numpy as np
import pytest

from rfa.report import plotting
from rfa.report.study_pictures import Bar, Dot, break_curve, curve, heat_map, power_law, rates
from rfa.studies.breakpoints import Break, Tried
from rfa.studies.rates import Interval
from rfa.studies.violations import Map
from rfa.studies.violations_pages import break_pictures, map_picture

pytest.importorskip("matplotlib", reason="the extra plots is not installed")


def part(axes, gid):
    (found,) = [x for x in (*axes.lines, *axes.collections, *axes.patches) if x.get_gid() == gid]
    return found


def points(axes, gid):
    return np.asarray(part(axes, gid).get_xydata()).tolist()


def test_every_rate_has_its_interval_its_observed_claimed_and_exact_value():
    bars = [Bar("a", 0.1, 0.05, 0.3, claimed=0.2), Bar("b", 0.0, 0.0, 0.4, claimed=0.1, exact=1e-3)]
    axes = rates(bars).axes[0]
    assert points(axes, "a") == [[0.05, 0], [0.3, 0]] and points(axes, "b") == [[0.0, 1], [0.4, 1]]
    assert points(axes, "observed") == [[0.1, 0], [0.0, 1]]
    assert points(axes, "claimed") == [[0.2, 0], [0.1, 1]] and points(axes, "exact") == [[1e-3, 1]]
    assert axes.get_xlim()[0] < 0 and axes.get_xlim()[1] > 1


def test_a_map_has_a_cell_and_a_number_for_every_share():
    axes = heat_map(("y", (1.0, 2.0)), ("<a & b>", (1.0, 2.0, 3.0)), ((None, 0.25, 1.0), (0.0, 0.5, 0.75))).axes[0]
    cells = np.ma.filled(part(axes, "map").get_array(), np.nan)
    np.testing.assert_array_equal(cells, [[np.nan, 0.25, 1.0], [0.0, 0.5, 0.75]])
    assert [text.get_text() for text in axes.texts] == ["–", "25 %", "100 %", "0 %", "50 %", "75 %"]
    assert axes.get_xlabel() == "<a & b>" and [t.get_text() for t in axes.get_yticklabels()] == ["1", "2"]


def test_a_map_of_a_report_escapes_its_names():
    made = map_picture(Map("<script>", ("y", (1.0,)), ("<b>", (1.0,)), ((0.5,),), 4))
    assert "<b>" not in made.svg and "&lt;b&gt;" in made.svg


def test_a_break_curve_has_its_points_the_rate_asked_for_and_where_it_breaks():
    dots = [Dot(4.0, 0.2, 0.1, 0.5), Dot(1.0, 1.0, 0.8, 1.0)]
    axes = break_curve("sigma", dots, 0.5, 0.9, (2.0, 3.0)).axes[0]
    assert axes.containers[0].lines[0].get_xydata().tolist() == [[1.0, 1.0], [4.0, 0.2]]
    bars = axes.containers[0].lines[2][0].get_segments()
    np.testing.assert_allclose([[x for _, x in bar] for bar in bars], [[0.8, 1.0], [0.1, 0.5]])
    assert set(part(axes, "rate").get_ydata()) == {0.9} and set(part(axes, "asked").get_xdata()) == {0.5}
    assert part(axes, "break").get_extents().transformed(axes.transData.inverted()).intervalx.tolist() == pytest.approx(
        [2.0, 3.0]
    )
    assert curve("n", dots).axes[0].get_xlabel() == "n"


def test_the_break_pictures_show_what_was_counted():
    seen = {1.0: Tried(0, 16, Interval(0.0, 0.3)), 2.0: Tried(12, 16, Interval(0.4, 0.9))}
    found = Break("A1", "L12", "d", 1.0, 1, 1.0, 2.0, {1.0: 1, 2.0: -1}, "says", seen)
    (made,) = break_pictures([found], 0.1)
    assert made.title == "L12 along A1" and "1 − δ = 0.9" in made.svg
    assert break_pictures([Break("A1", "L12", "d", 1.0, 1, None, None, {}, "says")], 0.1) == []


def test_a_power_is_drawn_through_its_points_and_says_where_there_are_none():
    axes = power_law("y", "x", [(1.0, 2.0), (10.0, 20.0), (3.0, -1.0)], 1.0, 2.0).axes[0]
    assert points(axes, "points") == [[1.0, 2.0], [10.0, 20.0]]
    np.testing.assert_allclose(points(axes, "fit"), [[1.0, 2.0], [10.0, 20.0]])
    assert "no positive values" in plotting.svg(power_law("t", "x", [(1.0, 0.0)], 1.0, 1.0))


def test_a_short_logarithmic_axis_shows_a_factor_of_4_with_plain_ticks():
    axes = power_law("y", "x", [(50.0, 0.706), (100.0, 0.71), (800.0, 0.72)], 0.0, 0.71).axes[0]
    low, high = axes.get_ylim()
    assert high / low == pytest.approx(4) and low < 0.706 < 0.72 < high
    axes.figure.draw_without_rendering()
    assert {"50", "100", "200", "500"} <= {tick.get_text() for tick in axes.get_xticklabels()}
