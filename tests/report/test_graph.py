import pytest

from rfa.report.graph import ancestors, graph, status
from tests.report.toys import BEYOND, REFUTED, SILENT, link, not_applicable, raising, report, toy


def statuses(*results):
    return {node.id: node.status for node in graph(report(*results).statements)}


def test_confirmed_results_on_confirmed_ground_are_confirmed():
    assert statuses(toy("A"), toy("B", uses=["A"]), toy("C", uses=["B"])) == dict.fromkeys("ABC", "confirmed")


def test_confirmed_under_a_refuted_ancestor_is_true_for_another_reason():
    found = statuses(toy("A", **REFUTED), toy("B", uses=["A"]), toy("C", uses=["B"]), toy("D"))

    assert found == {"A": "refuted", "B": "true for another reason", "C": "true for another reason", "D": "confirmed"}


@pytest.mark.parametrize(
    "ground", [toy("A", **BEYOND), toy("A", **SILENT), not_applicable("A"), raising("A", TypeError())]
)
def test_confirmed_above_something_untested_is_confirmed_alone(ground):
    nodes = {n.id: n for n in graph(report(ground, toy("B", uses=["A"]), toy("C", uses=["B"])).statements)}

    assert nodes["C"].status == "confirmed alone" and nodes["C"].because == ("A",)


def test_what_is_not_confirmed_keeps_its_own_word():
    found = statuses(
        toy("A", **REFUTED), toy("B", uses=["A"], **BEYOND), toy("C", uses=["A"], **SILENT), not_applicable("D"),
        raising("E", TypeError()),
    )  # fmt: skip

    assert list(found.values()) == ["refuted", "beyond", "silent", "does not apply", "error"]


def test_suppositions_hold_or_fail():
    assumed = [
        toy(id, kind="ASSUMPTION", premise=holds, conclusion=None) for id, holds in (("A1", True), ("A2", False))
    ]

    assert statuses(*assumed) == {"A1": "holds", "A2": "fails"}


def test_a_cited_chain_is_a_node_of_its_own_with_the_outcome_of_its_links():
    owner = toy("A", parts=[link("E1", False), link("E2", True), link("E2", False, printed=True)])
    nodes = {n.id: n for n in graph(report(owner, toy("B", uses=["E1"]), toy("C", uses=["E2"])).statements)}

    assert nodes["E1"].status == "refuted" and nodes["B"].status == "true for another reason"
    assert nodes["E2"].status == "confirmed" and nodes["C"].status == "confirmed"


def test_using_a_claim_means_using_its_statement_and_unknown_ids_are_left_out():
    nodes = {n.id: n for n in graph(report(toy("A"), toy("B", uses=["A.c", "E99"])).statements)}

    assert nodes["B"].uses == ("A",) and set(nodes) == {"A", "B"}


def test_the_report_carries_the_status():
    entry = report(toy("A", **REFUTED), toy("B", uses=["A"]))["B"]

    assert entry["status"] == {"word": "true for another reason", "because": ["A"]}


def test_ancestors_are_found_through_every_path_and_around_circles():
    parents = {"a": ["b", "c"], "b": ["d"], "c": ["d"], "d": ["a"]}

    assert ancestors("a", parents) == {"b", "c", "d"}


def test_a_refuted_ancestor_outweighs_an_untested_one():
    assert status("DET", "CONFIRMED", {"A": "BEYOND", "B": "REFUTED"}) == ("true for another reason", ("B",))
