"""Where the proofs of three lower bounds lose: the factors between measured and proved, step by step."""

import numpy as np

from checks.constants import E
from checks.feature_chains import Features
from checks.first_alignment import balance, cosine
from checks.first_gradient import FirstGradient
from checks.first_step_premises import edge_share, home_edge
from checks.increments import whole_sums
from checks.margin_chains import Centres
from checks.margin_premises import kept
from rfa import DoesNotApply, Run
from rfa.ledger import Ledger, ledger
from rfa.rounding import Array


def margin_ledger(run: Run) -> Ledger:
    """L11.clean at the clean sample with the least margin; 32 e² = 236 in all as u, D, rho tend to 0.

    `DoesNotApply` without clean samples, at record level light, and where a value on the way is not positive.
    """
    clean = np.flatnonzero(~run.sample.noisy)
    margins = run.sample.y * run.output(run.T, run.in_J).value
    i = int(clean[least(margins[clean])])
    mu = int(run.sample.cluster[i])
    j, members = run.J[:, mu], clean[run.sample.cluster[clean] == mu]
    if not j.any():
        raise DoesNotApply("no ledger: no candidate neuron at the centre of the sample with the least margin")
    b, end = float(run.b), run.own.value[run.T - run.first][j]
    steps = float(run.alpha) * (run.T - 1)
    pull = whole_sums(run)[0].value[1:, np.flatnonzero(j)[0]].sum()
    along = run.input_along.value[members, mu].sum()
    share, proved = j.sum() / run.m, E * float(kept(run))
    return ledger(
        "L11.clean", "y_i f^J(x_i; W(T)) ≥ 1/C3 at the clean sample with the least margin", margins[i],
        ("sample to centre", Centres(run).output.value[mu], "the margin at the centre itself"),
        ("other neurons", b * end.sum(), "J_μ alone, Σ b⟨w_j(T), μ⟩"),
        ("first step", b * (end - run.own.value[1][j]).sum(), "what the steps from 1 to T add"),
        ("other samples", share * float(run.alpha) * pull / run.n, "clean samples of the cluster alone"),
        ("g ≥ ½E", share * steps * E / 2 * along / run.n, "e²: g is near ½"),
        ("⟨x, μ⟩ ≥ ½", share * steps * E / 4 * len(members) / run.n, "2: ⟨x, μ⟩ is near 1"),
        ("|I^C_μ| ≥ n/8", share * steps * E / 32, "2: a quarter of the samples is there"),
        ("E/32 to E/64", share * steps * E / 64, "2: room for noisy labels and for D"),
        ("|J_μ| ≥ (m/4)(1 − 1/C0)²", steps * proved / 256, "all candidates that L4 promises, and no more"),
        ("3α", proved / 2048, "2: room for the neurons of the other pair; α(T − 1) = ¼"),
        ("centre to sample", proved / 4096, "2: room for ‖W(T)‖_F D"),
        witness={"i": i},
    )  # fmt: skip


def first_step_ledger(run: Run) -> Ledger:
    """L12.corr at the candidate neuron with the least correlation after one step."""
    inside = np.flatnonzero(run.in_J)
    if not len(inside) or run.first != 0:
        raise DoesNotApply("no ledger: the run has no candidate neuron or not its first step")
    along, unit = cosine(run).value, float(2 * run.alpha * run.b)
    j = int(inside[least(along[inside])])
    gained, C2 = run.own.value[1][j] - run.own.value[0][j], float(edge_share(run))
    return ledger(
        "L12.corr", "⟨ŵ_j(1), μ⟩ ≥ 1/(16 C2) at the candidate with the least correlation", along[j],
        ("‖w_j(1)‖ ≤ 2αb", run.own.value[1][j] / unit, "L14 at t = 1"),
        ("start", gained / unit, "what the first step adds"),
        ("ζ1, ζ2", balance(FirstGradient(run)).value[j] / (4 * run.n), "deviations and g ≠ ½ left out"),
        ("noisy samples", home_edge(run).value[j] / (4 * run.n), "clean samples alone"),
        ("least edge", C2 / 4, "the neuron with the least edge sets 1/C2"),
        ("n/C2 to n/(2C2)", C2 / 8, "2: room for |N|"),
        ("1/(4C2) to 1/(8C2)", C2 / 16, "2: room for C1 s + u"),
        witness={"j": j},
    )  # fmt: skip


def movement_ledger(run: Run) -> Ledger:
    """P2.ratio at the sample with the least ratio; the increments lose what the ledger of L11 shows."""
    of, u = Features(run), float(run.u)
    if not of.some.any():
        raise DoesNotApply("no ledger: no feature is awake at the start")
    i = int(least(np.where(of.some, of.ratio.value, np.inf)))
    j, mu = of.at_home[i], int(run.sample.cluster[i])
    moved, first = of.moved.value[i], 3 * u
    pushed = (run.toward.value[run.T - run.first] - run.toward.value[0])[j, mu]
    root = np.sqrt(j.sum() / run.m)
    return ledger(
        "P2.ratio", "the ratio at the sample where it is least", of.ratio.value[i],
        ("‖φ(W(0)x)‖ ≤ 3u", np.linalg.norm(moved) / first, "U-P2c"),
        ("other neurons", np.linalg.norm(moved[j]) / first, "J_μ alone"),
        ("features to weights", np.linalg.norm(pushed) / first, "⟨w_j(T) − w_j(0), μ⟩ for each feature"),
        ("E50", root * E / 256 / first, "every increment at αbE/64"),
        ("E/256 to E/512", root * E / 512 / first, "2: room for 8D"),
        ("E/512 to E/1024", root * E / 1024 / first, "2: room for ⟨w_j(0), x_i⟩ < 0"),
        ("|J_μ| ≥ m/8", E / (np.sqrt(8) * 1024) / first, "√2: (1 − 1/C0)² ≥ ½"),
        ("8.485 to 16", E / (16 * 1024 * u), "6√2 rounded up to 16"),
        witness={"i": i},
    )  # fmt: skip


def least(values: Array) -> int:
    """Index of the least value; `DoesNotApply` if there is none."""
    if not len(values):
        raise DoesNotApply("no ledger: there is no index at which to take it")
    return int(values.argmin())


LEDGERS = (margin_ledger, first_step_ledger, movement_ledger)
"""In the order of the paper's results."""
