from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, strategies as st
from hypothesis.extra.numpy import arrays

from rfa import PROOF, DoesNotApply, Outcome, Rounded, Sampled, chain, eq, ge, judge, le, result, suppose, then
from rfa.departures import Departure

RUN = SimpleNamespace(labels={"t": np.array([5, 6, 7])}, departures=())
TRUTH = {
    (True, True): Outcome.CONFIRMED,
    (True, False): Outcome.REFUTED,
    (False, True): Outcome.BEYOND,
    (False, False): Outcome.SILENT,
}


def toy(*claims, kind="DET", id="Z1"):
    @result(id, "Toy", kind=kind)
    def statement(run):
        """Suppose p. Then c."""
        yield from claims

    return statement


def sign(truth):
    return np.where(truth, 1, -1)


@given(premise=arrays(bool, 3), conclusion=arrays(bool, (3, 2)))
def test_outcomes_are_the_truth_table_at_every_index(premise, conclusion):
    judgement = judge(
        toy(suppose("p", "", 0, "<=", sign(premise), axes="t"), then("c", "", 0, "<=", sign(conclusion), axes="t j")),
        RUN,
    )
    counts = judgement.conclusions[0].counts
    expected = [TRUTH[bool(premise[t]), bool(conclusion[t, j])] for t in range(3) for j in range(2)]

    assert {o: counts[o] for o in TRUTH.values()} == {o: expected.count(o) for o in TRUTH.values()}


@given(premise=arrays(bool, (2, 4)))
def test_a_letter_that_only_the_premise_has_means_for_all(premise):
    judgement = judge(
        toy(suppose("p", "", 0, "<=", sign(premise), axes="j i"), then("c", "", 0, "<=", np.ones(2, int), axes="j")),
        RUN,
    )

    assert judgement.conclusions[0].counts[Outcome.CONFIRMED] == premise.all(axis=1).sum()


def test_axes_line_up_by_letter_not_by_position():
    premise = suppose("p", "", 0, "<=", sign(np.array([[True, False, True], [True, True, False]])), axes="j t")
    conclusion = then("c", "", 0, "<=", np.ones((3, 2), int), axes="t j")

    counts = judge(toy(premise, conclusion), RUN).conclusions[0].counts

    assert (counts[Outcome.CONFIRMED], counts[Outcome.BEYOND]) == (4, 2)


@pytest.mark.parametrize(
    ("premise", "conclusion", "outcome"),
    [
        (Rounded(0.0, 1.0), 1, Outcome.UNDECIDED),
        (1, Rounded(0.0, 1.0), Outcome.UNDECIDED),
        (-1, Rounded(0.0, 1.0), Outcome.UNDECIDED),
    ],
)
def test_what_rounding_leaves_open_is_undecided(premise, conclusion, outcome):
    assert judge(toy(suppose("p", "", 0, "<=", premise), then("c", "", 0, "<=", conclusion)), RUN).outcome is outcome


def test_a_failing_premise_outweighs_an_undecided_one():
    open_, broken = suppose("p", "", 0, "<=", Rounded(0.0, 1.0)), suppose("q", "", 1, "<=", 0)

    assert judge(toy(open_, broken, then("c", "", 0, "<=", 1)), RUN).outcome is Outcome.BEYOND


def test_the_witness_carries_the_step_number_and_lies_where_it_failed():
    values = np.array([[9, 9], [9, -1], [-5, 9]])
    premise = suppose("p", "", 0, "<=", np.array([1, 1, -1]), axes="t")

    (verdict,) = judge(toy(premise, then("c", "", 0, "<=", values, axes="t j")), RUN).conclusions

    assert verdict.outcome is Outcome.REFUTED and verdict.failing == ("p",)
    assert verdict.witness == {"t": 6, "j": 1} and (verdict.lhs, verdict.rhs) == (0, -1)


def test_a_conclusion_rests_on_the_premises_it_names():
    p, q = suppose("p", "", 0, "<=", 1), suppose("q", "", 1, "<=", 0)

    judgement = judge(toy(p, q, then("c", "", 0, "<=", 1, needs=[p]), then("d", "", 0, "<=", 1)), RUN)

    assert [v.outcome for v in judgement.conclusions] == [Outcome.CONFIRMED, Outcome.BEYOND]


