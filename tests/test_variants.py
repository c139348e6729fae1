from functools import cache

import numpy as np
import pytest

from checks import PAPER, explicit as theorem
from rfa import InputError, Setting, judge, load_run, save_run, verify
from rfa.cli import main
from rfa.data import draw_sample
from rfa.setting import THEOREMS
from rfa.simulation import simulate
from rfa.studies.assumptions import features
from rfa.studies.trials import certificate_mark, statement_marks
from tests.elsewhere import Loop
from tests.runs import good_start, small, small_setting

VARIANTS = {
    "both layers": ({"layers": "both"}, "second layer", "layers = 'both'"),
    "mini-batches": ({"batch": 20}, "mini-batch", "batch = 20"),
    "leaky": ({"activation": "leaky"}, "activation", "leaky"),
    "gelu": ({"activation": "gelu"}, "activation", "gelu"),
    "silu": ({"activation": "silu"}, "activation", "silu"),
    "hinge": ({"loss": "hinge"}, "loss", "hinge"),
    "squared": ({"loss": "squared"}, "loss", "squared"),
    "exponential": ({"loss": "exponential"}, "loss", "exponential"),
    "oblique centres": ({"centre_cosine": 0.3}, "centres", "cosine is 0.3"),
    "unequal centres": ({"centre_ratio": 1.5}, "centres", "‖mu2‖ = 1.5"),
    "more clusters": ({"pairs": 3}, "clusters", "there are 6 clusters (pairs = 3)"),
    "past T": ({"steps": 30}, "time", "the last step is 30, and the theorem stops at T = 1 + K = 4"),
}  # fmt: skip


@cache
def varied(name):
    run = simulate(small_setting(**VARIANTS[name][0]), accept=good_start, keep=range(100))
    return run, verify(run)


@pytest.mark.parametrize("name", VARIANTS)
def test_a_variant_is_marked_in_the_setting_the_report_and_the_page(name, tmp_path):
    changes, kind, told = VARIANTS[name]
    run, report = varied(name)
    report.save(tmp_path / "r")

    assert [d.kind for d in run.departures] == [kind] and told in run.departures[0].says
    assert changes.items() <= report.document["setting"].items()
    for file in ("report.md", "report.html", "junit.xml"):
        assert "Outside the theorem" in (tmp_path / "r" / file).read_text(encoding="utf-8")
    assert not report.failures("refuted")


def test_a_setting_of_the_theorem_has_no_key_of_a_variant_and_no_departure():
    assert small().departures == () and "departures" not in verify(small()).document
    assert not set(THEOREMS) & set(small().setting.to_dict()) and len(THEOREMS) == 7


@pytest.mark.parametrize(
    ("name", "loop"),
    [
        ("both layers", {"train_a": True}), ("leaky", {"leak": 0.1}), ("hinge", {"loss": "hinge"}),
        ("exponential", {"loss": "exponential"}),
    ],
)  # fmt: skip
def test_a_variant_makes_the_steps_of_a_loop_that_shares_no_code_with_it(name, loop):
    run, _ = varied(name)
    other, s = Loop(run.W(0), run.a, run.step_size, **loop), run.sample
    for t in range(run.last):
        assert np.abs(other.W - run.W(t)).max() < 1e-14
        other.step(s.X, s.y)
    assert np.abs(other.W - run.W(run.last)).max() < 1e-14
    form = run.forms.get(run.last)
    assert np.abs(other.a - (run.a if form is None else form.a)).max() < 1e-14


@pytest.mark.parametrize("name", ["gelu", "silu", "squared"])
def test_the_step_of_a_variant_is_its_gradient_by_finite_differences(name):
    run, _ = varied(name)
    smooth = {"gelu": lambda t: t * _normal(t), "silu": lambda t: t / (1 + np.exp(-t))}
    phi = smooth.get(name, lambda t: np.maximum(t, 0))
    loss = {"squared": lambda z: (1 - z) ** 2 / 2}.get(name, lambda z: np.log1p(np.exp(-z)))
    s, h = run.sample, 1e-5

    def risk(W):
        return loss(s.y * (phi(s.X @ W.T) @ run.a)).mean()

    for j, k in ((0, 0), (5, 1), (11, 1)):
        move = np.zeros_like(run.W(1))
        move[j, k] = h
        slope = (risk(run.W(1) + move) - risk(run.W(1) - move)) / (2 * h)
        assert (run.W(2) - run.W(1))[j, k] == pytest.approx(-run.step_size * slope, abs=1e-8)


