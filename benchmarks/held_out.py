"""Calibration on singers that it was not fitted on: fit on half the singers of a list of trials, measure on the others.

Only trials whose two singers are in one half are used. Both halves serve either way, over several draws of the halves.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from singalike.evaluate import calibration
from singalike.model.card import Calibration

SPLITS, SEED = 10, 0


def read_with(fitted: Calibration, scores: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    """Return what a calibration is worth on trials: how far its probabilities are off, and what its threshold does.

    Args:
        fitted: The calibration.
        scores: (N,) cosines.
        labels: (N,), true for one voice.
    """
    probabilities = np.array([fitted.probability(score) for score in scores.tolist()])
    accepted = scores >= fitted.unknown_threshold
    return {
        "expected_calibration_error": calibration.expected_calibration_error(probabilities, labels),
        "miss_rate_at_threshold": float(1 - accepted[labels].mean()),
        "false_accepts_at_threshold": float(accepted[~labels].mean()),
    }


def across_singers(
    scores: Sequence[np.ndarray], labels: np.ndarray, singer_a: np.ndarray, singer_b: np.ndarray
) -> list[dict[str, float | int]]:
    """Return the means of :func:`read_with` over the draws, the expected calibration error with its 5 % and 95 %.

    Args:
        scores: (N,) cosines of the same trials under each of some conditions: fitted on all of them together, as the
            card's calibration is, and read on each alone.
        labels: (N,) bool, true for one voice.
        singer_a, singer_b: (N,) the singers of both sides.

    Returns:
        The figures of each condition.
    """
    singers = np.unique(np.concatenate((singer_a, singer_b)))
    chance = np.random.default_rng(SEED)
    found: list[list[dict[str, float]]] = []
    for _ in range(SPLITS):
        half = chance.permutation(singers)[: len(singers) // 2]
        inside = np.isin(singer_a, half).astype(int) + np.isin(singer_b, half)
        for fit, test in ((inside == 2, inside == 0), (inside == 0, inside == 2)):
            fitted = fit_calibration([one[fit] for one in scores], labels[fit], fitted_on="half", cohort_name="half")
            found.append([read_with(fitted, one[test], labels[test]) for one in scores])
    return [_summary([draw[i] for draw in found]) for i in range(len(scores))]


def fit_calibration(
    scores: Sequence[np.ndarray], labels: np.ndarray, *, fitted_on: str, cohort_name: str
) -> Calibration:
    """Fit a calibration on the cosines (N,) of the same trials, labels (N,), under each of some conditions."""
    fitted = calibration.calibrate(
        np.concatenate(scores), np.tile(labels, len(scores)), fitted_on=fitted_on, cohort_name=cohort_name
    )
    return Calibration.model_validate(fitted)


def _summary(found: Sequence[dict[str, float]]) -> dict[str, float | int]:
    means = {name: float(np.mean([one[name] for one in found])) for name in found[0]}
    low, high = np.quantile([one["expected_calibration_error"] for one in found], [0.05, 0.95])
    spread = {"expected_calibration_error_p5": float(low), "expected_calibration_error_p95": float(high)}
    return {**means, **spread, "splits": len(found)}
