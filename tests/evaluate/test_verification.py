from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from singalike.errors import ConfigError, NotFiniteError
from singalike.evaluate import bootstrap, calibration, verification

GOLDEN = json.loads((Path(__file__).parent / "golden" / "verification.json").read_text())


def trials(n: int, *, decimals: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    chance = np.random.default_rng(seed)
    labels = chance.integers(0, 2, n)
    return np.round(chance.normal(size=n) + labels, decimals), labels


@pytest.mark.parametrize(
    ("scores", "labels", "expected"),
    [
        ([0.1, 0.2, 0.8, 0.9], [0, 0, 1, 1], 0.0),  # separated
        ([0.1, 0.2, 0.8, 0.9], [1, 1, 0, 0], 1.0),  # upside down
        ([0.5, 0.5, 0.5, 0.5], [0, 1, 0, 1], 0.5),  # constant
        ([0.1, 0.4, 0.3, 0.9], [0, 0, 1, 1], 0.5),  # one of two wrong on both sides
        # At 0.7: FPR 0, FNR 1/3; at 0.5: FPR 1/2, FNR 1/3; the line between is crossed at 1/3.
        ([0.9, 0.7, 0.5, 0.4, 0.1], [1, 1, 0, 1, 0], 1 / 3),
        # A tie of a target and a non-target: a slanted segment from (0, 1/2) to (1/2, 0), crossed half way.
        ([0.9, 0.5, 0.5, 0.1], [1, 1, 0, 0], 0.25),
    ],
)
def test_eer_by_hand(scores, labels, expected):
    assert verification.eer(np.array(scores), np.array(labels)) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("decimals", [9, 1, 0])
@pytest.mark.parametrize("n", [60, 50_000])
def test_against_scikit_learn_and_root_finding(n, decimals):
    metrics = pytest.importorskip("sklearn.metrics")
    interpolate, optimize = pytest.importorskip("scipy.interpolate"), pytest.importorskip("scipy.optimize")
    scores, labels = trials(n, decimals=decimals)
    theirs = metrics.roc_curve(labels, scores, drop_intermediate=False)
    for ours, oracle in zip(verification.roc(scores, labels), theirs, strict=True):
        np.testing.assert_allclose(ours, oracle, atol=1e-12)
    curve = interpolate.interp1d(*theirs[:2])
    root = optimize.brentq(lambda x: 1 - x - curve(x), 0, 1, xtol=1e-12)
    assert verification.eer(scores, labels) == pytest.approx(root, abs=1e-9)
    assert verification.auc(scores, labels) == pytest.approx(metrics.roc_auc_score(labels, scores))


def test_two_gaussians_have_the_eer_of_theory():
    scores, labels = trials(200_000, decimals=9)  # unit variances one apart: Φ(−1/2)
    assert verification.eer(scores, labels) == pytest.approx(0.30854, abs=0.004)


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([0, 1, 6]))
def test_only_the_order_of_scores_counts_and_turning_them_round_mirrors_the_eer(seed, decimals):
    scores, labels = trials(40, decimals=decimals, seed=seed)
    if labels.all() or not labels.any():
        labels[0] = 1 - labels[0]
    rate = verification.eer(scores, labels)
    assert verification.eer(np.exp(3 * scores) - 7, labels) == pytest.approx(rate, abs=1e-9)
    assert verification.eer(-scores, labels) == pytest.approx(1 - rate, abs=1e-9)
    shuffled = np.random.default_rng(seed).permutation(40)
    assert verification.eer(scores[shuffled], labels[shuffled]) == pytest.approx(rate, abs=1e-12)


def test_whole_weights_are_repeated_trials():
    scores, labels = trials(300, decimals=1)
    weights = np.random.default_rng(1).integers(0, 4, 300)
    repeated = np.repeat(scores, weights), np.repeat(labels, weights)
    for metric in (verification.eer, verification.auc):
        assert metric(scores, labels, weights) == pytest.approx(metric(*repeated), abs=1e-12)


