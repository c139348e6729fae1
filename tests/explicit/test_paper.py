"""What must be true of every statement of the sharpened proof, whatever it says."""

import pytest

from checks.explicit import PAPER
from rfa import find_papers, judge
from tests.runs import small

IDS = "A1 A2 A3 A4 A5 A6 A7 R1 R2 R3 R4 S1 S2 S3 S4 S5a S5b S5c S6 S7 S8a S8b S8 S9 S10 conclusion".split()
CLAIMS = """
    S1.f S1.p S2.lower S2.upper S3.xi S3.p S4.h S5a.on S5a.off S5a.falls S5a.strict S5b.jump S5c.end S6.rise S7.above
    S7.on S7.off S7.rises S8a.kept S8a.positive S8b.misses S8.half S9.half S10.margin conclusion.clean conclusion.noisy
""".split()

every_statement = pytest.mark.parametrize("statement", PAPER.results, ids=lambda s: s.id)


def test_the_paper_is_installed_beside_the_printed_one():
    assert find_papers()["explicit"] is PAPER and "printed" in find_papers()


def test_the_statements_and_claims_are_those_of_the_specification():
    conclusions = [v.id for s in PAPER.results for v in judge(s, small()).conclusions]

    assert [s.id for s in PAPER.results] == IDS
    assert conclusions == CLAIMS and set(PAPER.goals) <= set(conclusions)


@every_statement
def test_every_id_stands_for_one_claim(statement):
    found = judge(statement, small())
    ids = [v.id for v in (*found.verdicts, *found.links)]

    assert sorted(ids) == sorted(set(ids))


@every_statement
def test_it_states_itself_and_uses_what_comes_before(statement):
    before = IDS[: IDS.index(statement.id)]

    assert statement.title and len(statement.words) > 20
    assert set(statement.uses) <= set(before)
    assert set(statement.gaps) <= set(PAPER.gaps) and set(statement.readings) <= set(PAPER.readings)