def _normal(t):
    from math import erf

    return np.vectorize(lambda x: (1 + erf(x / np.sqrt(2))) / 2)(t)


def test_every_step_of_mini_batches_sees_as_many_samples_as_asked_for():
    setting = small_setting(batch=5, n=12, d=16, sigma=0.3, omega_init=0.5, m=6, noisy=None, eta=0.0)
    run = simulate(setting, keep=range(10))
    again = simulate(setting, keep=range(10))
    W, after, s = run.W(0), run.W(1), run.sample
    parts = run.a[:, None] * (s.X @ W.T > 0).T / (1 + np.exp(s.y * (np.maximum(s.X @ W.T, 0) @ run.a))) * s.y
    A = (parts[:, None, :] * s.X.T[None]).reshape(-1, 12)
    weights = np.linalg.lstsq(A, (after - W).ravel(), rcond=None)[0]
    seen = np.abs(weights) > 1e-9

    assert seen.sum() <= 5 and weights[seen] == pytest.approx(run.step_size / 5)
    assert all(np.array_equal(run.W(t), again.W(t)) for t in range(5))


def test_centres_have_the_angle_and_the_lengths_asked_for_and_mu_is_the_nearest_orthonormal_pair():
    sample = draw_sample(small_setting(centre_cosine=-0.4, centre_ratio=2.0, sigma=1e-9, n=200, orientation="random"))
    means = np.stack([sample.X[sample.cluster == k].mean(axis=0) for k in range(4)])
    sizes = np.linalg.norm(means, axis=1)
    left, _, right = np.linalg.svd(means[[0, 2]], full_matrices=False)

    assert sizes == pytest.approx([1, 1, 2, 2], abs=1e-6)
    assert means[0] @ means[2] / (sizes[0] * sizes[2]) == pytest.approx(-0.4, abs=1e-6)
    assert np.abs(means[0] + means[1]).max() < 1e-6 and np.abs(left @ right - sample.mu).max() < 1e-6


@pytest.mark.parametrize("orientation", ["axes", "random"])
def test_more_pairs_of_clusters_are_orthonormal_and_alternate_in_label(orientation):
    sample = draw_sample(small_setting(pairs=5, sigma=1e-9, n=400, eta=0.0, noisy=None, orientation=orientation))
    points = np.unique(sample.X.round(6) + 0.0, axis=0)
    gram = points @ points.T

    assert len(points) == 10 and np.abs(np.abs(gram).sum(axis=1) - 2).max() < 1e-4
    labels = {tuple(x): set(sample.y[np.abs(sample.X - x).max(axis=1) < 1e-4]) for x in points}
    assert sorted(label for (label,) in labels.values()) == [-1] * 4 + [1] * 6
    assert all(labels[tuple(x)] == labels[tuple(points[np.argmin(points @ x)])] for x in points)


def test_with_more_clusters_what_speaks_of_the_cross_does_not_apply_and_the_rest_is_judged():
    _, report = varied("more clusters")

    for id in ("L12", "L13", "L6", "AD"):
        assert report[id]["outcome"] == "NOT_APPLICABLE" and "here there are 6 clusters" in report[id]["reason"]
    for id in ("L14.frob", "P2.ratio", "T1.train.clean"):
        assert report[id]["outcome"] in ("BEYOND", "SILENT") and report[id]["counts"].get("CONFIRMED", 0) == 0


def test_what_loses_its_meaning_does_not_apply_and_says_why():
    report = varied("oblique centres")[1]
    assert report["AD"]["outcome"] == report["X1"]["outcome"] == "NOT_APPLICABLE"
    assert "two unit vectors at a right angle, and here ‖mu1‖ = 1" in report["AD"]["reason"]
    assert varied("hinge")[1]["X5"]["outcome"] == "NOT_APPLICABLE"
    assert varied("gelu")[1]["P15"]["reason"].startswith("it speaks of the ReLU, and here the activation is gelu")


