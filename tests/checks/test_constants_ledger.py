"""The constants of the paper against literal values of a run, and their witnesses."""

import json
from dataclasses import replace
from math import erf, exp, inf, sqrt

import numpy as np
import pytest

from checks.bare_numbers import NUMBERS, bare_numbers, ends
from checks.candidate_neurons import smallest_C0
from checks.constants import PAPER_C0, E
from checks.constants_ledger import constants, mass_near_zero
from checks.projections import activation_probability
from rfa import DoesNotApply, chain, eq, ge, gt, le
from tests.planting import in_trace
from tests.runs import loose, small


def row(run, name):
    (found,) = [c for c in constants(run).constants if c.name.startswith(name)]
    return found


def number(run, text):
    (found,) = bare_numbers(run, [n for n in NUMBERS if n.where_used.startswith(text)])
    return found


def test_every_constant_of_the_paper_is_listed():
    symbols = [c.symbol for c in constants(small()).constants]

    for symbol in ("C", "C0", "C1", "C2", "C3", "C_f", "c1", "c", "γ", "1/2", "3/2", "√2", "64", "256", "8"):
        assert symbol in symbols
    assert len({c.name for c in constants(small()).constants}) == len(symbols)


@pytest.mark.parametrize("run", [small(), loose()])
def test_a_constant_points_at_the_index_that_asks_for_most(run):
    output = run.output(run.T, run.in_J).value
    far = np.linalg.norm(run.sample.X - run.sample.centre[run.sample.cluster], axis=1)
    share = [abs((run.sample.cluster == mu).mean() - 0.25) for mu in range(4)]

    assert row(run, "C0 of 1").witness == row(run, "C_f of").witness == {"i": np.abs(output).argmin()}
    assert row(run, "C3 of").witness == {"i": (output * run.sample.y_clean).argmin()}
    assert far[row(run, "c of ‖x_i").witness["i"]] == pytest.approx(far.max())
    assert share[row(run, "c of ||I").witness["mu"]] == pytest.approx(max(share))


def test_the_constant_of_the_counts_points_at_the_pair_that_is_furthest_from_its_mean():
    run, found = loose(), {}
    mean = run.clean_size * activation_probability(run).value
    clean = [(run.sample.cluster == mu) & ~run.sample.noisy for mu in range(4)]
    for j in range(run.m):
        for mu in range(4):
            awake = (run.sample.X[clean[mu]] @ run.W(0)[j] > 0).sum()
            found[j, mu] = abs(awake - mean[j, mu]) / sqrt(clean[mu].sum())
    at = row(run, "c of |cnt").witness

    assert found[at["j"], at["mu"]] == pytest.approx(max(found.values()))


def test_the_largest_C1_names_an_index_only_where_its_part_has_one():
    run = small()
    noisy = replace(run, sample=replace(run.sample, y=-run.sample.y_clean))

    assert row(noisy, "C1 of Lemma 5").where_used == "L5c" and row(noisy, "C1 of Lemma 5").witness == {}
    assert row(run, "C1 of Lemma 5").witness


def test_every_number_that_stands_somewhere_is_found_on_a_run():
    assert all(c.on_run is not None for c in bare_numbers(small()))


def test_weight_growth_needs_the_largest_ratio_of_the_run():
    run = small()
    b, alpha, norm = 1 / sqrt(run.m), run.step_size, run.trace.norm
    ratios = {(t, j): norm[t, j] / (b * alpha * t) for t in range(1, run.last + 1) for j in range(run.m)}
    t, j = max(ratios, key=ratios.get)
    found = number(run, "‖w_j(t)‖ ≤ 2bαt")

    assert found.paper_value == 2 and found.works == "least"
    assert found.on_run == pytest.approx(ratios[t, j]) and found.witness == {"t": t, "j": j}


def test_a_planted_norm_becomes_the_witness_of_the_constant():
    run = in_trace(small(), "norm", (2, 5), lambda x: 1e4 * x)
    found = number(run, "‖w_j(t)‖ ≤ 2bαt")

    assert found.witness == {"t": 2, "j": 5} and found.on_run > 2


