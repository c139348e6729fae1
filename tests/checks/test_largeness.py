"""How large C has to be: against the table of the specification, closed forms and the sizes that follow."""

from dataclasses import replace
from math import ceil, exp, inf, log, sqrt

import pytest

from checks.capture_terms import NEAR_ZERO
from checks.constants import PAPER_C0, E
from checks.largeness import Proof, least_C0, requirements, sizes

PRINTED = Proof(delta=0.5 - 1e-12, C0=PAPER_C0, C1=2.0, c1=NEAR_ZERO["gaussian"])


def needs(proof):
    return {requirement.step: requirement.needs_C for requirement in requirements(proof)}


@pytest.mark.parametrize(
    ("step", "printed", "digits"),
    [
        ("L14", 36, 2), ("L5a", 4, 1), ("L5c", 16, 2), ("E7", 1040, 4), ("E42", 16, 2), ("E40", 7566, 4),
        ("E39 D", 3783, 4), ("E39 noise", 1.43e7, 3), ("E20", 2.02e6, 3), ("E44", 2.02e6, 3),
        ("E22", 2.06e9, 3),
        ("U-L11c", 60531, 5), ("E52", 60531, 5), ("E54", 30266, 5), ("P2", 121062, 6), ("U-L6p", 1.954e10, 4),
        ("L4", 3.30e23, 3),
    ],
)  # fmt: skip
def test_each_step_needs_the_C_of_the_specification_to_its_digits(step, printed, digits):
    assert float(f"{needs(PRINTED)[step]:.{digits - 1}e}") == pytest.approx(printed, rel=1e-12)


def test_the_test_error_needs_4_over_gamma_root_log_2_and_a_little_more():
    leading = 4 * 16 * 1024 * exp(2) / sqrt(log(2))

    assert leading == pytest.approx(5.8e5, rel=0.005)
    assert leading < needs(PRINTED)["T1.test"] < 1.01 * leading


def test_the_norms_need_64_at_four_neurons_per_delta():
    (norm,) = [r for r in requirements(PRINTED) if r.step == "L3"]
    m = PRINTED.m(norm.needs_C)

    assert norm.needs_C == pytest.approx(32 * log(4 * m / PRINTED.delta) / log(m / PRINTED.delta))
    assert norm.needs_C <= 32 * log(16) / log(4) == pytest.approx(64)


@pytest.mark.parametrize("C1", [2.0, 2.7, 9.0])
def test_steps_about_C1_are_solved_in_closed_form(C1):
    found = needs(replace(PRINTED, C1=C1))

    assert found["L5a"] == pytest.approx(C1**2) and found["L5c"] == pytest.approx(C1**4)
    assert found["E42"] == pytest.approx(4 * C1**2)
    assert found["E40"] == pytest.approx(512 * C1 / E) and found["E39 D"] == pytest.approx(256 * C1 / E)
    root = 8 * C1 + sqrt(64 * C1**2 + 8)
    assert found["E7"] == pytest.approx(root**2)


def test_all_steps_hold_from_the_C_they_need_and_fail_just_below():
    for requirement in requirements(PRINTED):
        needed = requirement.needs_C
        above = [requirement.slack(needed * factor) for factor in (1 + 1e-6, 2, 1e3, 1e9)]
        assert min(above) > 0, requirement.step
        assert requirement.slack(needed * (1 - 1e-6)) < 0, requirement.step


@pytest.mark.parametrize(("power", "least"), [(2.0, 36.0), (3.0, 6.0), (1.5, 36.0**2), (1.0, inf)])
def test_the_exponent_of_A6_decides_weight_growth(power, least):
    assert needs(replace(PRINTED, a6_power=power))["L14"] == pytest.approx(least)


def test_the_printed_C0_meets_its_own_condition_and_the_least_is_half_of_it():
    smallest = least_C0(E)
    C_f = 4096 * exp(2) / (1 - 1 / smallest) ** 2

    assert smallest == pytest.approx(2.93e10, rel=1e-3) and smallest == pytest.approx(PAPER_C0 / 2, rel=1e-4)
    assert 2 / smallest - 1 / smallest**2 == pytest.approx(1 / (16 * C_f**2))


def test_the_sizes_satisfy_the_assumptions_with_equality():
    proof, C = PRINTED, 1e4
    found, delta = sizes(proof, C), PRINTED.delta

    assert found["m"] == ceil(C * log(1 / delta))
    assert found["n"] == pytest.approx(C * log(found["m"] / delta), rel=1e-4)
    assert found["d"] == pytest.approx(C * log(found["n"] / delta) ** 2, rel=1e-4)
    assert found["s"] == found["eta"] == found["u"] == 1e-4
    assert found["alpha"] == 0.01 and found["T"] == 26
    assert sizes(proof, inf)["m"] == inf and sizes(proof, inf)["s"] == 0


def test_the_consequences_at_the_printed_C_are_those_of_the_specification():
    found = sizes(PRINTED, needs(PRINTED)["L4"])

    assert found["alpha"] == pytest.approx(1.7e-12, rel=0.03)
    assert found["T"] == pytest.approx(1.4e11, rel=0.03) and found["eta"] == pytest.approx(3e-24, rel=0.02)


def test_repairs_name_their_gaps_and_change_what_they_repair():
    repaired = replace(PRINTED, repaired=True, c1=0.3)
    before, after = needs(PRINTED), needs(repaired)
    gaps = {r.step: r.gap for r in requirements(repaired) if r.gap}

    assert not [r for r in requirements(PRINTED) if r.gap]
    assert gaps == {
        "U-L6p": "G2", "E14": "G3", "E33": "G8", "E16": "G5", "T1.test": "G4", "E52": "G7", "U-AD3": "G10",
    }  # fmt: skip
    assert after["U-L6p"] == pytest.approx(18 * before["U-L6p"])
    assert after["E52"] == pytest.approx(before["E52"] / 8)
    assert after["T1.test"] == pytest.approx(2 * before["T1.test"], rel=0.01)
    assert after["E16"] == pytest.approx(2 / (sqrt(2) - 1)) and before["E16"] == pytest.approx(sqrt(6))


def test_an_edge_that_may_vanish_makes_no_C_large_enough():
    found = needs(replace(PRINTED, c1=0.0))

    assert found["E14"] == found["E33"] == found["E36"] == inf
