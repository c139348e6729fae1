"""The claims made in passing: they hold on tight runs, fail where planted, and agree with literal loops."""

from dataclasses import replace
from math import exp, sqrt

import numpy as np
import pytest

import checks.illustrations
from checks import PAPER
from checks.illustrations import (
    amplification,
    candidates,
    deviation,
    fresh_points,
    least_squares,
    linear_classifiers,
    mean_correlation,
    mean_square,
    resemblance,
    right_share,
    steady_derivative,
    turning_away,
)
from rfa import Outcome, judge
from rfa.claims import HOLDS
from rfa.clusters import LAWS
from tests.checks.catalogue import breaking
from tests.checks.faulty import broken, constant
from tests.planting import breaks, claims_of, fails_where_planted, holding
from tests.runs import loose, small

STATEMENTS = (linear_classifiers, amplification, turning_away, resemblance, steady_derivative)


def roomy():
    return small(d=64, n=64, m=16, seed=2)


@pytest.mark.parametrize("statement", STATEMENTS, ids=lambda s: s.id)
def test_everything_holds_on_a_tight_run_and_nothing_is_promised(statement):
    verdicts = holding(judge(statement, roomy()))

    assert {v.outcome for v in verdicts.values()} == {Outcome.BEYOND}
    assert all(v.holds for v in verdicts.values())


def test_asymmetric_clusters_let_a_linear_classifier_beat_guessing():
    skew = loose(clusters="exponential", sigma=0.1)
    verdict = holding(judge(linear_classifiers, skew))["X1.linear"]

    breaks(linear_classifiers, loose(sigma=0.1), skew, "X1.linear", v=(2, 3))
    assert abs(verdict.lhs - 0.5) > 0.05 and verdict.counts[Outcome.SILENT] == 2


@pytest.mark.parametrize("law", sorted(name for name, law in LAWS.items() if law.symmetric))
def test_half_is_confirmed_by_a_closed_form_and_left_open_by_draws(law):
    verdict = holding(judge(linear_classifiers, loose(clusters=law, sigma=0.2)))["X1.linear"]
    drawn = not LAWS[law].spherical

    assert verdict.outcome is (Outcome.UNDECIDED if drawn else Outcome.BEYOND)
    assert not verdict.fails and verdict.holds is not drawn
    assert ("not confirm" in verdict.reason) is drawn


@pytest.mark.parametrize("law", sorted(LAWS))
def test_what_is_equal_within_its_error_is_equal_to_five_digits_unless_draws_leave_it_open(law):
    run = loose(clusters=law, sigma=0.2)
    claims = [(c.id, c) for s in PAPER.results for c in claims_of(s, run).values() if c.relation == "==" and c.size]
    vague = {id for id, c in claims if ((c.state == HOLDS) & c.domain & (c.error > 1e-5 * size(c))).any()}

    assert len(claims) > 60 and vague == set()


def size(claim):
    sides = np.maximum(np.abs(claim.lhs.value), np.abs(claim.rhs.value))
    return np.maximum(np.maximum(sides, claim.scale), 1e-12)


def test_wide_clusters_leave_the_affine_classifier_undecided():
    run = loose(clusters="laplace", sigma=5.0)

    assert holding(judge(linear_classifiers, run))["X1.affine"].outcome is Outcome.UNDECIDED


@pytest.mark.parametrize("law", ["gaussian", "ball"])
def test_shares_under_a_spherical_law_are_those_of_many_fresh_points(law):
    run, rng = loose(clusters=law, sigma=0.7), np.random.default_rng(5)
    v = rng.standard_normal((3, run.d))
    z = rng.standard_normal((200_000, run.d))
    if law == "ball":
        length = np.sqrt(run.d + 2) * rng.random(len(z)) ** (1 / run.d)
        z *= (length / np.sqrt((z**2).sum(axis=1)))[:, None]
    x, y = run.sample.centre[np.arange(len(z)) % 4] + 0.7 * z, np.array([1, 1, -1, -1])[np.arange(len(z)) % 4]

    for threshold in (0.0, 0.5):
        seen = ((x @ v.T - threshold) * y[:, None] > 0).mean(axis=0)
        assert right_share(run, v, threshold).value == pytest.approx(seen, abs=6 * 0.5 / np.sqrt(len(z)))


def test_the_direction_zero_is_right_nowhere():
    share = right_share(loose(), np.zeros((1, loose().d)), 0.0)

    assert share.value == 0 and share.error == 0


def test_turned_labels_break_the_affine_claim(monkeypatch):
    def turned(run):
        points = fresh_points(run)
        return replace(points, y_clean=-points.y_clean)

    wrong = constant(checks.illustrations, "fresh_points", turned)
    broken(linear_classifiers, loose(clusters="laplace"), wrong, {"X1.affine": {}}, monkeypatch)


def test_the_candidates_are_what_the_statement_lists():
    run = loose()
    v, X, y, mu = candidates(run), run.sample.X, run.sample.y, run.sample.mu

    assert v[0] == pytest.approx(sum(label * x for label, x in zip(y, X, strict=True)))
    assert v[1] == pytest.approx(np.linalg.lstsq(X, y, rcond=None)[0])
    assert v[2:] == pytest.approx(np.stack([mu[0], mu[1], mu[0] + mu[1]]))


def test_the_fit_to_a_large_sample_comes_near_to_the_exact_one(monkeypatch):
    run = loose()
    X, y = run.sample.X, run.sample.y.astype(float)
    exact = least_squares(X, y)
    monkeypatch.setattr(checks.illustrations, "EXACT_FIT", 0)

    near = least_squares(X, y)
    assert (near != exact).any() and near == pytest.approx(exact, rel=1e-4, abs=1e-4 * np.linalg.norm(exact))


