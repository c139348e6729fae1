"""The certificate's intervals against exact arithmetic of the stored numbers: fractions, and many digits for exp."""

from dataclasses import fields, replace
from decimal import Decimal, localcontext
from fractions import Fraction
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from checks.explicit.certificate import certify
from checks.explicit.intervals import Interval, exactly, total
from checks.explicit.recursion import Measured, run_recursion
from tests.adversary import adversarial
from tests.explicit import oracle
from tests.explicit.constructed import CONSTRUCTED
from tests.explicit.test_mutants import as_measured, expected, numbers
from tests.runs import small

DIGITS = 120
UPPER = {"own": "own", "oth": "other", "P": "P", "beta": "beta", "spent": "spent", "F": "F", "plus": "most_g"}
RUNS = {
    "small": small, "rotated": lambda: small(orientation="random"), **CONSTRUCTED,
    **{f"seed {seed}": (lambda seed=seed: adversarial(seed)) for seed in (0, 1, 2, 5, 8, 11, 12, 19)},
}  # fmt: skip


def inside(interval: Interval, exact) -> bool:
    return Fraction(interval.lower) <= Fraction(exact) <= Fraction(interval.upper)


# ---- what is measured --------------------------------------------------------------------------------------


def exact_measured(run) -> dict:
    """The measured numbers of the stored sample and start, in fractions; <xi, mu> is <x, mu> less 0 or ±1."""
    b = Fraction(float(np.abs(run.a).max()))
    fractions = np.vectorize(Fraction, otypes=[object])
    X, mu = fractions(run.sample.X), fractions(run.sample.mu)
    v = fractions(run.weights[run.first]) / (Fraction(float(run.step_size)) * b)
    centre = np.array([sign * mu[axis] for axis, sign in oracle.SIGN.values()])
    xi = X - centre[run.sample.cluster]
    n, p, plane, overlaps = len(X), v @ centre.T, np.abs(xi @ mu.T), np.abs(xi @ xi.T)
    ideal = np.array([[Fraction(int(s)) if k == axis else Fraction(0) for k in range(2)]
                      for axis, s in oracle.SIGN.values()])  # fmt: skip
    along = np.abs(X @ mu.T - ideal[run.sample.cluster])
    return {
        "scale": Fraction(float(run.step_size)) * b * b, "v0": np.abs(p).max(), "b0": np.abs(v @ xi.T).max(),
        "dp": plane.max(), "d1": along.sum(axis=0).max() / n, "G": overlaps.sum(axis=0).max() / n,
    }  # fmt: skip


@pytest.mark.parametrize("name", RUNS)
def test_measured_numbers_enclose_exact_fractions_of_the_stored_ones(name):
    run = RUNS[name]()
    known = certify(run).recursion.measured

    for key, exact in exact_measured(run).items():
        assert inside(getattr(known, key), exact), key
    for mu in range(4):
        clean = (run.sample.cluster == mu) & ~run.sample.noisy
        noisy = (run.sample.cluster == mu) & run.sample.noisy
        assert inside(known.clean[mu], Fraction(int(clean.sum()), run.n))
        assert inside(known.noisy[mu], Fraction(int(noisy.sum()), run.n))


# ---- the recursion -----------------------------------------------------------------------------------------


@cache
def exact_ends(q_seed: int, shift: float) -> tuple[dict, dict]:
    """Recursion and margin of numbers(q_seed), moved by a share `shift` of their size, to many digits."""
    with localcontext() as context:
        context.prec = DIGITS
        q = {key: in_decimals(value, shift) for key, value in numbers(q_seed).items()}
        q["N"] = max(q["c"][mu] + q["r"][oracle.OTHER[mu]] for mu in range(4))
        r = oracle.recursion(q, exp=Decimal.exp)
        return r, oracle.ends(q, r)


