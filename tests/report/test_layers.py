from hypothesis import given, strategies as st

from rfa.report.drawing import NARROW, SHAPES, WIDE, draw, outline, resolved
from rfa.report.graph import WORDS
from rfa.report.layers import layout, without_cycles
from tests.report.toys import link, report, toy

NAMES = st.sampled_from("abcdefgh")
GRAPHS = st.dictionaries(NAMES, st.lists(NAMES, max_size=4), max_size=8)


@given(GRAPHS, st.integers(1, 4))
def test_everything_used_stands_above_and_no_two_nodes_share_a_place(uses, columns):
    plan = layout(uses, columns)
    kept = without_cycles(uses)

    assert set(plan.place) == set(uses) and len(set(plan.place.values())) == len(uses)
    assert all(plan.place[u][1] < plan.place[v][1] for v, used in kept.items() for u in used)
    assert {(e.source, e.target) for e in plan.edges} == {(u, v) for v, used in kept.items() for u in used}
    assert all(0 <= x <= plan.columns - 1 and 0 <= row < plan.rows for x, row in plan.place.values())
    assert plan.columns <= columns


@given(GRAPHS)
def test_only_edges_that_close_a_cycle_are_cut(uses):
    kept = without_cycles(uses)
    for id, used in uses.items():
        for one in set(used) & set(uses) - {id} - set(kept[id]):
            assert id in reach(one, kept)


def reach(id, uses):
    found, waiting = set(), [id]
    while waiting:
        for one in uses[waiting.pop()]:
            if one not in found:
                found.add(one)
                waiting.append(one)
    return found


def test_an_edge_is_implied_exactly_if_it_follows_through_others():
    plan = layout({"a": [], "b": ["a"], "c": ["a", "b"]}, 5)
    assert {(e.source, e.target): e.implied for e in plan.edges} == {
        ("a", "b"): False, ("b", "c"): False, ("a", "c"): True,
    }  # fmt: skip


def test_a_node_that_uses_nothing_stands_just_above_its_first_user():
    plan = layout({"a": [], "b": ["a"], "c": ["b"], "late": [], "d": ["c", "late"]}, 5)
    assert plan.place["late"][1] == plan.place["d"][1] - 1


def test_a_claim_or_a_chain_stands_for_its_statement():
    made = report(toy("Z1", parts=[link("E9", True)]), toy("Z2", uses=["E9"]), toy("Z3", uses=["Z2.c", "nothing"]))
    assert resolved(made.statements) == {"Z1": (), "Z2": ("Z1",), "Z3": ("Z2",)}


def test_every_status_has_a_shape_and_every_shape_closes_inside_its_box():
    assert set(SHAPES) == set(WORDS)
    for shape in {*SHAPES.values()}:
        path = outline(shape, 10, 20, 100, 60)
        assert path.startswith("M") and path.endswith("z") and path.count("z") == 1


def test_boxes_do_not_touch_and_lie_inside_the_drawing():
    made = report(*(toy(f"Z{k}", uses=[f"Z{j}" for j in range(k) if (k * j) % 3 == 0]) for k in range(12)))
    for form in (WIDE, NARROW):
        drawn = draw(made.statements, form)
        assert [b.id for b in drawn.boxes] == [s["id"] for s in made.statements]
        for k, b in enumerate(drawn.boxes):
            assert b.x > 0 and b.x + b.width < drawn.width and b.y > 0 and b.y + b.height < drawn.height
            for c in drawn.boxes[:k]:
                assert abs(b.x - c.x) >= form.width + form.across or abs(b.y - c.y) >= form.height + form.down
