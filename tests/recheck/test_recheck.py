import ast
import copy
import pathlib

import pytest

import rfa.recheck
from rfa.audit import verify
from rfa.npz import read_arrays
from rfa.recheck import compare, tables
from rfa.recheck.exact import high_precision
from rfa.recheck.files import exact_run, wrong_facts
from rfa.runfile import save_run
from rfa.simulation import simulate
from tests.checks.test_every_statement import STABLE_IDS
from tests.runs import good_start, small_setting

SETTINGS = {
    "calm": {},
    "wide": {"sigma": 0.4, "eta": 0.3, "noisy": None, "n": 60, "seed": 3},
    "rough": {"sigma": 0.3, "omega_init": 0.05, "eta": 0.2, "noisy": 9, "d": 5, "seed": 4},
    "single precision": {"dtype": "float32", "sigma": 0.3, "eta": 0.2, "noisy": 9},
    "no normal law": {"clusters": "exponential", "noise": "half-space", "eta": 0.1, "noisy": None, "sigma": 0.2},
    "reduced": {"d": 200, "engine": "reduced", "sigma": 0.01},
    "off the grid": {"K": None, "alpha": 0.1, "steps": 9},
    "a tie at zero": {"relu_at_zero": 0.5, "orientation": "random", "sigma": 0.05},
}
NOT_CLAIMS_OF_A_RUN = {"L8.random", "X1.linear", "X1.affine"}


def made(folder, changes, *, keep_all=True):
    """The document of a report and the arrays of its run file."""
    setting = small_setting(**changes)
    accept = good_start if not changes else None
    run = simulate(setting, accept=accept, keep=range(setting.total_steps + 1) if keep_all else ())
    save_run(run, folder / "run.npz")
    return dict(verify(run, links=not changes).document), read_arrays(folder / "run.npz")


def rechecked(document, arrays):
    with high_precision():
        run = exact_run(arrays, document)
        return list(wrong_facts(arrays, document, run)), compare.recheck(document["statements"], run)


@pytest.fixture(scope="module")
def calm(tmp_path_factory):
    return made(tmp_path_factory.mktemp("calm"), {})


@pytest.fixture(scope="module")
def rough(tmp_path_factory):
    return made(tmp_path_factory.mktemp("rough"), SETTINGS["rough"])


@pytest.fixture(scope="module", params=["calm", "rough"])
def judged(request, calm, rough):
    """A report with its exact run, whose quantities are made once for all plants."""
    document, arrays = {"calm": calm, "rough": rough}[request.param]
    with high_precision():
        run = exact_run(arrays, document)
        compare.recheck(document["statements"], run)
    return document, run


@pytest.mark.parametrize("name", SETTINGS)
def test_a_report_agrees_with_its_run_file(name, tmp_path):
    facts, found = rechecked(*made(tmp_path, SETTINGS[name]))

    assert not facts
    assert not found.wrong


def test_every_stable_claim_is_computed_again_or_listed_with_a_reason(calm):
    _, found = rechecked(*calm)
    done = {name.split(" ", 1)[1] for name in found.done}
    listed = {name.split(" ", 1)[1] for name in (*found.partly, *found.skipped)}

    assert set(STABLE_IDS) <= done | listed
    assert set(STABLE_IDS) - done == {"P15.empirical", "T1.test"}
    assert all((*found.partly.values(), *found.skipped.values()))


def test_every_claim_of_a_full_run_file_is_computed_again_at_every_index(calm):
    document, _ = calm
    _, found = rechecked(*calm)
    claims = {f"{s['id']} {c['id']}" for s in document["statements"] for c in s["claims"]}
    left = {name.split(" ", 1)[1] for name in claims - set(found.done)}

    assert left == NOT_CLAIMS_OF_A_RUN | {"P15.empirical", "T1.test"}
    assert found.scanned == found.done


def test_gradient_steps_are_not_taken_for_granted_where_weights_are_missing(tmp_path):
    document, arrays = made(tmp_path, {"seed": 1}, keep_all=False)
    _, found = rechecked(document, arrays)
    steps = {name for name in found.skipped if name.endswith("RP.M1")}

    assert steps == {f"{id} RP.M1" for id in ("L14", "L13", "L11", "T1", "P2")}
    assert all("are not in the run file" in found.skipped[name] for name in steps)
    assert "L12 RP.M1" in found.done
    assert "L13 L13.ao" in found.done


def test_missing_steps_are_not_made_again_from_weights_that_no_descent_connects(tmp_path):
    document, arrays = made(tmp_path, {"seed": 1}, keep_all=False)
    arrays["W"] = arrays["W"].copy()
    arrays["W"][-1, 0] *= 1.001
    _, found = rechecked(document, arrays)

    assert any("does not lead to the stored step 4" in why for why in found.skipped.values())


# ---- planted changes -----------------------------------------------------------------------------------------


def digit(x):
    """The number with its third digit changed."""
    return float(f"{x:.17g}") * (1 + 3e-3) if x else 1e-3


def other_outcome(claim):
    return next(o for o in ("BEYOND", "CONFIRMED", "SILENT", "REFUTED") if o != claim["outcome"])


def moved_count(claim):
    old = next(k for k, count in claim["counts"].items() if count)
    new = next(o for o in ("BEYOND", "SILENT", "CONFIRMED") if o != old)
    return {**claim["counts"], old: claim["counts"][old] - 1, new: claim["counts"].get(new, 0) + 1}