def in_decimals(value, shift: float):
    """Numbers as decimals: sizes and counts moved a little, whole numbers kept."""
    match value:
        case int():
            return Decimal(value) if value == 20 else value
        case float():
            return Decimal(value) * (1 + Decimal(shift))
        case list():
            return [in_decimals(one, shift) for one in value]
    return {key: in_decimals(one, shift) for key, one in value.items()}


def spread(m: Measured, size: float) -> Measured:
    """The numbers as intervals that reach a share `size` to both sides."""

    def wide(x):
        if isinstance(x, tuple):
            return tuple(map(wide, x))
        return x * Interval(1 - size, 1 + size) if isinstance(x, Interval) and size else x

    return replace(m, **{field.name: wide(getattr(m, field.name)) for field in fields(m)})


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 60), st.sampled_from([0.0, 1e-15, 1e-9, 1e-4, 1e-2]), st.floats(-1, 1))
def test_the_recursion_encloses_the_exact_value_of_every_number_in_its_intervals(seed, size, place):
    r, ends = exact_ends(seed, size * place * 0.999)
    known = run_recursion(spread(as_measured(numbers(seed)), size))
    sure = [s.falling for s in known.states] == r["ok"]  # else only the upper ends are bounds

    for t, state in enumerate(known.states):
        for key, name in UPPER.items():
            assert Fraction(getattr(state, name).upper) >= Fraction(r[key][t]), name
            assert not sure or inside(getattr(state, name), r[key][t]), name
        assert Fraction(state.least_g.lower) <= Fraction(r["minus"][t])
        for h, exact in zip(state.h, r["h"][t], strict=True):
            assert Fraction(h.lower) <= Fraction(exact) and (not sure or inside(h, exact))
        assert r["ok"][t] or not state.falling
    for mu in range(4):
        if known.lag_share[mu].lower > 0:
            assert known.margin[mu].lower <= Fraction(ends["margin"][mu])
            assert not sure or inside(known.margin[mu], ends["margin"][mu])
        assert known.wrong_end[mu].upper >= Fraction(ends["P"][mu])


def test_a_certified_margin_just_above_zero_is_one_of_exact_arithmetic():
    """The first product is set so that the margin is a few units in the last place; its sign is that of fractions."""
    signs = set()
    for seed in (3, 6, 9, 12, 15, 18):
        if min(expected(seed)["first_gain"]) <= 0:
            continue
        m = as_measured(numbers(seed))
        known = run_recursion(m)
        for ulps in range(-40, 41, 4):
            needed = known.other_half[0].upper / known.last_gain[0].upper
            missed = exactly((m.members[0] - needed) * known.lag_share[0].upper * (1 + ulps * 2.0**-52))
            again = run_recursion(replace(m, missed=(missed, *m.missed[1:])))
            exact = exact_margin(seed, Fraction(missed.lower))
            assert Fraction(again.margin[0].lower) <= exact <= Fraction(again.margin[0].upper)
            signs.add((again.margin[0].lower > 0, exact > 0))

    assert (True, False) not in signs and (True, True) in signs and (False, False) in signs


def exact_margin(seed: int, missed: Fraction) -> Fraction:
    """margin_mu of the first centre with another sum of misses, to many digits."""
    with localcontext() as context:
        context.prec = DIGITS
        q = {key: in_decimals(value, 0.0) for key, value in numbers(seed).items()}
        q["miss"] = [{0: Decimal(missed.numerator) / Decimal(missed.denominator)}, *q["miss"][1:]]
        q["N"] = max(q["c"][mu] + q["r"][oracle.OTHER[mu]] for mu in range(4))
        return Fraction(oracle.ends(q, oracle.recursion(q, exp=Decimal.exp))["margin"][0])


def test_sums_of_many_terms_enclose_the_exact_sum():
    terms = np.random.default_rng(0).standard_normal(200) * 10.0 ** np.arange(-100, 100)

    assert inside(total(map(exactly, terms)), sum(map(Fraction, terms)))
