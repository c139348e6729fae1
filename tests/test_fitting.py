from functools import cache
from xml.etree import ElementTree

import numpy as np
import pytest

from rfa import InputError, Recorder, fit_clusters, verify
from rfa.data import draw_sample
from tests.elsewhere import Loop, recorded, start
from tests.runs import small_setting

OWN = cache(start)


def data(**changes):
    return draw_sample(small_setting(**{"d": 12, "n": 400, "sigma": 0.1, "noisy": None, "eta": 0.1, **changes}))


def same_up_to_signs(found, sample):
    """Whether clusters agree when +mu and −mu may change places."""
    ok = [
        (found.cluster == np.where(sample.cluster // 2 == 0, first(sample.cluster), second(sample.cluster))).all()
        for first in (lambda c: c, lambda c: 1 - c)
        for second in (lambda c: c, lambda c: 5 - c)
    ]
    return any(ok)


@pytest.mark.parametrize("changes", [{}, {"orientation": "random", "seed": 3}, {"d": 350, "sigma": 0.02}, {"eta": 0.3}])
def test_clusters_centres_and_noise_of_an_xor_are_found(changes):
    sample = data(**changes)
    found = fit_clusters(sample.X, sample.y)

    assert same_up_to_signs(found, sample)
    assert (found.candidates == sample.noisy).all() and (found.y_clean == sample.y_clean).all()
    assert found.sigma == pytest.approx(changes.get("sigma", 0.1), rel=0.1)
    assert np.abs(found.mu @ found.mu.T - np.eye(2)).max() < 1e-12
    assert np.abs(np.abs(np.sum(found.mu * sample.mu, axis=1)) - 1).max() < 0.01


def test_the_covariance_is_the_mean_of_outer_products_within_clusters():
    sample = data(d=3, n=60)
    found = fit_clusters(sample.X, sample.y)
    literal = np.zeros((3, 3))
    for x, c in zip(sample.X, found.cluster, strict=True):
        off = x - found.centre[c]
        literal += np.outer(off, off) / 60

    assert np.abs(found.covariance() - literal).max() < 1e-15


BAD = {
    "no XOR": (np.random.default_rng(0).standard_normal((200, 5)), None, r"the data are no XOR|no four clusters"),
    "one class": (None, np.ones(400, int), r"cluster \+mu2 has|no four clusters"),
    "labels": (None, np.zeros(400), r"y\[0\] = 0"),
    "few": (np.eye(3), np.ones(3), r"at least four samples"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_data_without_four_clusters_are_refused(name):
    X, y, told = BAD[name]
    X = data().X if X is None else X
    y = np.where(np.random.default_rng(1).random(len(X)) < 0.5, 1, -1) if y is None else y
    with pytest.raises(InputError, match=told):
        fit_clusters(X, y)


# ---- runs of which something is not known --------------------------------------------------------------------


def without(*names):
    s, own = OWN().sample, OWN()
    known = {"y_clean": s.y_clean, "cluster": s.cluster, "mu": s.mu}
    given = {k: v for k, v in known.items() if k not in names}
    rec = Recorder(s.X, s.y, step_size=own.step_size, C0=50.0, delta=0.1, omega_init=1e-6, **given)
    return recorded(own, into=rec)


@cache
def blind():
    run = without("y_clean", "cluster", "mu")
    return run, verify(run)


def test_what_is_not_known_is_estimated_and_named():
    run, report = blind()

    assert set(run.estimates) == {"mu", "cluster", "y_clean", "sigma", "eta"}
    assert report.document["estimates"]["mu"] == "found by fit_clusters"
    assert (run.sample.noisy == OWN().sample.noisy).all()
    assert run.sigma == pytest.approx(1e-6, rel=0.2) and run.eta == pytest.approx(1 / 48)


def test_only_what_is_missing_is_estimated():
    assert without().estimates == {} == without("y_clean").estimates
    assert set(without("mu").estimates) == {"mu", "sigma", "eta"}
    assert set(without("cluster").estimates) == {"cluster", "sigma", "eta"}
    assert set(without("cluster", "y_clean").estimates) == {"cluster", "y_clean", "sigma", "eta"}


def test_every_statement_that_rests_on_an_estimate_is_marked_and_no_other():
    _, report = blind()
    marked = {s["id"]: set(s["estimated"]) for s in report.statements if s.get("estimated")}
    applies = {s["id"] for s in report.statements if s["outcome"] != "NOT_APPLICABLE"}

    assert applies - set(marked) == {"A1", "A3", "A5", "A6", "A7"}
    assert marked["A2"] == {"sigma"} and marked["A4"] == {"eta"} and marked["L3"] == {"mu"}
    assert {"mu", "cluster"} <= marked["C9"] and {"mu", "cluster", "y_clean"} <= marked["L13"] & marked["T1"]


def test_a_statement_about_the_start_does_not_hang_on_clean_labels():
    report = verify(without("cluster", "y_clean"))

    assert "estimated" not in report["L4"] and "y_clean" in report["T1"]["estimated"]


def test_every_format_marks_estimates(tmp_path):
    _, report = blind()
    folder = report.save(tmp_path / "r")
    text = {name: (folder / name).read_text(encoding="utf-8") for name in ("report.md", "report.html", "claims.csv")}

    assert "| L13.nac.on ≈ |" in text["report.md"] and "| A1 |" in text["report.md"]
    assert "mu (found by fit_clusters)" in text["report.html"] and "Rests on estimates of mu" in text["report.html"]
    table = report.to_frame().set_index("claim")
    assert table.loc["L3.norm.lower", "estimated"] == "mu" and table.loc["A1", "estimated"] == ""
    cases = {c.get("name"): c.findtext("system-out") for c in ElementTree.parse(folder / "junit.xml").iter("testcase")}
    assert cases["L3.norm.lower"].endswith("rests on estimates: mu") and "estimates" not in cases["A1"]


def test_centres_that_are_not_orthonormal_are_a_departure_and_the_nearest_pair_is_used():
    s, own = OWN().sample, OWN()
    skew = np.stack([1.2 * s.mu[0], s.mu[1] + 0.1 * s.mu[0]])
    X = s.X + (np.stack([skew[0], -skew[0], skew[1], -skew[1]]) - s.centre)[s.cluster]
    for given in ({"mu": skew}, {}):
        rec = Recorder(X, s.y, cluster=s.cluster, step_size=own.step_size, **given)
        loop = Loop(own.W(0), own.a, own.step_size)
        for _ in range(3):
            rec.step(loop.W, loop.a)
            loop.step(X, s.y)
        found = next(d for d in rec.run().departures if d.kind == "centres")
        assert "‖mu1‖ = 1.2, ‖mu2‖ = 1.005, their cosine is 0.0995" in found.says
        assert np.abs(rec.sample.mu @ rec.sample.mu.T - np.eye(2)).max() < 1e-12