def test_det_is_the_roc_with_misses_and_ends_at_the_corners():
    fpr, fnr, thresholds = verification.det(*trials(100, decimals=2))
    assert (fpr[0], fnr[0], thresholds[0]) == (0.0, 1.0, np.inf)
    assert (fpr[-1], fnr[-1]) == (1.0, 0.0)
    assert (np.diff(fpr) >= 0).all()
    assert (np.diff(fnr) <= 0).all()
    assert (np.diff(thresholds) < 0).all()


def test_a_det_curve_is_finite_on_normal_deviate_axes():
    stats = pytest.importorskip("scipy.stats")
    scores, labels = trials(500, decimals=2)
    accepts, rejects = verification.det_curve(scores, labels)
    fpr, _, _ = verification.det(scores, labels)
    inner = (fpr > 0) & (fpr < 1)
    np.testing.assert_array_equal(accepts[inner], fpr[inner])
    assert (accepts[0], rejects[-1]) == (0.5 / (labels == 0).sum(), 0.5 / labels.sum())
    np.testing.assert_allclose(verification.normal_deviate(accepts), stats.norm.ppf(accepts), atol=1e-12)
    assert np.isfinite(verification.normal_deviate(rejects)).all()
    separated = verification.det_curve(np.array([0.1, 0.2, 0.8, 0.9]), np.array([False, False, True, True]))
    np.testing.assert_array_equal(separated, [[0.25, 0.25, 0.25, 0.5, 0.75], [0.75, 0.5, 0.25, 0.25, 0.25]])
    with pytest.raises(ConfigError, match="strictly between"):
        verification.normal_deviate(fpr)


def test_two_gaussians_are_a_straight_line_on_normal_deviate_axes():
    scores, labels = trials(100_000, decimals=9)  # unit variances, one apart: x + y = −1
    accepts, rejects = verification.det_curve(scores, labels)
    middle = (accepts > 0.05) & (rejects > 0.05)
    sums = verification.normal_deviate(accepts[middle]) + verification.normal_deviate(rejects[middle])
    np.testing.assert_allclose(sums, -1, atol=0.06)


def test_the_eer_threshold_makes_both_errors_about_equal():
    scores, labels = trials(20_000, decimals=9)
    threshold = verification.eer_threshold(scores, labels)
    misses, alarms = (scores[labels == 1] < threshold).mean(), (scores[labels == 0] >= threshold).mean()
    assert misses == pytest.approx(alarms, abs=2e-4)


@pytest.mark.parametrize(
    ("scores", "labels", "weights", "error", "match"),
    [
        ([0.1, np.nan], [0, 1], None, NotFiniteError, "score of trial 1"),
        ([0.1, 0.2], [0, 1], [1.0, np.inf], NotFiniteError, "weight of trial 1"),
        ([0.1, 0.2], [1, 1], None, ConfigError, "one class is missing"),
        ([0.1, 0.2], [0, 1], [1.0, 0.0], ConfigError, "one class is missing"),
        ([0.1, 0.2], [0, 1], [1.0, -1.0], ConfigError, "negative"),
        ([0.1, 0.2], [0, 2], None, ConfigError, "0 .* or 1"),
        ([0.1, 0.2], [0, 1, 1], None, ConfigError, "one length"),
        ([], [], None, ConfigError, "one class is missing"),
    ],
)
def test_bad_input_is_refused(scores, labels, weights, error, match):
    with pytest.raises(error, match=match):
        verification.eer(np.array(scores), np.array(labels), None if weights is None else np.array(weights))


def test_golden_figures():
    scores, labels = np.array(GOLDEN["scores"]), np.array(GOLDEN["labels"])
    assert verification.evaluate(scores, labels) == pytest.approx(GOLDEN["verification"], abs=1e-9)
    assert calibration.fit(scores, labels) == pytest.approx(tuple(GOLDEN["calibration"]), abs=1e-6)
    singers = GOLDEN["singer_a"], GOLDEN["singer_b"]
    interval = bootstrap.singer_interval(verification.eer, scores, labels, *singers, seed=1, replicates=200)
    assert [interval.low, interval.high] == pytest.approx(GOLDEN["interval"], abs=1e-9)