def test_one_run_never_refutes_a_probability():
    assert judge(toy(then("c", "", 1, "<=", 0, probability=0.9)), RUN).outcome is Outcome.UNDECIDED


@pytest.mark.parametrize(("premise", "outcome"), [(0, Outcome.REFUTED), (2, Outcome.SILENT)])
def test_one_run_refutes_a_promise_that_its_premises_make_sure(premise, outcome):
    sure = then("c", "", 1, "<=", 0, probability=0.9, sure=True)
    assert judge(toy(suppose("p", "", premise, "<=", 1), sure), RUN).outcome is outcome


@pytest.mark.parametrize(("value", "outcome"), [(1, Outcome.BEYOND), (-1, Outcome.SILENT)])
def test_a_remark_promises_nothing(value, outcome):
    assert judge(toy(then("c", "", 0, "<=", value), kind="TEXT"), RUN).outcome is outcome


@pytest.mark.parametrize("second", [Rounded(1.0, 2.0), Rounded(-1.0, 0.0)])
def test_a_remark_points_where_it_fails_or_else_where_it_is_open(second):
    sides = Rounded(np.array([1e-3, second.value]), np.array([0.0, second.error]))
    remark = then("c", "", 0, "<=", sides, axes="j", scale=[1.0, 1.0])

    (verdict,) = judge(toy(remark, kind="TEXT"), RUN).conclusions
    assert verdict.witness == {"j": 1}


def test_what_draws_refute_needs_no_reason():
    (verdict,) = judge(toy(then("c", "", Sampled(2.0, 0.1), "==", 1.0)), RUN).conclusions

    assert verdict.outcome is Outcome.REFUTED and verdict.reason == ""


@pytest.mark.parametrize(("value", "outcome"), [(1, Outcome.CONFIRMED), (-1, Outcome.SILENT)])
def test_an_assumption_is_met_or_not(value, outcome):
    assert judge(toy(suppose("A1", "", 0, "<=", value), kind="ASSUMPTION"), RUN).outcome is outcome


def test_an_empty_quantifier_is_not_a_pass():
    (verdict,) = judge(toy(then("c", "", 0, "<=", np.ones(2), axes="j", where=[False, False])), RUN).conclusions

    assert verdict.outcome is Outcome.NOT_APPLICABLE and "empty" in verdict.reason


def test_what_cannot_be_evaluated_is_an_error_with_its_reason():
    nan = judge(toy(then("c", "", np.nan, "<=", 1)), RUN).conclusions[0]
    poisoned = judge(toy(suppose("p", "", np.nan, "<=", 1), then("c", "", 0, "<=", 1)), RUN).conclusions[0]
    misfit = judge(
        toy(suppose("p", "", np.ones(3), "<=", 1, axes="t"), then("c", "", np.ones(2), "<=", 1, axes="t")), RUN
    )

    assert nan.outcome is Outcome.ERROR and "not finite" in nan.reason
    assert poisoned.outcome is Outcome.ERROR and "premise p" in poisoned.reason
    assert misfit.outcome is Outcome.ERROR and "one letter stands for one index set" in misfit.reason


def test_a_run_that_lacks_something_does_not_apply():
    @result("Z1", "Toy", kind="DET")
    def statement(run):
        """Suppose nothing."""
        raise DoesNotApply("sigma is not known for this run")
        yield

    judgement = judge(statement, RUN)

    assert judgement.outcome is Outcome.NOT_APPLICABLE and judgement.reason == "sigma is not known for this run"


def test_links_join_neighbours_and_point_at_the_broken_index():
    x = np.array([10.0, 10.0, 10.0])
    y = np.array([5.0, 20.0, 5.0])

    judgement = judge(toy(chain("E0", "toy", x, ge(y, "first"), ge(1.0, "second"), axes="t")), RUN)
    first, second = judgement.links

    assert (first.id, second.id) == ("E0 X0→X1", "E0 X1→X2")
    assert first.outcome is Outcome.REFUTED and first.witness == {"t": 6} and (first.lhs, first.rhs) == (10, 20)
    assert second.outcome is Outcome.CONFIRMED and second.lhs == 5


