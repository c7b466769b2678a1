from __future__ import annotations

import numpy as np
import pytest

from singalike.evaluate import verification
from singalike.evaluate.replicates import aucs, average_precisions, eers


@pytest.fixture(params=["ties", "no ties"])
def trials(request):
    chance = np.random.default_rng(0)
    labels = chance.random(80) < 0.4
    scores = labels * 0.7 + chance.normal(size=80)
    weights = chance.integers(0, 4, size=(6, 80)).astype(float)
    weights[0] = 1
    return np.round(scores, 1) if request.param == "ties" else scores, labels, weights


def test_every_row_is_the_plain_metric_of_its_weights(trials):
    scores, labels, weights = trials
    np.testing.assert_allclose(eers(*trials), [verification.eer(scores, labels, row) for row in weights], rtol=1e-12)
    np.testing.assert_allclose(aucs(*trials), [verification.auc(scores, labels, row) for row in weights], rtol=1e-12)


def test_areas_are_those_of_an_outside_library(trials):
    metrics = pytest.importorskip("sklearn.metrics")
    scores, labels, weights = trials
    for ours, theirs in ((aucs, metrics.roc_auc_score), (average_precisions, metrics.average_precision_score)):
        expected = [theirs(labels, scores, sample_weight=row) for row in weights]
        np.testing.assert_allclose(ours(scores, labels, weights), expected, rtol=1e-9)


def test_separated_reversed_and_equal_scores():
    labels, ones = np.array([1, 1, 0, 0, 0]), np.ones((1, 5))
    scores = np.array([0.9, 0.8, 0.3, 0.2, 0.1])
    assert [metric(scores, labels, ones)[0] for metric in (eers, aucs, average_precisions)] == [0, 1, 1]
    assert [metric(-scores, labels, ones)[0] for metric in (eers, aucs)] == [1, 0]
    assert eers(np.zeros(5), labels, ones)[0] == pytest.approx(0.5)
    assert average_precisions(np.zeros(5), labels, ones)[0] == pytest.approx(0.4)


def test_a_row_without_one_class_is_not_a_number():
    labels, weights = np.array([1, 0, 0]), np.array([[0.0, 1, 1], [1, 0, 0], [1, 1, 1]])
    assert np.isnan(eers(np.arange(3.0), labels, weights)).tolist() == [True, True, False]
    assert np.isnan(aucs(np.arange(3.0), labels, weights)).tolist() == [True, True, False]