def test_the_shares_are_counts_over_fresh_clean_points():
    run = loose(noise="boundary", eta=0.2, clusters="laplace")
    points = fresh_points(run)
    claims = {c.id: c for c in linear_classifiers.claims(run)}
    right = sum(np.dot(run.sample.mu[0], x) * y > 0 for x, y in zip(points.X, points.y_clean, strict=True))
    affine = sum((np.dot(run.sample.mu[0], x) - 0.5) * y > 0 for x, y in zip(points.X, points.y, strict=True))

    assert (points.y == points.y_clean).all()
    assert claims["X1.linear"].lhs.value[2] == right / len(points.y)
    assert float(claims["X1.affine"].lhs) == affine / len(points.y)


@pytest.mark.parametrize("t", [0, 1])
def test_mean_correlations_are_literal_means_over_each_candidate_set(t):
    run = small()
    W, centres = run.W(t), run.sample.centre

    for mu in range(4):
        cosines = [W[j] @ centres[mu] / sqrt(W[j] @ W[j]) for j in range(run.m) if run.J[j, mu]]
        assert mean_correlation(run, t).value[mu] == pytest.approx(sum(cosines) / len(cosines))


def test_the_mean_square_correlation_has_mean_one_over_d_and_the_stated_spread():
    random = np.random.default_rng(0)
    d, m, seen = 5, 40, []
    for _ in range(400):
        w = random.standard_normal((m, d))
        seen.append(((w[:, :2] / np.linalg.norm(w, axis=1, keepdims=True)) ** 2).mean())
    spread = sqrt((d - 2) / (d**2 * (d + 2) * m))

    assert np.mean(seen) == pytest.approx(1 / d, abs=5 * spread / 20)
    assert np.std(seen) == pytest.approx(spread, rel=0.15)
    run = small()
    literal = np.mean([(w @ k / np.linalg.norm(w)) ** 2 for w in run.W(0) for k in run.sample.mu])
    assert float(mean_square(run)) == pytest.approx(literal)
    assert float(deviation(run)) == pytest.approx(sqrt(4 / (36 * 8 * run.m)))


def test_in_the_plane_there_is_no_scale_to_measure():
    verdict = holding(judge(amplification, small(d=2)))["X2.scale"]

    assert verdict.outcome is Outcome.NOT_APPLICABLE and "of necessity" in verdict.reason


def test_a_turn_of_the_start_along_the_centres_breaks_the_scale_and_the_order():
    run = roomy()
    projection = np.array(run.trace.projection)
    projection[0] = run.trace.norm[0][:, None] * np.sign(projection[0]) * 0.7
    turned = replace(run, trace=replace(run.trace, projection=projection))

    breaks(amplification, run, turned, "X2.scale", "X2.start")


def test_planted_faults_are_noticed_where_they_are():
    run = small(d=64, n=64, m=16, seed=2)
    wanted = {
        amplification: {"X2.step"},
        turning_away: {"X3.norms", "X3.turning"},
        steady_derivative: {"X5.floor", "X5.low", "X5.high"},
    }

    for statement, ids in wanted.items():
        found = list(breaking(statement, run, ids))
        for fault, places in found:
            fails_where_planted(statement, run, fault.into(run), places)
        assert {id for _, places in found for id in places} == ids


def test_the_turning_rate_is_the_printed_number():
    run = small()
    (claim,) = [c for c in turning_away.claims(run) if c.id == "X3.turning"]

    for t in range(2, run.T + 1):
        assert float(claim.rhs.value[t, 0]) == pytest.approx(192 * exp(2) / (t - 1))
        j = int(np.flatnonzero(run.in_J)[0])
        nu = run.sample.mu[0] if run.home[j] >= 2 else run.sample.mu[1]
        if t in run.weights:
            w = run.W(t)[j]
            assert claim.lhs.value[t, j] == pytest.approx(abs(w @ nu) / np.linalg.norm(w))


def test_a_subnetwork_turned_around_resembles_the_ideal_no_more():
    run = roomy()

    breaks(resemblance, run, replace(run, a=-run.a), "X4.shape", "X4.signs")


def test_the_best_multiple_leaves_the_literal_least_squares_residual():
    run = loose()
    claims = {c.id: c for c in resemblance.claims(run)}
    f = run.output(run.T, run.in_J).value
    ideal = np.abs(run.sample.X @ run.sample.mu[0]) - np.abs(run.sample.X @ run.sample.mu[1])
    c, residual, *_ = np.linalg.lstsq(ideal[:, None], f, rcond=None)

    assert float(claims["X4.shape"].lhs) == pytest.approx(sqrt(residual[0]))
    assert float(claims["X4.shape"].rhs) == pytest.approx(c[0] * np.linalg.norm(ideal))


def with_input(run, i, angle):
    X = np.array(run.sample.X)
    X[i] = np.cos(angle) * run.sample.mu[0] + np.sin(angle) * run.sample.mu[1]
    return replace(run, sample=replace(run.sample, X=X))


def test_an_input_between_the_two_boundaries_is_the_witness():
    def apart(run):
        return run.output(run.T, run.in_J).value[7] * (run.input_along.value[7] @ [1, 0, -1, 0]) < 0

    between = [r for angle in np.linspace(0.6, 0.97, 200) if apart(r := with_input(roomy(), 7, angle))]

    breaks(resemblance, roomy(), between[len(between) // 2], "X4.signs", i=7)


def test_a_run_of_unknown_law_has_no_fresh_points():
    assert judge(linear_classifiers, replace(small(), setting=None)).outcome is Outcome.NOT_APPLICABLE


def test_an_empty_subnetwork_resembles_nothing():
    assert judge(resemblance, replace(small(), C0=1e-9)).outcome is Outcome.NOT_APPLICABLE