def test_a_link_is_judged_where_its_need_holds_and_over_its_whole_quantifier():
    need = suppose("RP.n", "", np.array([1, -1, 1]), ">=", 0, axes="t")
    (link,) = judge(toy(chain("E0", "toy", np.array([2.0, 0.0, 2.0]), ge(1.0, needs=[need]), axes="t")), RUN).links

    assert link.holds is False and link.counts[Outcome.REFUTED] == 0
    assert (link.counts[Outcome.CONFIRMED], link.counts[Outcome.SILENT]) == (2, 1)


def test_a_printed_step_is_judged_beside_the_chain_and_not_passed_through():
    made = chain(
        "E0", "toy", 3.0, le(2.0, "misprint", printed=True, gap="G0"), le(4.0, "repair", gap="G0"), eq(4, "same")
    )
    printed, repaired, same = judge(toy(made), RUN).links

    assert printed.link.printed and printed.outcome is Outcome.REFUTED and printed.link.gap == "G0"
    assert repaired.link.start == "X0" and repaired.outcome is Outcome.CONFIRMED
    assert same.link.start == "X1" and same.outcome is Outcome.CONFIRMED


def test_a_statement_is_not_run_beyond_its_claims_where_links_are_not_asked_for():
    @result("Z1", "Toy", kind="DET")
    def statement(run):
        """Then 1 ≤ 2."""
        yield then("Z1.a", "1 ≤ 2", 1, "<=", 2)
        yield PROOF
        yield chain("E0", "toy", run.absent, le(1.0, "never reached without links"))

    assert judge(statement, RUN, links=False).outcome is Outcome.CONFIRMED
    with pytest.raises(AttributeError, match="absent"):
        judge(statement, RUN)


def test_a_claim_behind_the_mark_of_the_proof_is_refused():
    judgement = judge(toy(PROOF, then("Z1.late", "1 ≤ 2", 1, "<=", 2)), RUN)

    assert judgement.outcome is Outcome.ERROR and "`Z1.late` is claimed after PROOF" in judgement.reason


@given(st.permutations([*TRUTH.values(), Outcome.UNDECIDED, Outcome.ERROR]))
def test_the_one_word_outcome_is_the_gravest(order):
    from rfa.verdicts import first_of

    assert first_of(order) is Outcome.ERROR
    assert first_of(o for o in order if o is not Outcome.ERROR) is Outcome.REFUTED


def test_a_premise_points_at_the_index_where_it_fails_most():
    premise = suppose("p", "", 2, "<=", np.array([3, 1, -4, 2]), axes="j")
    (verdict,) = judge(toy(premise, kind="ASSUMPTION"), RUN).premises

    assert verdict.witness == {"j": 2} and verdict.rhs == -4


def test_an_empty_quantifier_says_why_where_the_claim_does():
    claim = then("c", "", 0, "<=", np.ones(2), axes="j", where=[False, False], note="no fresh points")

    assert judge(toy(claim), RUN).conclusions[0].reason == "no fresh points"


def test_a_premise_that_fails_elsewhere_only_is_not_named():
    premise = suppose("p", "", 0, "<=", np.array([1, -1]), axes="j")
    claim = then("c", "", 0, "<=", np.ones(2), axes="j", where=[True, False])
    (verdict,) = judge(toy(premise, claim), RUN).conclusions

    assert verdict.outcome is Outcome.CONFIRMED and verdict.failing == ()


def test_an_error_without_a_bound_is_told():
    (verdict,) = judge(toy(then("c", "", Rounded(0.0, np.inf), "<=", 1)), RUN).conclusions

    assert verdict.outcome is Outcome.UNDECIDED and "no finite bound" in verdict.reason


def test_what_cannot_be_evaluated_neither_holds_nor_fails():
    verdict = judge(toy(then("c", "", np.nan, "<=", 1)), RUN).conclusions[0]

    assert verdict.holds is None and verdict.fails is False


# ---- runs that are not those of the theorem ----------------------------------------------------------------------

AWAY = SimpleNamespace(labels=RUN.labels, departures=(Departure("bias", "there are biases"),))


