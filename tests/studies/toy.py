"""A paper about coins: claims of known rates, so that verdicts can be checked against the truth."""

import os
import signal
from collections.abc import Iterator, Mapping

import numpy as np

from rfa import Claim, Paper, Run, Setting, chain, le, result, suppose, then
from rfa.data import stream
from rfa.guarantees import Guarantee
from rfa.scaling import Scaling
from rfa.verdicts import judge_premise


def coin(run: Run, number: int) -> float:
    """A uniform number that depends on the seed of the run alone."""
    return float(stream(run.setting.seed, "probability", number).random())


@result("COIN", "Fair warning", kind="WHP-init", uses=["A"])
def coins(run: Run) -> Iterator[Claim]:
    """Suppose δ ≤ 0.4. Then with probability 1 − δ each coin stays below 1 − δ/2, at 1 − δ and at 1 − 3δ."""
    delta = run.given("delta")
    yield suppose("RP.delta", "δ ≤ 0.4", delta, "<=", 0.4)
    for name, rate, number in (("below", delta / 2, 1), ("at", delta, 2), ("above", 3 * delta, 3)):
        yield then(f"COIN.{name}", "coin", coin(run, number), "<=", 1 - rate, probability=1 - delta)


@result("A", "Small spread", kind="ASSUMPTION")
def spread(run: Run) -> Iterator[Claim]:
    """σ√d ≤ 1/C."""
    yield suppose("A", "σ√d ≤ 1/C", run.s, "<=", 1 / (run.C or 16.0))


@result("NEAR", "Samples are near", kind="DET", uses=["A"])
def near(run: Run) -> Iterator[Claim]:
    """Suppose D ≤ 1/2. Then 〈x_i, μ(i)〉 ≥ 1/2 for every i, and also no x_i is longer than 0.9 (false)."""
    yield suppose("RP.D", "D ≤ 1/2", run.D, "<=", 0.5)
    own = run.input_along[np.arange(run.n), run.sample.cluster]
    yield then("NEAR.along", "〈x_i, μ(i)〉 ≥ 1/2", own, ">=", 0.5, axes="i")
    yield then("NEAR.false", "‖x_i‖ ≤ 0.9", run.input_norm, "<=", 0.9, axes="i")
    yield chain("N1", "a chain", run.input_norm, le(1 + run.deviation_norm, "triangle"), le(1.5, "D ≤ 1/2"), axes="i")


@result("GOAL", "The theorem", kind="DET", uses=["NEAR"])
def goal(run: Run) -> Iterator[Claim]:
    """Suppose D ≤ 1/2. Then no input is longer than 3/2."""
    yield suppose("RP.D", "D ≤ 1/2", run.D, "<=", 0.5)
    yield then("GOAL.short", "R ≤ 3/2", run.R_x, "<=", 1.5)


@result("FRAIL", "Sometimes fatal", kind="TEXT")
def frail(run: Run) -> Iterator[Claim]:
    """Errors and deaths by seed: 1003 raises, 1005 kills its process."""
    if run.setting.seed == 1003:
        raise RuntimeError("planted")
    if run.setting.seed == 1005:
        os.kill(os.getpid(), signal.SIGKILL)
    yield then("FRAIL.fine", "fine", 0, "<=", 1)


@result("SURE", "Sure on a good run", kind="WHP-both")
def sure(run: Run) -> Iterator[Claim]:
    """Suppose the coin is below 0.95. Then it is below 0.95, and above 0.05 (false); with probability 1 − δ in all."""
    often = 1 - run.given("delta")
    yield suppose("RP.coin", "coin < 0.95", coin(run, 4), "<", 0.95)
    yield then("SURE.true", "coin < 0.95", coin(run, 4), "<", 0.95, probability=often, sure=True)
    yield then("SURE.false", "coin > 0.05", coin(run, 4), ">", 0.05, probability=often, sure=True)


@result("IDLE", "An empty promise", kind="WHP-init")
def idle(run: Run) -> Iterator[Claim]:
    """With probability 1 − 4δ the coin is below 1."""
    yield then("IDLE", "coin < 1", coin(run, 5), "<", 1.0, probability=1 - 4 * run.given("delta"))


def exact(setting: Setting) -> Mapping[str, float]:
    """The rates at which the coins hold."""
    return {
        "COIN.below": 1 - setting.delta / 2, "COIN.at": 1 - setting.delta,
        "COIN.above": 1 - 3 * setting.delta,
    }  # fmt: skip


LENGTH = Scaling(
    "length", "√E‖ξ‖² grows like σ", lambda run: float(np.sqrt((run.deviation_norm.value**2).mean())),
    along="sigma*sqrt(d)", values=(0.01, 0.03, 0.1, 0.3), exponent=1.0,
    base={"d": 4, "n": 40, "m": 4, "K": 1, "steps": 1, "sigma": 0.1, "omega_init": 0.01, "fresh": 1},
)  # fmt: skip


def promise(run: Run) -> Guarantee:
    """No input is longer than 3/2, if none of the sample is longer than 11/10: a certificate that asks too much."""
    return Guarantee("R ≤ 3/2", (judge_premise(suppose("SHORT", "R ≤ 11/10", run.R_x, "<=", 1.1), {}),), ())


PAPER = Paper(
    "toy", "Coins", (spread, coins, near, goal), exact_rates=exact, scalings=(LENGTH,), certify=promise
)  # fmt: skip
FRAIL_PAPER = Paper("frail", "Deaths", (frail,))
SURE_PAPER = Paper("sure", "Good runs", (sure,))
IDLE_PAPER = Paper("idle", "Empty promises", (idle,))


def tiny(**changes) -> Setting:
    """A run of a millisecond or two."""
    base = {
        "d": 4,
        "n": 12,
        "m": 4,
        "K": 1,
        "steps": 1,
        "sigma": 0.05,
        "omega_init": 0.01,
        "fresh": 1,
        "delta": 0.1,
    }
    return Setting(**{**base, **changes})
