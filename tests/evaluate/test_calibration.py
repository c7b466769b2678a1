from __future__ import annotations

import numpy as np
import pytest

from singalike.errors import ConfigError
from singalike.evaluate import calibration


def trials(n_targets: int, n_others: int, *, slope: float = 12.0, seed: int = 0):
    """Two normal classes of one variance: the true posterior of even odds is logistic with this slope."""
    chance = np.random.default_rng(seed)
    sigma = np.sqrt(0.4 / slope)
    scores = np.concatenate((chance.normal(0.7, sigma, n_targets), chance.normal(0.3, sigma, n_others)))
    return scores, np.concatenate((np.ones(n_targets, int), np.zeros(n_others, int)))


def test_fit_finds_the_true_posterior_whatever_the_balance():
    for counts in ((20_000, 20_000), (2_000, 40_000)):
        slope, intercept = calibration.fit(*trials(*counts))
        assert slope == pytest.approx(12.0, rel=0.05)
        assert -intercept / slope == pytest.approx(0.5, abs=0.01)


def test_the_odds_of_the_trials_shift_the_intercept_by_their_logarithm():
    scores, labels = trials(2_000, 40_000)
    even, own = calibration.fit(scores, labels), calibration.fit(scores, labels, balanced=False)
    assert own[0] == pytest.approx(even[0], rel=0.05)
    assert own[1] + own[0] * 0.5 == pytest.approx(np.log(1 / 20), abs=0.2)


def test_fit_agrees_with_scikit_learn():
    linear_model = pytest.importorskip("sklearn.linear_model")
    scores, labels = trials(300, 500)
    oracle = linear_model.LogisticRegression(C=1e8, class_weight="balanced", tol=1e-10, max_iter=1000)
    oracle.fit(scores[:, None], labels)
    slope, intercept = calibration.fit(scores, labels)
    assert slope == pytest.approx(oracle.coef_[0, 0], rel=1e-3)
    assert intercept == pytest.approx(oracle.intercept_[0], rel=1e-3)


@pytest.mark.parametrize("shares", [None, (0.2, 0.8)])
def test_collections_count_by_their_shares_however_many_trials_they_have(shares):
    linear_model = pytest.importorskip("sklearn.linear_model")
    parts = [trials(300, 500, slope=20.0), trials(40, 4_000, slope=8.0, seed=1)]
    scores, labels = (np.concatenate(one) for one in zip(*parts, strict=True))
    collections = np.repeat(["studio", "elsewhere"], [800, 4_040])
    counts = {("studio", 1): 300, ("studio", 0): 500, ("elsewhere", 1): 40, ("elsewhere", 0): 4_000}
    share = dict(zip(("elsewhere", "studio"), shares or (0.5, 0.5), strict=True))
    weights = [share[c] / counts[c, label] for c, label in zip(collections.tolist(), labels.tolist(), strict=True)]
    oracle = linear_model.LogisticRegression(C=1e8, tol=1e-10, max_iter=1000).fit(scores[:, None], labels, weights)
    slope, intercept = calibration.fit(scores, labels, collections=collections, shares=shares)
    assert (slope, intercept) == pytest.approx((oracle.coef_[0, 0], oracle.intercept_[0]), rel=1e-3)
    with pytest.raises(ConfigError, match="elsewhere"):
        calibration.fit(scores, np.where(collections == "elsewhere", 0, labels), collections=collections)
    with pytest.raises(ConfigError, match="3 shares"):
        calibration.fit(scores, labels, collections=collections, shares=(0.2, 0.3, 0.5))
    with pytest.raises(ConfigError, match="10 collections"):
        calibration.fit(scores, labels, collections=collections[:10])


