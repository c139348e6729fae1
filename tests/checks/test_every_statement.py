"""What must be true of every statement of the paper, whatever it says."""

import pathlib

import pytest

import checks
from checks import PAPER
from rfa import Outcome, judge
from tests.runs import loose, small

LINKS_OF_THE_SPECIFICATION = """
    U-L3a E3 U-L3b U-L4a U-L4b U-L4c E4 U-L5a2 U-L5b U-L5c E5 E6 E7 E8 E9 E10 E11 U-L6p E12 E13 E14 E15 E16 E17 U-L14
    U-L14F U-L8 U-L11n E18 U-L11f E19 E20 E21 U-L11mu E22 U-L11Lip U-L11c U-L11n2 E23 E24 U-L12f E25 E26 E27 E28 E29
    E30 E31 E32 E33 E34 E35 E36 U-L12b U-L13b E37 E38 E39 U-L13tel E40 U-L13nac E41 E42 U-L13sgn E43 E44 E45 U-L13ao
    E46 U-T1J E47 ramp U-T1R E48 U-T1g E49 U-P15 U-P2a U-P2b E50 E51 E52 E53 E54 E55 U-P2c U-P2d U-AD0 E56 U-AD1
    U-AD2 U-AD3 M1 M2 M3 M4
""".split()

STABLE_IDS = """
    A1 A2 A3 A4 A5 A6 A7.lower A7.upper L3.norm.lower L3.norm.upper L3.count.mu1 L3.count.mu2 L4.size L4.union L5a.along
    L5a.across L5b L5c L5d.lower L5d.upper L6.edge D7 L8.clean L8.noisy C9.on C9.off C10 L12.nac.on L12.nac.off L12.corr
    L13.nac.on L13.nac.off L13.ao L11.norm L11.clean L11.noisy L14.neuron L14.frob P15.empirical T1.train.clean
    T1.train.noisy T1.test P2.ratio AD.error
""".split()

STATEMENT_IDS = """
    A1 A2 A3 A4 A5 A6 A7 L3 L4 L5a L5b L5c L5d L6 D7 L8 C9 C10 L12 L13 L11 L14 P15 T1 P2 AD X1 X2 X3 X4 X5
""".split()

every_statement = pytest.mark.parametrize("statement", PAPER.results, ids=lambda s: s.id)


@pytest.fixture(scope="module")
def judged():
    return {s.id: [judge(s, run) for run in (small(), loose())] for s in PAPER.results}


def test_the_statements_are_those_of_the_specification():
    assert {s.id for s in PAPER.results} == set(STATEMENT_IDS)


def test_every_stable_claim_id_is_reported(judged):
    seen = {v.id for both in judged.values() for j in both for v in j.verdicts}

    assert set(STABLE_IDS) <= seen


def test_every_equation_and_chain_of_the_specification_is_judged(judged):
    seen = {v.link.chain for both in judged.values() for j in both for v in j.links}

    assert seen == set(LINKS_OF_THE_SPECIFICATION)


def test_every_id_stands_for_one_claim(judged):
    for judgement in (both[0] for both in judged.values()):
        ids = [v.id for v in (*judgement.verdicts, *judgement.links)]
        assert sorted(ids) == sorted(set(ids)), judgement.statement.id


@every_statement
def test_it_uses_only_what_exists(statement):
    known = {s.id for s in PAPER.results}

    assert set(statement.uses) <= known


def test_no_statement_uses_itself_through_others():
    uses = {s.id: set(s.uses) for s in PAPER.results}

    def ancestors(id, path=()):
        assert id not in path, f"{id} uses itself through {path}"
        for used in uses.get(id, ()):
            ancestors(used, (*path, id))

    for id in uses:
        ancestors(id)


@every_statement
def test_it_states_itself(statement):
    assert statement.title and len(statement.words) > 40
    assert set(statement.gaps) <= set(PAPER.gaps) and set(statement.readings) <= set(PAPER.readings)


@every_statement
def test_no_run_refutes_it(statement, judged):
    for judgement in judged[statement.id]:
        refuted = [v.id for v in judgement.conclusions if v.outcome is Outcome.REFUTED]
        broken = [v.id for v in judgement.links if v.outcome is Outcome.REFUTED and not v.link.printed]
        assert not refuted and not broken


@every_statement
def test_it_can_always_be_evaluated(statement, judged):
    for judgement in judged[statement.id]:
        assert judgement.outcome is not Outcome.ERROR, judgement.reason
        assert not [(v.id, v.reason) for v in (*judgement.verdicts, *judgement.links) if v.outcome is Outcome.ERROR]


@every_statement
def test_a_printed_step_that_fails_names_its_gap(statement, judged):
    for verdict in (v for j in judged[statement.id] for v in j.links):
        if verdict.link.printed or verdict.link.gap:
            assert verdict.link.gap in PAPER.gaps


def test_every_check_file_is_in_the_paper():
    files = {p.stem for p in pathlib.Path(checks.__path__[0]).glob("*.py")}
    results = {s.claims.__module__.split(".")[-1] for s in PAPER.results}

    assert results <= files