def test_outside_the_setting_a_conclusion_rests_on_its_own_premises_and_on_the_setting():
    p, q = suppose("p", "", 0, "<=", 1), suppose("q", "", 1, "<=", 0)
    named, all_, none = ({"needs": [p]}, {}, {"needs": []})
    claims = [then(id, "", 0, "<=", 1, **needs) for id, needs in zip("cde", (named, all_, none), strict=True)]
    judgement = judge(toy(p, q, *claims, kind="DET|GR"), AWAY)

    assert [v.failing for v in judgement.conclusions] == [("RP.setting",), ("q", "RP.setting"), ("RP.setting",)]
    away = judgement.premises[-1]
    assert (away.id, away.outcome, away.relation, away.lhs, away.rhs) == ("RP.setting", Outcome.SILENT, "==", 1, 0)
    assert away.says == "not so: there are biases"


def test_outside_the_setting_a_link_keeps_its_need_and_a_planted_one_rests_on_nothing_else():
    need = suppose("p", "", 1, "<=", 0)

    def links(state):
        made = chain("E1", "", 1.0, le(2.0, "", needs=[need]), le(3.0, ""), state=state)
        return judge(toy(PROOF, made, kind="DET|GR"), AWAY).links

    assert [v.failing for v in links("run")] == [("p", "RP.setting"), ("RP.setting",)]
    assert [v.failing for v in links("planted")] == [("p",), ()]


def test_a_premise_is_counted_index_by_index_whether_it_holds_or_not():
    held = judge(toy(suppose("p", "", 0, "<=", np.ones(3), axes="t", where=[True, True, False])), RUN).premises[0]
    mixed = judge(toy(suppose("p", "", 0, "<=", Rounded([1, 0, -1], 0.5), axes="t")), RUN).premises[0]

    assert {outcome: k for outcome, k in held.counts.items() if k} == {Outcome.CONFIRMED: 2}
    assert {outcome: k for outcome, k in mixed.counts.items() if k} == {
        Outcome.CONFIRMED: 1, Outcome.UNDECIDED: 1, Outcome.SILENT: 1,
    }  # fmt: skip


def test_a_link_that_holds_with_a_probability_is_not_refuted():
    made = chain("E1", "", 2.0, le(1.0, "", probability=0.9))

    assert judge(toy(PROOF, made), RUN).links[0].outcome is Outcome.UNDECIDED


def test_a_premise_without_an_index_is_no_green_row_and_stands_in_the_way_of_nothing():
    empty = suppose("p", "", np.ones(3), "<=", np.zeros(3), axes="t", where=np.zeros(3, dtype=bool))
    judgement = judge(toy(empty, then("c", "", 0, "<=", 1)), RUN)
    alone = judge(toy(empty, kind="CONDITION"), RUN)

    (premise,) = judgement.premises
    assert premise.outcome is Outcome.NOT_APPLICABLE and premise.holds and "no index" in premise.reason
    assert judgement.outcome is Outcome.CONFIRMED and alone.outcome is Outcome.NOT_APPLICABLE


# ---- against a loop over the indices ------------------------------------------------------------------------------

GRAVITY = [Outcome.REFUTED, Outcome.UNDECIDED, Outcome.CONFIRMED, Outcome.BEYOND, Outcome.SILENT]
VALUES = st.sampled_from([-2.0, -1.0, -0.25, 0.25, 1.0, 2.0])
ERROR = 0.5


def standing(value):
    """Of 0 ≤ value, known up to ERROR."""
    return "open" if abs(value) < ERROR else "holds" if value > 0 else "fails"


def outcome_of(premise, conclusion, may_fail):
    """The truth table with what rounding leaves open."""
    if premise == "fails":
        return {"holds": Outcome.BEYOND, "fails": Outcome.SILENT, "open": Outcome.UNDECIDED}[conclusion]
    if premise == "open" or conclusion == "open":
        return Outcome.UNDECIDED
    return Outcome.CONFIRMED if conclusion == "holds" else Outcome.UNDECIDED if may_fail else Outcome.REFUTED