@pytest.mark.parametrize("scores", [[0.1, 0.2, 0.8, 0.9], [0.5, 0.5, 0.5, 0.5], [0.9, 0.8, 0.2, 0.1]])
def test_fit_stays_finite_on_separated_constant_and_inverted_scores(scores):
    slope, intercept = calibration.fit(np.array(scores), np.array([0, 0, 1, 1]))
    assert np.isfinite((slope, intercept)).all()
    assert np.sign(slope) == np.sign(scores[-1] - scores[0])


def test_fitted_probabilities_are_calibrated_and_overconfident_ones_are_not():
    scores, labels = trials(20_000, 20_000)
    slope, intercept = calibration.fit(scores, labels)

    def error(factor: float) -> float:
        stated = 1 / (1 + np.exp(-factor * (slope * scores + intercept)))
        return calibration.expected_calibration_error(stated, labels)

    assert error(1.0) < 0.01
    assert error(5.0) > 0.05


def test_calibration_error_by_hand():
    stated, labels = np.array([0.95, 0.95, 0.05, 0.05]), np.array([1, 0, 0, 1])
    assert calibration.expected_calibration_error(stated, labels) == pytest.approx(0.45)


@pytest.mark.parametrize(("rate", "accepted"), [(0.0, 0), (0.01, 1), (0.05, 5), (0.099, 9), (0.29, 29)])
def test_threshold_accepts_just_that_many_strangers(rate, accepted):
    scores = np.append(np.random.default_rng(0).normal(size=100), 9.0)
    labels = np.append(np.zeros(100, int), 1)
    threshold = calibration.threshold_at(scores, labels, false_accept_rate=rate)
    assert (scores[:100] >= threshold).sum() == accepted
    assert (scores[:100] >= np.nextafter(threshold, -np.inf)).sum() == accepted + 1  # the lowest such


def test_threshold_never_accepts_too_many_where_scores_tie():
    scores, labels = np.array([0.5] * 10 + [0.1] * 90 + [0.9]), np.array([0] * 100 + [1])
    threshold = calibration.threshold_at(scores, labels, false_accept_rate=0.05)
    assert not (scores[:100] >= threshold).any()


def test_threshold_refuses_a_rate_that_is_none():
    with pytest.raises(ConfigError, match=r"\[0, 1\)"):
        calibration.threshold_at(*trials(5, 5), false_accept_rate=1.0)


def test_calibrate_gives_the_fields_of_the_card():
    card = pytest.importorskip("singalike.model.card")
    scores, labels = trials(500, 2_000)
    fields = calibration.calibrate(scores, labels, fitted_on="two Gaussians", cohort_name="nobody")
    # Of copies, and of two collections at once.
    assert set(fields) == set(card.Calibration.model_fields) - {"duplicate_cosine", "alone"}
    quantiles = np.array(fields["cohort_quantiles"])
    assert quantiles.shape == (101,)
    assert (np.diff(quantiles) >= 0).all()
    assert (quantiles[0], quantiles[-1]) == (scores[labels == 0].min(), scores[labels == 0].max())
    made = card.Calibration(**fields)
    assert made.probability(0.5) == pytest.approx(0.5, abs=0.05)


def test_a_calibration_fitted_as_if_among_others_is_read_against_their_background():
    card = pytest.importorskip("singalike.model.card")
    scores, labels = trials(300, 300)
    own, there = 0.3, 0.1
    read = calibration.as_if_among(scores, background=there, own=own)
    fields = calibration.calibrate(read, labels, fitted_on="", cohort_name="", background=own)
    among = card.Calibration(**fields).against(there)
    slope, intercept = calibration.fit(scores, labels)  # logistic regression does not mind a line in between
    assert (among.slope, among.intercept) == (pytest.approx(slope, rel=1e-3), pytest.approx(intercept, rel=1e-3))
    for unchanged in (None, own, 0.9):
        np.testing.assert_allclose(calibration.as_if_among(scores, background=unchanged, own=own), scores)
    np.testing.assert_allclose(
        calibration.as_if_among(scores, background=-0.2, own=own),
        calibration.as_if_among(scores, background=0.0, own=own),
    )