def test_a_variant_comes_back_from_its_file_with_the_same_report(tmp_path):
    run, report = varied("both layers")
    save_run(run, tmp_path / "v.npz")

    assert verify(load_run(tmp_path / "v.npz")).document["statements"] == report.document["statements"]


@pytest.mark.parametrize("paper", [PAPER, theorem.PAPER], ids=lambda paper: paper.name)
@pytest.mark.parametrize("name", ["both layers", "mini-batches", "gelu", "squared", "oblique centres", "more clusters"])
def test_a_trial_of_a_study_says_of_a_variant_what_its_report_says(name, paper):
    run, _ = varied(name)
    for statement in paper.results:
        judged = judge(statement, run, links=True)
        said = {v.id: v.outcome.name for v in (*judged.verdicts, *judged.links)} or {"": judged.outcome.name}
        assert {m.claim: m.outcome for m in statement_marks(statement, run, links=True)} == said


@pytest.mark.parametrize("name", ["both layers", "mini-batches", "gelu", "squared", "oblique centres"])
def test_nothing_is_certified_of_a_variant(name):
    run, _ = varied(name)
    mark = certificate_mark(theorem.PAPER, run)

    assert (mark.role, mark.outcome) == ("statement", "NOT_APPLICABLE") and "and here" in mark.failing
    assert list(theorem.PAPER.notes(run)) == []


def test_more_steps_than_the_theorem_takes_can_be_certified():
    assert certificate_mark(theorem.PAPER, varied("past T")[0]).role == "conclusion"
    assert any(note.startswith("Certified margin") for note in theorem.PAPER.notes(varied("past T")[0]))


@pytest.mark.parametrize("change", ["layers=both", "batch=20", "activation=gelu", "loss=squared"])
def test_certify_refuses_a_variant_in_one_line(change, tmp_path, capsys):
    (tmp_path / "s.toml").write_text(small_setting().to_toml())

    assert main(["certify", str(tmp_path / "s.toml"), "--set", change], standalone_mode=False) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1
    assert err.startswith("rfa: no certificate: it speaks of gradient descent in the setting of the theorem")


def test_a_study_of_violations_lists_the_variant_among_what_the_paper_assumes():
    found = {f.name: f for f in features(small_setting(layers="both", centre_ratio=2.0))}

    assert not found["the theorem's second layer"].holds and not found["orthonormal centres"].holds
    assert not any(f.name.startswith("the theorem's") for f in features(small_setting()))


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"batch": 48}, r"batch = 48; expected fewer than n = 48"),
        ({"loss": "l1"}, r"loss = 'l1'; expected one of logistic"),
        ({"layers": "second"}, r"layers = 'second'; expected one of first, both"),
        ({"pairs": 7}, r"pairs = 7; expected at most d = 6"),
        ({"centre_cosine": 1.0}, r"centre_cosine = 1.0; expected between -0.99 and 0.99"),
    ],
)  # fmt: skip
def test_wrong_variants_are_told(changes, told):
    with pytest.raises(InputError, match=told):
        small_setting(**changes)


def test_a_variant_is_made_in_the_dimension_of_its_data():
    with pytest.raises(InputError, match=r"engine = 'reduced': a run outside the theorem's setting"):
        simulate(small_setting(layers="both", engine="reduced"))


def test_the_command_line_takes_a_variant(tmp_path, capsys):
    (tmp_path / "s.toml").write_text(small_setting().to_toml())
    assert main(["verify", str(tmp_path / "s.toml"), "--set", "layers=both", "--out", str(tmp_path / "o"),
                 "--no-pictures"], standalone_mode=False) == 0  # fmt: skip

    assert "Outside the theorem's setting (second layer): both layers are trained" in capsys.readouterr().out
    assert Setting.from_toml((tmp_path / "o" / "setting.toml").read_text()).layers == "both"
