import pytest
from hypothesis import given, strategies as st

from rfa import InputError, Setting
from rfa.setting import grid, parse_value
from tests.runs import small_setting

GOOD = {"d": 4, "n": 8, "m": 4, "sigma": 0.1, "omega_init": 0.01, "K": 3}

BAD = {
    "unknown key": ({"width": 3}, "width: unknown key"),
    "not a number": ({"sigma": float("nan")}, "sigma = nan; expected a finite number"),
    "infinite": ({"alpha": float("inf"), "K": None}, "alpha = inf; expected a finite number"),
    "odd m": ({"m": 5}, "m = 5; expected an even number"),
    "delta too large": ({"delta": 0.5}, "delta = 0.5; expected between 0 and 1/2"),
    "delta zero": ({"delta": 0.0}, "delta = 0.0; expected between 0 and 1/2"),
    "no sample": ({"n": 0}, "n = 0; expected at least 1"),
    "one dimension": ({"d": 1}, "d = 1; expected at least 2"),
    "no neuron": ({"m": 0}, "m = 0; expected an even number, at least 2"),
    "no such cluster law": ({"clusters": "cauchy"}, "clusters = 'cauchy'; expected one of gaussian"),
    "no such noise law": ({"noise": "evil"}, "noise = 'evil'; expected one of uniform"),
    "negative sigma": ({"sigma": -1.0}, "sigma = -1.0; expected more than 0"),
    "text for a number": ({"n": "many"}, "n = 'many'; expected an integer"),
    "fraction for an integer": ({"n": 3.5}, "n = 3.5; expected an integer"),
    "truth for a number": ({"n": True}, "n = True; expected an integer"),
    "list": ({"n": [1]}, "n = [1]; expected an integer"),
    "two step sizes": ({"alpha": 0.1}, "K, alpha: both given"),
    "no step size": ({"K": None}, "K, alpha: neither given"),
    "rate above one": ({"eta": 1.5}, "eta = 1.5; expected between 0 and 1"),
    "too much noise for one cluster": ({"eta": 0.3, "noise": "one-cluster"}, "eta = 0.3; expected at most 0.25"),
    "more noisy samples than samples": ({"noisy": 9, "eta": 0.5}, "noisy = 9; expected at most n = 8"),
    "noisy samples without noise": ({"noisy": 1}, "noisy = 1 with eta = 0.0"),
    "slope at zero": ({"relu_at_zero": 0.3}, "relu_at_zero = 0.3; expected one of 0.0, 0.5, 1.0"),
    "C0 of one": ({"C0": 1.0}, "C0 = 1.0; expected more than 1"),
    "below the smallest square": ({"sigma": 1e-320}, "sigma = 1e-320; expected a size between 1e-50 and 1e+50"),
    "beyond the largest square": ({"omega_init": 1e154}, "omega_init = 1e+154; expected a size between 1e-50 and"),
    "a probability below it": ({"delta": 1e-320}, "delta = 1e-320; expected a size between"),
    "a rate below it": ({"eta": 1e-60}, "eta = 1e-60; expected a size between"),
    "too many steps": ({"alpha": 1e-13, "K": None}, "alpha = 1e-13; expected at least 1/(4·10^12)"),
    "a strange power": ({"a6_power": 1e-3}, "a6_power = 0.001; expected between 0.1 and 10"),
    "float32, sigma": ({"dtype": "float32", "sigma": 1e20}, "between 1e-15 and 1e+15 for dtype = 'float32'"),
    "float32, start": ({"dtype": "float32", "omega_init": 1e-20}, "omega_init = 1e-20; expected a size between 1e-15"),
    "float32, step": ({"dtype": "float32", "alpha": 1e16, "K": None}, "step_size = 1e+16; expected a size"),
    "a step count of 10^18": ({"steps": 10**18}, "steps = 1000000000000000000; expected at least 1 and at most 10^12"),
    "a huge integer": ({"sigma": 10**400}, "expected a finite number"),
}


@pytest.mark.parametrize(("change", "message"), BAD.values(), ids=BAD)
def test_a_bad_setting_names_the_key_the_value_and_what_is_allowed(change, message):
    given = {key: value for key, value in {**GOOD, **change}.items() if value is not None}

    with pytest.raises(InputError) as error:
        Setting.from_dict(given)
    assert message in str(error.value) and "\n" not in str(error.value)


def test_a_missing_key_is_named():
    with pytest.raises(InputError, match="sigma: missing"):
        Setting.from_dict({key: value for key, value in GOOD.items() if key != "sigma"})


def test_text_that_is_not_toml_is_refused():
    with pytest.raises(InputError, match="not a TOML document"):
        Setting.from_toml("d = = 3")


@given(
    st.builds(
        small_setting,
        sigma=st.floats(1e-9, 10),
        eta=st.floats(0.01, 0.25),
        delta=st.floats(0.001, 0.499),
        seed=st.integers(0, 2**64 - 1),
        K=st.integers(1, 10**6),
        name=st.text(st.characters(exclude_categories=["Cs"])),
    )
)
def test_a_setting_survives_toml(setting):
    assert Setting.from_toml(setting.to_toml()) == setting


def test_giving_one_step_size_drops_the_other():
    setting = small_setting()

    assert setting.override(alpha=0.1).K is None and setting.override(alpha=0.1).override(K=4).alpha is None
    with pytest.raises(InputError, match="unknown key"):
        setting.override(alfa=0.1)


@given(st.integers(1, 20_000))
def test_every_step_size_of_the_form_1_over_4K_is_on_the_grid(K):
    assert grid(1 / (4 * K)) == (K, True)


def test_other_step_sizes_are_off_the_grid_and_round_down():
    assert grid(0.1) == (2, False)
    assert grid(1 / (4 * 93)) == (93, True)
    assert grid(0.3) == (0, False)


@pytest.mark.parametrize(
    ("text", "value"), [("3", 3), ("1e-3", 1e-3), ("gaussian", "gaussian"), ('"axes"', "axes"), ("a b", "a b")]
)
def test_values_on_a_command_line_are_read_as_toml_would(text, value):
    assert parse_value("key", text) == value


@pytest.mark.parametrize("key", ["name", "clusters", "d"])
def test_a_value_of_absurd_length_is_told_in_a_line_that_can_be_read(key):
    with pytest.raises(InputError, match=rf"{key} = 'x+\.\.\.x+'; expected ") as told:
        Setting.from_dict({"d": 4, "n": 4, "m": 4, "sigma": 0.1, "K": 1, "omega_init": 0.01, key: "x" * 10**6})
    assert len(str(told.value)) < 300
