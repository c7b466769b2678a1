"""Verification: whether two recordings hold the same voice.

Conventions
-----------
- ``scores`` (N,): one real number a trial; **higher is closer**. Only their order counts.
- ``labels`` (N,): 1 where both recordings are of one voice (a target), 0 where not.
- ``weights`` (N,): optional non-negative weight of each trial, as the bootstrap gives.
- A trial is accepted where its score is at or above the threshold. Rates are fractions in [0, 1].

Metrics
-------
- :func:`roc`: false- and true-positive rates over all thresholds (Fawcett 2006).
- :func:`det`: the same as false-positive and false-negative rates (Martin et al. 1997).
- :func:`det_curve`, :func:`normal_deviate`: the same for plotting, and the scale of its axes.
- :func:`eer`: the error rate where both are equal, by linear interpolation on the ROC (the definition of
  SUPERB/s3prl, which Torres et al. 2023, §4.3.1, follow).
- :func:`auc`: area under the ROC, the probability that a target scores above a non-target,
  ties counting half.
"""

from __future__ import annotations

from statistics import NormalDist

import numpy as np

from singalike.errors import ConfigError, NotFiniteError


def validate(
    scores: np.ndarray, labels: np.ndarray, weights: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Check the inputs of every metric here.

    Args:
        scores: (N,), finite.
        labels: (N,), 0 or 1, both present with positive weight.
        weights: (N,), finite and not negative; None weighs all trials alike.

    Returns:
        scores as float64, labels as bool, weights as float64; each (N,).

    Raises:
        ConfigError: Shapes differ, a label is neither 0 nor 1, a weight is negative, or one class is missing.
        NotFiniteError: A score or weight is NaN or infinite.
    """
    scores, truth = np.asarray(scores, dtype=np.float64), np.asarray(labels)
    weight = np.ones(scores.shape) if weights is None else np.asarray(weights, dtype=np.float64)
    if scores.ndim != 1 or scores.shape != truth.shape or scores.shape != weight.shape:
        raise ConfigError(
            f"scores, labels and weights must be of one length: {scores.shape}, {truth.shape}, {weight.shape}"
        )
    if not np.isin(truth, (0, 1)).all():
        raise ConfigError("labels must be 0 (two voices) or 1 (one voice)")
    for name, values in (("score", scores), ("weight", weight)):
        if not (finite := np.isfinite(values)).all():
            raise NotFiniteError(f"{name} of trial {int(np.argmin(finite))} is not finite")
    if (weight < 0).any():
        raise ConfigError("weights must not be negative")
    truth = truth.astype(bool)
    if not weight[truth].any() or not weight[~truth].any():
        raise ConfigError("a rate needs trials of one voice and of two voices", hint="one class is missing")
    return scores, truth, weight


def roc(
    scores: np.ndarray, labels: np.ndarray, weights: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Receiver operating characteristic, one point for each distinct score.

    Args:
        scores: (N,), higher is closer.
        labels: (N,), 1 for one voice.
        weights: (N,) or None.

    Returns:
        false-positive rates, true-positive rates, thresholds; each (P,). The first point accepts nothing
        (threshold +inf), the last accepts everything.

    Raises:
        ConfigError: See :func:`validate`.
        NotFiniteError: See :func:`validate`.
    """
    scores, truth, weight = validate(scores, labels, weights)
    order = np.argsort(-scores, kind="stable")
    descending, truth, weight = scores[order], truth[order], weight[order]
    # Equal scores are accepted together: a point only after the last of each run.
    ends = np.append(np.flatnonzero(np.diff(descending)), len(descending) - 1)
    accepted = np.cumsum(np.where(truth, weight, 0.0))[ends]
    falsely = np.cumsum(np.where(truth, 0.0, weight))[ends]
    fpr = np.concatenate(([0.0], falsely / falsely[-1]))
    tpr = np.concatenate(([0.0], accepted / accepted[-1]))
    return fpr, tpr, np.concatenate(([np.inf], descending[ends]))


def det(
    scores: np.ndarray, labels: np.ndarray, weights: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return false-positive rates, false-negative rates and thresholds; arguments as :func:`roc`."""
    fpr, tpr, thresholds = roc(scores, labels, weights)
    return fpr, 1.0 - tpr, thresholds


def det_curve(scores: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Detection error trade-off, ready for normal-deviate axes (:func:`normal_deviate`).

    Rates of 0 and 1 lie at infinity there: they are moved inwards by half a trial.

    Args:
        scores: (N,), higher is closer.
        labels: (N,), 1 for one voice.

    Returns:
        false-accept rates (P,), rising, and false-reject rates (P,), falling; each strictly between 0 and 1.

    Raises:
        ConfigError: See :func:`validate`.
        NotFiniteError: See :func:`validate`.
    """
    false_accepts, false_rejects, _ = det(scores, labels)
    targets = np.count_nonzero(labels)
    accept, reject = 0.5 / (len(labels) - targets), 0.5 / targets
    return np.clip(false_accepts, accept, 1 - accept), np.clip(false_rejects, reject, 1 - reject)


def normal_deviate(rates: np.ndarray) -> np.ndarray:
    """Return how many standard deviations from the mean a normal variable falls below with each probability.

    Args:
        rates: (P,), strictly between 0 and 1.

    Returns:
        (P,), 0 for a rate of a half.

    Raises:
        ConfigError: A rate is not strictly between 0 and 1.
    """
    rates = np.asarray(rates, dtype=np.float64)
    if not ((rates > 0) & (rates < 1)).all():
        raise ConfigError("a normal deviate needs rates strictly between 0 and 1", hint="det_curve gives such")
    return np.array([NormalDist().inv_cdf(rate) for rate in rates.tolist()])


def eer(scores: np.ndarray, labels: np.ndarray, weights: np.ndarray | None = None) -> float:
    """Equal error rate: where the ROC, joined by straight lines, crosses FPR = FNR.

    Args:
        scores: (N,), higher is closer.
        labels: (N,), 1 for one voice.
        weights: (N,) or None.

    Returns:
        A fraction: 0 separates perfectly, 0.5 is chance, above 0.5 the scores are upside down.

    Raises:
        ConfigError: See :func:`validate`.
        NotFiniteError: See :func:`validate`.
    """
    return _crossing(*det(scores, labels, weights))[0]


def eer_threshold(scores: np.ndarray, labels: np.ndarray, weights: np.ndarray | None = None) -> float:
    """Return the score at which FPR and FNR are nearest to equal; arguments as :func:`eer`."""
    return _crossing(*det(scores, labels, weights))[1]


def auc(scores: np.ndarray, labels: np.ndarray, weights: np.ndarray | None = None) -> float:
    """Area under the ROC by the trapezoidal rule, a fraction; arguments as :func:`eer`."""
    fpr, tpr, _ = roc(scores, labels, weights)
    return float(np.sum(np.diff(fpr) * (tpr[1:] + tpr[:-1]) / 2))


def evaluate(scores: np.ndarray, labels: np.ndarray) -> dict[str, float | int]:
    """All metrics of this task.

    Args:
        scores: (N,), higher is closer.
        labels: (N,), 1 for one voice.

    Returns:
        ``eer``, ``eer_threshold``, ``auc``, ``targets``, ``nontargets``.

    Raises:
        ConfigError: See :func:`validate`.
        NotFiniteError: See :func:`validate`.
    """
    scores, truth, _ = validate(scores, labels)
    return {
        "eer": eer(scores, truth),
        "eer_threshold": eer_threshold(scores, truth),
        "auc": auc(scores, truth),
        "targets": int(truth.sum()),
        "nontargets": int((~truth).sum()),
    }


def _crossing(fpr: np.ndarray, fnr: np.ndarray, thresholds: np.ndarray) -> tuple[float, float]:
    """Return the rate where fpr = fnr and the threshold of the nearest point.

    The gap fpr − fnr climbs from −1 to 1 without falling, so it is zero in exactly one segment.
    """
    gap = fpr - fnr
    after = int(np.searchsorted(gap, 0.0))
    before = after - 1
    share = -gap[before] / (gap[after] - gap[before])
    rate = fpr[before] + share * (fpr[after] - fpr[before])
    nearest = after if share >= 0.5 or before == 0 else before
    return float(rate), float(thresholds[nearest])
