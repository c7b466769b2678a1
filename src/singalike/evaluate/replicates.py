"""The metrics of :mod:`.verification`, and average precision, under many weightings of the same trials at once.

What a bootstrap asks for: scores are sorted once, then every replicate is a row of weights. A row of ones gives the
plain metric.

Conventions
-----------
- ``scores`` (N,): higher is closer; ``labels`` (N,): 1 or 0; ``weights`` (R, N): not negative.
- Equal scores are accepted together. A row that leaves one class without weight gives NaN.
"""

from __future__ import annotations

import numpy as np


def eers(scores: np.ndarray, labels: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the equal error rate (R,) of each row of weights, as :func:`singalike.evaluate.verification.eer`."""
    fpr, tpr = _rates(*_accepted(scores, labels, weights))
    gap = fpr + tpr - 1  # climbs from −1 to 1 without falling
    after = np.clip((gap < 0).sum(axis=1), 1, gap.shape[1] - 1)[:, None]
    (low, high), (left, right) = ((np.take_along_axis(a, after - 1, 1), np.take_along_axis(a, after, 1))
                                  for a in (gap, fpr))  # fmt: skip
    with np.errstate(invalid="ignore"):
        return (left - low / (high - low) * (right - left))[:, 0]


def aucs(scores: np.ndarray, labels: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the area under the ROC (R,) of each row of weights."""
    fpr, tpr = _rates(*_accepted(scores, labels, weights))
    return (np.diff(fpr) * (tpr[:, 1:] + tpr[:, :-1]) / 2).sum(axis=1)


def average_precisions(scores: np.ndarray, labels: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the average precision (R,) of each row: precision, averaged over the steps of recall, no interpolation."""
    falsely, rightly = _accepted(scores, labels, weights)
    _, recall = _rates(falsely, rightly)
    precision = rightly / np.maximum(rightly + falsely, np.finfo(float).tiny)
    return (np.diff(recall) * precision[:, 1:]).sum(axis=1)


def _accepted(scores: np.ndarray, labels: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the weight (R, P) of negatives and of positives at or above each distinct score, from none to all."""
    order = np.argsort(-scores, kind="stable")
    descending, truth, weight = scores[order], labels[order].astype(bool), weights[:, order]
    ends = np.append(np.flatnonzero(np.diff(descending)), len(descending) - 1)
    none = np.zeros((len(weight), 1))
    falsely, rightly = (np.cumsum(np.where(side, weight, 0.0), axis=1)[:, ends] for side in (~truth, truth))
    return np.hstack((none, falsely)), np.hstack((none, rightly))


def _rates(falsely: np.ndarray, rightly: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    with np.errstate(invalid="ignore"):
        return falsely / falsely[:, -1:], rightly / rightly[:, -1:]