@given(
    arrays(float, 3, elements=VALUES), arrays(float, (3, 2), elements=VALUES), arrays(float, (3, 2), elements=VALUES),
    arrays(bool, (3, 2)), st.booleans(),
)  # fmt: skip
def test_a_verdict_is_what_a_loop_over_the_indices_says(by_step, by_both, values, inside, may_fail):
    p, q = (suppose(id, "", 0, "<=", Rounded(v, ERROR), axes=axes, scale=4.0) for id, v, axes in
            (("p", by_step, "t"), ("q", by_both, "t j")))  # fmt: skip
    claim = then("c", "says", 0, "<=", Rounded(values, ERROR), axes="t j", where=inside, scale=4.0,
                 probability=0.5 if may_fail else 1.0)  # fmt: skip
    (verdict,) = judge(toy(p, q, claim), RUN).conclusions
    domain = [at for at in np.ndindex(3, 2) if inside[at]]
    if not domain:
        assert verdict.outcome is Outcome.NOT_APPLICABLE and verdict.holds is None
        return
    given_ = {at: (standing(by_step[at[0]]), standing(by_both[at])) for at in domain}
    worst = {at: next(s for s in ("fails", "open", "holds") if s in given_[at]) for at in domain}
    cases = {at: outcome_of(worst[at], standing(values[at]), may_fail) for at in domain}
    outcome = next(o for o in GRAVITY if o in cases.values())
    pointed = outcome in (Outcome.REFUTED, Outcome.UNDECIDED, Outcome.SILENT)
    pool = [at for at in domain if cases[at] is outcome or not pointed]
    witness = min(pool, key=lambda at: values[at])

    assert verdict.outcome is outcome and verdict.size == len(domain)
    assert verdict.counts == {o: list(cases.values()).count(o) for o in GRAVITY}
    for words, told in (("fails", verdict.failing), ("open", verdict.open)):
        assert told == tuple(id for k, id in enumerate("pq") if any(g[k] == words for g in given_.values()))
    assert verdict.holds == all(standing(values[at]) == "holds" for at in domain)
    assert verdict.fails == any(standing(values[at]) == "fails" for at in domain)
    assert verdict.witness == {"t": 5 + witness[0], "j": witness[1]}
    assert (verdict.lhs, verdict.rhs, verdict.slack) == (0, values[witness], values[witness] / 4)
    assert verdict.excess == dict.fromkeys(verdict.failing) and verdict.says == "says"


@given(arrays(float, (3, 2), elements=VALUES), arrays(bool, (3, 2)))
def test_a_premise_is_what_a_loop_over_its_indices_says(values, inside):
    premise = suppose("p", "", 0, "<=", Rounded(values, ERROR), axes="t j", where=inside, scale=4.0)
    (verdict,) = judge(toy(premise, kind="ASSUMPTION"), RUN).premises
    found = [standing(values[at]) for at in np.ndindex(3, 2) if inside[at]]
    outcome = Outcome.SILENT if "fails" in found else Outcome.UNDECIDED if "open" in found else Outcome.CONFIRMED
    outcome = outcome if found else Outcome.NOT_APPLICABLE

    assert verdict.outcome is outcome and verdict.fails == ("fails" in found)
    words = {Outcome.CONFIRMED: "holds", Outcome.UNDECIDED: "open", Outcome.SILENT: "fails"}
    assert {o: k for o, k in verdict.counts.items() if k} == {o: found.count(w) for o, w in words.items() if w in found}
    assert verdict.holds == (set(found) <= {"holds"})
    if outcome in (Outcome.SILENT, Outcome.UNDECIDED):
        pool = [at for at in np.ndindex(3, 2) if inside[at] and standing(values[at]) != "holds"]
        at = min(pool, key=lambda at: values[at])
        assert verdict.witness == {"t": 5 + at[0], "j": at[1]} and verdict.rhs == values[at]


def test_the_reason_of_what_cannot_be_evaluated_is_its_own_where_it_is_its_own_fault():
    premise, claim = suppose("p", "", 0, "<=", 1), then("c", "", np.nan, "<=", 1)

    assert judge(toy(premise, claim), RUN).conclusions[0].reason == "the left side is not finite"


def test_a_failing_premise_says_by_what_factor_it_misses():
    premises = suppose("p", "", 6, "<=", 2), suppose("q", "", 1, "<=", 0)
    (verdict,) = judge(toy(*premises, then("c", "", 0, "<=", 1)), RUN).conclusions

    assert verdict.excess == {"p": 3.0, "q": None}


def test_planted_states_have_indices_of_their_own():
    def link(state):
        (found,) = judge(toy(PROOF, chain("E1", "", np.ones(2), ge(2.0, ""), axes="t", state=state)), RUN).links
        return found.witness

    assert link("run") == {"t": 5} and link("planted") == {"t": 0}