def test_increments_need_the_least_of_the_run_over_E():
    run = small()
    b, alpha = 1 / sqrt(run.m), run.step_size
    gained = {
        (s, j): (run.toward.value[s + 1, j, run.home[j]] - run.toward.value[s, j, run.home[j]]) / (alpha * b)
        for s in range(1, run.K + 1) for j in range(run.m) if run.in_J[j]
    }  # fmt: skip
    s, j = min(gained, key=gained.get)
    found = number(run, "⟨w_j(t+1) − w_j(t), μ⟩ ≥ αbE/64 (E20)")

    assert found.paper_value == 64 and found.works == "least"
    assert found.on_run == pytest.approx(E / gained[s, j]) and found.witness == {"s": s, "j": j}


def test_a_step_backwards_leaves_no_number():
    run = small()
    j = int(np.flatnonzero(run.in_J)[0])
    turned = in_trace(run, "projection", (3, j, run.home[j] // 2), lambda x: -x)
    found = number(turned, "⟨w_j(t+1) − w_j(t), μ⟩ ≥ αbE/64 (E20)")

    assert found.on_run == inf and found.none_works and found.witness == {"s": 2, "j": j}


def test_margins_on_both_sides_give_the_largest_gamma():
    run = small()
    margins = run.sample.y * run.output(run.T).value
    clean, noisy = number(run, "y f ≥ γ"), number(run, "y f ≤ −γ")

    assert clean.works == noisy.works == "largest"
    assert clean.on_run == pytest.approx(margins[~run.sample.noisy].min())
    assert noisy.on_run == pytest.approx(-margins[run.sample.noisy].max())
    assert noisy.witness == {"i": int(np.flatnonzero(run.sample.noisy)[0])}


def test_margins_of_the_wrong_sign_leave_no_constant():
    run = replace(small(), a=-small().a)

    assert number(run, "y f ≥ γ").on_run == 0 and number(run, "y f ≥ γ").none_works
    assert row(run, "C3").on_run == inf


def test_movement_needs_its_own_number_in_place_of_eight():
    run = small()
    moved = np.linalg.norm(run.W(run.T) - run.W(0), axis=1) * sqrt(run.m)
    found = number(run, "‖w_j(T) − w_j(0)‖ ≤ 8/√m")

    assert found.on_run == pytest.approx(moved.max()) and found.witness == {"j": int(moved.argmax())}


def test_alignment_with_a_sample_looks_past_the_final_zero():
    run = small()
    found = number(run, "⟨ŵ_j(1), x_k⟩ ≥ 1/(32C2)")
    W, X = run.W(1), run.sample.X
    least = min(
        W[j] @ X[i] / np.linalg.norm(W[j])
        for j in range(run.m) if run.in_J[j] for i in range(run.n) if run.sample.cluster[i] == run.home[j]
    )  # fmt: skip

    assert found.on_run == pytest.approx(1 / (least * row(run, "C2").on_run))


def test_a_chain_is_its_first_and_last_member_where_all_its_links_speak():
    narrow = eq(np.array([3.0, 3.0]), where=[True, False])
    longer = chain("E0", "", np.array([1.0, 2.0]), le(3.0), narrow, axes="j")
    positive = chain("E0", "", 5.0, ge(2.0), ge(9.0, printed=True), gt(0.0))

    assert ends(longer).relation == "<=" and ends(longer).where.tolist() == [True, False]
    assert ends(positive).relation == ">=" and float(ends(positive).rhs) == 2.0


def test_C1_is_the_hardest_part_of_lemma_5():
    run = small()
    xi = run.sample.X - run.sample.centre[run.sample.cluster]
    s = run.sigma * sqrt(run.d)
    found = row(run, "C1")

    assert found.on_run == pytest.approx((np.linalg.norm(xi, axis=1).max() / s) ** 2)
    assert found.witness == {"i": int(np.linalg.norm(xi, axis=1).argmax())} and found.exact_for_law == 2


def test_C2_is_n_over_the_least_edge():
    run = small()
    found, active = row(run, "C2"), run.sample.X @ run.W(0).T > 0
    j, mu = found.witness["j"], found.witness["mu"]
    clean = ~run.sample.noisy
    counts = [[active[clean & (run.sample.cluster == c), k].sum() for c in range(4)] for k in range(run.m)]
    least = min(counts[k][c] - counts[k][c ^ 1] for k in range(run.m) for c in range(4) if run.J[k, c])

    assert found.on_run >= run.n / least
    assert found.on_run == pytest.approx(run.n / (counts[j][mu] - counts[j][mu ^ 1]))
    assert found.exact_for_law == pytest.approx(4)


def test_C0_needs_what_the_sets_and_the_margins_allow():
    run = small()
    margin = np.abs(run.output(run.T, run.in_J).value).min()
    C0 = row(run, "C0 of 1 −").on_run

    assert row(run, "C0 of |J_μ|").on_run == smallest_C0(run)
    assert pytest.approx(margin**2 / 16) == 2 / C0 - 1 / C0**2
    assert row(run, "C0 of 1 −").paper_value == pytest.approx(4**5 * 1024**2 * exp(4))
    assert row(run, "C_f").on_run == pytest.approx(1 / margin)
    assert row(run, "C_f").paper_value == pytest.approx(4096 * exp(2) / (1 - 1 / PAPER_C0) ** 2)


def test_C_lies_between_A7_and_the_binding_assumption():
    run = small()

    assert row(run, "C, least").on_run == pytest.approx(36)
    assert row(run, "C, largest").on_run == pytest.approx(run.d / np.log(run.n / run.delta) ** 2)
    assert row(run, "C, largest").where_used == "A1"


def test_c1_is_exact_for_gaussian_and_ball_and_sampled_otherwise():
    names = ("gaussian", "ball", "laplace")
    gaussian, ball, laplace = (mass_near_zero(loose(clusters=name)) for name in names)

    assert gaussian[0] == pytest.approx(erf(1 / 9 / sqrt(2)) / 2) and gaussian[1] < 1e-9
    assert 0.03 < ball[0] < gaussian[0] and ball[1] < 1e-9
    assert abs(laplace[0] - 0.055) < 0.03 and 0 < laplace[1] < 0.02
    assert row(loose(), "c1").exact_for_law == gaussian[0]


def test_c1_on_the_run_is_the_least_probability_above_a_half():
    run = loose()
    cosine = run.cosine_start.value
    p = {
        (j, mu): (1 + erf(cosine[j, mu] / run.sigma / sqrt(2))) / 2
        for j in range(run.m) for mu in range(4) if cosine[j, mu] >= run.threshold_J.value
    }  # fmt: skip
    j, mu = min(p, key=p.get)
    found = row(run, "c1")

    assert found.on_run == pytest.approx(p[j, mu] - 0.5) and found.witness == {"j": j, "mu": mu}


def test_the_exact_norms_bracket_the_chi_square_law():
    run = small()
    longest, shortest = number(run, "‖w_j(0)‖ ≤"), number(run, "‖w_j(0)‖ ≥")
    draws = np.sqrt(np.random.default_rng(0).chisquare(run.d, (4000, run.m)) / run.d)

    assert (draws.max(axis=1) > longest.exact_for_law).mean() == pytest.approx(run.delta / 4, abs=0.01)
    assert (draws.min(axis=1) < shortest.exact_for_law).mean() == pytest.approx(run.delta / 4, abs=0.01)


def test_the_open_constants_of_concentration_are_literal():
    run = loose()
    share = np.array([(run.sample.cluster == mu).mean() for mu in range(4)])

    away = np.abs(share - 0.25).max() / sqrt(np.log(320) / run.n)
    assert row(run, "c of ||I_μ|/n").on_run == pytest.approx(away)
    assert row(run, "c of ‖x_i").on_run == pytest.approx(float(run.D) / (run.sigma * sqrt(run.d)))
    noisier = replace(run, eta=0.01)
    excess = run.sample.noisy.mean() - 0.01
    assert row(noisier, "c of |N|").on_run == pytest.approx(excess**2 * run.n / (2 * np.log(20)))
    assert 0 < row(run, "c of |cnt").on_run < 1


def test_the_three_versions_of_the_proof_are_decided_by_the_width():
    printed, repaired, tightened = constants(small()).variants

    assert {v.deciding.step for v in (printed, repaired, tightened)} == {"L4"}
    assert pytest.approx(16 * PAPER_C0**2 * np.log(320) / np.log(10)) == printed.C
    assert tightened.C < repaired.C / 1000 and "G2" in repaired.says
    assert printed.sizes["m"] == pytest.approx(printed.C * np.log(10))


def test_the_table_is_plain_json():
    table = json.loads(json.dumps(constants(loose()).to_dict(), allow_nan=False))

    assert table["assumed"]["least C0 of U-T1J"] == pytest.approx(2.93e10, rel=1e-3)
    assert all(set(c) >= {"name", "symbol", "paper_value", "on_run", "witness"} for c in table["constants"])


def test_a_run_of_unknown_law_has_no_table():
    with pytest.raises(DoesNotApply):
        constants(replace(small(), setting=None))
