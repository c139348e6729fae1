"""A run made elsewhere with one fault changes exactly the claims it must, with the witness where it was planted."""

from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest

from checks import PAPER
from rfa import Setting, load_run, verify
from rfa.audit import acceptance
from rfa.simulation import simulate

ELSEWHERE = ("P15", "AD", "X1", "X2", "X3", "X4", "X5")
"""Results that draw samples of their own or promise nothing."""
JUDGED = replace(
    PAPER, results=tuple(r for r in PAPER.results if r.id not in ELSEWHERE), constants=None, ledgers=()
)  # fmt: skip
SETTING = Setting(
    d=20, n=2000, m=16, K=3, sigma=3.577709e-6, omega_init=1.677051e-6, eta=5e-4, noisy=1, C0=1000.0, seed=2
)  # fmt: skip
ABOUT_THE_START = {"A1", "A2", "A3", "A4", "A5", "A6", "A7", "L3", "L4", "L5a", "L5b", "L5c", "L5d", "L6", "D7"}


@cache
def arrays():
    """A good run of four steps on which the premises of L8, L14, L12, L13 and P2 hold, as a file has it."""
    setting = SETTING.override(draw_until="D7")
    run = simulate(setting, accept=acceptance(setting, PAPER), keep=range(10))
    s, known = run.sample, ("sigma", "omega_init", "eta", "delta", "C0")
    return {
        "X": s.X, "y": s.y, "y_clean": s.y_clean, "cluster": s.cluster, "mu": s.mu, "a": run.a,
        "W": np.stack([run.weights[t] for t in range(run.last + 1)]), "step_size": run.step_size,
        **{key: getattr(run, key) for key in known},
    }  # fmt: skip


def judged(**changes):
    with TemporaryDirectory() as place:
        path = Path(place) / "run.npz"
        np.savez(path, **{**arrays(), **changes})
        run = load_run(path)
        return run, verify(run, paper=JUDGED)


@cache
def clean():
    return judged()


def changed(name, index, value):
    array = np.array(arrays()[name])
    array[index] = value
    return array


def key(statement, row):
    return (statement["id"], row["id"], row.get("from"), row.get("to"))


def compare(report):
    """Ids of statements with a row that changed at all, and the rows (no links) that held and fail at the fault."""
    before = {key(s, r): r for s, r in clean()[1].rows()}
    rows = [(s, r, before[key(s, r)]) for s, r in report.rows()]
    touched = {
        s["id"] for s, r, old in rows if "role" in r and (r["outcome"], r["holds"]) != (old["outcome"], old["holds"])
    }
    broken = {r["id"]: r for s, r, old in rows if "role" in r and r["holds"] is False and old["holds"]}
    return touched, broken


def unchanged(report, ids):
    return all(report[id]["claims"] == clean()[1][id]["claims"] for id in ids)


def nothing_refuted(report):
    return [key(s, r) for s, r in report.failures()] == []


def conclusions(broken):
    return {id for id in broken if not id.startswith("RP.")}


def some_neuron():
    """A candidate neuron."""
    return int(np.flatnonzero(clean()[0].in_J)[2])


def test_without_a_fault_the_proof_applies_and_holds():
    report = clean()[1]

    assert nothing_refuted(report)
    for id in ("L14", "L12", "L13", "P2", "L8"):
        judged_ones = [c for c in report[id]["claims"] if c["outcome"] != "NOT_APPLICABLE"]
        assert report[id]["outcome"] == "CONFIRMED" and judged_ones and all(c["holds"] for c in judged_ones)


def test_a_neuron_whose_sign_is_flipped_at_one_step_is_found_there():
    j = some_neuron()
    _, report = judged(W=changed("W", (2, j), -arrays()["W"][2, j]))
    touched, broken = compare(report)

    assert nothing_refuted(report) and unchanged(report, ABOUT_THE_START | {"L8", "L12"})
    assert touched == {"C9", "L14", "L13", "L11", "T1", "P2"}
    assert conclusions(broken) == {"C9.on", "C9.off", "L13.nac.on", "L13.nac.off"}
    for row in broken.values():
        step = row["witness"].get("t", row["witness"].get("s", row["witness"].get("e")))
        assert (step, row["witness"]["j"]) == (2, j)
    assert broken["L13.nac.on"]["counts"]["SILENT"] == broken["L13.nac.off"]["counts"]["SILENT"] == 1


def test_a_weight_row_that_is_scaled_at_one_step_is_found_there():
    j = some_neuron()
    _, report = judged(W=changed("W", (3, j), 30 * arrays()["W"][3, j]))
    touched, broken = compare(report)

    assert nothing_refuted(report) and unchanged(report, ABOUT_THE_START | {"L8", "L12", "C9"})
    assert touched == {"C10", "L14", "L13", "L11", "T1", "P2"}
    assert conclusions(broken) == {"C10", "L14.neuron", "L13.ao"}
    assert all(broken[id]["witness"] == {"t": 3, "j": j} for id in conclusions(broken))
    assert all(broken[id]["counts"]["SILENT"] == 1 for id in conclusions(broken))


def test_a_neuron_of_zero_after_the_first_step_points_along_no_centre():
    j = some_neuron()
    _, report = judged(W=changed("W", (1, j), 0))
    aligned = compare(report)[1]["L12.corr"]

    assert nothing_refuted(report) and aligned["counts"]["SILENT"] == 1
    assert (aligned["witness"], aligned["lhs"]) == ({"j": j}, 0.0)


@pytest.mark.parametrize("noisy", [False, True])
def test_a_label_whose_mark_is_swapped_breaks_the_gradient_steps_of_the_neurons_awake_on_it(noisy):
    run = clean()[0]
    i = int(np.flatnonzero(run.sample.noisy == noisy)[-1])
    swapped, report = judged(y=changed("y", i, -run.sample.y[i]))
    touched, broken = compare(report)

    assert nothing_refuted(report) and conclusions(broken) == set()
    assert unchanged(report, ABOUT_THE_START - {"L5c", "L6", "D7"} | {"C9", "C10"})
    assert touched >= {"L12", "L14", "L13", "L11", "T1", "P2"} and touched <= {
        "L8",
        "L12",
        "L14",
        "L13",
        "L11",
        "T1",
        "P2",
    }
    awake = swapped.W(0) @ swapped.sample.X[i] > 0
    step = report["L12"]["claims"][0]
    assert step["id"] == "RP.M1" and awake[step["witness"]["j"]]
    assert step["counts"] == {"CONFIRMED": int((~awake).sum()), "SILENT": int(awake.sum())}


def test_a_sample_marked_as_of_the_wrong_cluster_is_found_by_its_index():
    sample = clean()[0].sample
    i = int(np.flatnonzero(sample.noisy)[0])
    marks = {
        "y_clean": changed("y_clean", i, -sample.y_clean[i]),
        "cluster": changed("cluster", i, (sample.cluster[i] + 2) % 4),
    }
    _, report = judged(**marks)
    touched, broken = compare(report)

    assert nothing_refuted(report) and unchanged(report, {"L3", "L4", "C10"}) and "L14" not in touched
    at_samples = {"L5b", "L5a.along", "L5a.across", "L8.clean", "L11.clean", "T1.train.clean", "T1.train.margin.clean"}
    assert at_samples <= conclusions(broken)
    assert all(broken[id]["witness"] == {"i": i} for id in at_samples)
    assert {r["witness"]["i"] for r in broken.values() if "i" in r["witness"]} == {i}