PLANTS = {
    "left side": lambda c: {"lhs": digit(c["lhs"])},
    "right side": lambda c: {"rhs": digit(c["rhs"])},
    "slack": lambda c: {"slack": digit(c["slack"])},
    "tightest constant": lambda c: {"tightest_constant": digit(c["tightest_constant"])},
    "outcome": lambda c: {"outcome": other_outcome(c)},
    "holds": lambda c: {"holds": not c["holds"]},
    "counts": lambda c: {"counts": moved_count(c)},
    "relation": lambda c: {"relation": {"<=": ">=", ">=": "<=", "<": ">", ">": "<", "==": "<="}[c["relation"]]},
    "a premise that fails": lambda c: {"failing": [*c["failing"], {"id": "RP.R", "factor": None}]},
}


def found_out(statement, k, faulty, run):
    """What is told of a statement whose claim number k is replaced by a faulty one."""
    claims = [faulty if at == k else claim for at, claim in enumerate(statement["claims"])]
    premises, found = {c["id"]: c for c in claims if c["role"] == "premise"}, compare.Recheck()
    with high_precision():
        compare.recheck_claim(found, statement["id"], faulty, premises, run)
    whole = compare.contradictions({**statement, "claims": claims, "links": []})
    return [what for _, what in found.wrong] + [what for where, what in whole if where == faulty["id"]]


def planted(document, run, change, claims=None):
    """The claims of a report (those in `claims`) whose planted change is not found."""
    missed = []
    for statement in document["statements"]:
        for k, claim in enumerate(statement["claims"]):
            if claims is not None and not claims(claim):
                continue
            if not found_out(statement, k, {**claim, **change(claim)}, run):
                missed.append((statement["id"], claim["id"]))
    return missed


def has_sides(claim):
    known = claim["lhs"] is not None and claim["id"] not in NOT_CLAIMS_OF_A_RUN
    return known and claim["id"] not in ("P15.empirical", "T1.test")


def inequality(claim):
    return has_sides(claim) and claim["relation"] != "=="


CONCERNS = {
    "left side": inequality,
    "right side": has_sides,
    "slack": lambda c: inequality(c) and c["slack"],
    "tightest constant": lambda c: inequality(c) and c["tightest_constant"] is not None,
    "a premise that fails": lambda c: has_sides(c) and c["role"] == "conclusion" and "RP.R" not in _failing(c),
}


def _failing(claim):
    return {f["id"] for f in claim["failing"]}


@pytest.mark.parametrize("what", PLANTS)
def test_a_change_in_any_claim_is_found(what, judged):
    document, run = judged

    assert planted(document, run, PLANTS[what], CONCERNS.get(what, has_sides)) == []


def test_an_index_that_is_less_bad_is_not_taken_for_the_witness(judged):
    document, run = judged
    missed, tried = [], 0
    for statement in document["statements"]:
        for k, claim in enumerate(statement["claims"]):
            of = tables.formula(statement["id"], claim["id"])
            if of is None or not inequality(claim) or claim["outcome"] in ("REFUTED", "SILENT", "UNDECIDED"):
                continue
            with high_precision():
                places = compare.scan(run, of)
                better = max(places, key=lambda index: places[index].slack.value)
                there = places[better]
                here = places[tuple(claim["witness"][axis] for axis in of.axes)]
                if there.slack.value - there.slack.radius <= here.slack.value + here.slack.radius:
                    continue
            faulty = {
                **claim, "witness": dict(zip(of.axes, better, strict=True)), "lhs": float(there.lhs.value),
                "rhs": float(there.rhs.value), "slack": float(there.slack.value),
            }  # fmt: skip
            tried += 1
            if not any("a worse index exists" in what for what in found_out(statement, k, faulty, run)):
                missed.append((statement["id"], claim["id"]))

    assert tried > 20
    assert missed == []


def test_a_witness_moved_to_another_index_is_found(judged):
    document, run = judged

    def move(claim):
        axis = next(iter(claim["witness"]))
        return {"witness": {**claim["witness"], axis: claim["witness"][axis] + 10**6}}

    assert planted(document, run, move, lambda c: has_sides(c) and c["witness"]) == []


@pytest.mark.parametrize("field", ["lhs", "slack", "outcome", "counts", "holds"])
def test_a_changed_link_contradicts_itself(field, calm):
    document, _ = calm
    missed = []
    for statement in document["statements"]:
        for link in statement["links"]:
            if link["lhs"] is None or not link["slack"] or link["relation"] == "==" or not link["holds"]:
                continue
            beyond = abs(link["rhs"]) + abs(link["lhs"]) + 1
            broken = {
                "lhs": beyond if link["relation"] in ("<=", "<") else -beyond, "slack": -link["slack"],
                "outcome": other_outcome(link), "counts": {"SILENT": 1}, "holds": False,
            }  # fmt: skip
            if not list(compare.contradictions({**statement, "links": [{**link, field: broken[field]}]})):
                missed.append((statement["id"], link["id"], link["from"]))

    assert missed == []


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"outcome": "BEYOND"}, "L14"),
        ({"counts": {"CONFIRMED": 1}}, "L14"),
    ],
)
def test_a_changed_summary_of_a_statement_is_found(change, where, calm):
    document, arrays = copy.deepcopy(calm[0]), calm[1]
    next(s for s in document["statements"] if s["id"] == where).update(change)
    _, found = rechecked(document, arrays)

    assert {name for name, _ in found.wrong} == {where}


def test_the_report_of_another_run_is_not_taken_for_this_one(calm, rough):
    facts, _ = rechecked(calm[0], rough[1])

    assert "provenance.digest" in {where for where, _ in facts}
    assert "run.d" in {where for where, _ in facts}


def test_nothing_is_shared_with_engine_framework_and_checks():
    allowed = {"rfa.errors", "rfa.recheck"}
    for path in pathlib.Path(rfa.recheck.__path__[0]).glob("*.py"):
        if path.name == "command.py":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            for name in names:
                own = name.split(".")[0] in ("rfa", "checks")
                assert not own or any(name.startswith(one) for one in allowed), (path.name, name)
