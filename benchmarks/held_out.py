"""Calibration on singers that it was not fitted on: fit on half the singers of a list of trials, measure on the others.

Only trials whose two singers are in one half are used. Both halves serve either way, over several draws of the halves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from singalike.evaluate import calibration
from singalike.model.card import Calibration

SPLITS, SEED = 10, 0
ELSEWHERE_SHARE = 1 / 10


@dataclass(frozen=True)
class Scored:
    """Trials and what a model says of them.

    Attributes:
        scores: (N,) cosines.
        labels: (N,) bool, true for one voice.
        singer_a, singer_b: (N,) the singers of both sides.
        background: how alike any two recordings are among which the others are looked for, of all singers whichever
            trials are chosen (it needs no labels); None if not known.
    """

    scores: np.ndarray
    labels: np.ndarray
    singer_a: np.ndarray
    singer_b: np.ndarray
    background: float | None = None

    def of(self, chosen: np.ndarray) -> Scored:
        """Return the chosen trials."""
        names = ("scores", "labels", "singer_a", "singer_b")
        return replace(self, **{name: getattr(self, name)[chosen] for name in names})


def read_with(fitted: Calibration, trials: Scored) -> dict[str, float]:
    """Return what a calibration is worth on trials: how far its probabilities are off.

    It is read as in a library of these recordings; ``expected_calibration_error_alone``, as of two files.
    """
    scores, labels = trials.scores, trials.labels
    alone = fitted.of_two()
    among = alone if trials.background is None else fitted.against(trials.background)
    off = [
        calibration.expected_calibration_error(np.array([read.probability(one) for one in scores.tolist()]), labels)
        for read in (among, alone)
    ]
    return {"expected_calibration_error": off[0], "expected_calibration_error_alone": off[1]}


def across_singers(conditions: Mapping[str, Scored], elsewhere: Scored) -> dict[str, dict[str, float | int]]:
    """Return the means of :func:`read_with` over the draws, the expected calibration error with its 5 % and 95 %.

    Args:
        conditions: Trials of the same singers under each of some conditions: fitted on all of them together, as the
            card's calibration is, and read on each alone.
        elsewhere: Trials of another collection, see :func:`fit_calibration`.

    Returns:
        The figures of each condition.
    """
    singers = np.unique(np.concatenate([side for one in conditions.values() for side in (one.singer_a, one.singer_b)]))
    chance = np.random.default_rng(SEED)
    found: dict[str, list[dict[str, float]]] = {name: [] for name in conditions}
    for _ in range(SPLITS):
        half = chance.permutation(singers)[: len(singers) // 2]
        inside = {
            name: np.isin(one.singer_a, half).astype(int) + np.isin(one.singer_b, half)
            for name, one in conditions.items()
        }
        for fit, test in ((2, 0), (0, 2)):
            parts = [one.of(inside[name] == fit) for name, one in conditions.items()]
            fitted = fit_calibration(parts, elsewhere, fitted_on="half", cohort_name="half")
            for name, one in conditions.items():
                found[name].append(read_with(fitted, one.of(inside[name] == test)))
    return {name: _summary(draws) for name, draws in found.items()}


def fit_calibration(
    conditions: Sequence[Scored], elsewhere: Scored, *, fitted_on: str, cohort_name: str
) -> Calibration:
    """Fit a calibration on trials of two collections, each read as if among the first one's recordings.

    Args:
        conditions: Trials of one collection, under some conditions.
        elsewhere: Of another, unlike it: counts by :data:`ELSEWHERE_SHARE`. How two recordings are read that come from
            anywhere is fitted on both as they are, weighed alike.
        fitted_on, cohort_name: See :class:`singalike.model.card.Calibration`.
    """
    own = conditions[0].background
    scores = [
        one.scores if own is None else calibration.as_if_among(one.scores, background=one.background, own=own)
        for one in (*conditions, elsewhere)
    ]
    every = np.concatenate([one.labels for one in (*conditions, elsewhere)])
    first = len(every) - len(elsewhere.labels)
    collections = np.repeat([0, 1], [first, len(elsewhere.labels)])
    fields = calibration.calibrate(
        np.concatenate(scores[:-1]), every[:first], fitted_on=fitted_on, cohort_name=cohort_name, background=own
    )
    shares = (1 - ELSEWHERE_SHARE, ELSEWHERE_SHARE)
    slope, intercept = calibration.fit(np.concatenate(scores), every, collections=collections, shares=shares)
    raw = np.concatenate([one.scores for one in (*conditions, elsewhere)])
    alone = dict(zip(("slope", "intercept"), calibration.fit(raw, every, collections=collections), strict=True))
    changes = {"slope": slope, "intercept": intercept, "alone": {**alone, "fitted_on": fitted_on}}
    return Calibration.model_validate({**fields, **changes})


def _summary(found: Sequence[dict[str, float]]) -> dict[str, float | int]:
    means = {name: float(np.mean([one[name] for one in found])) for name in found[0]}
    low, high = np.quantile([one["expected_calibration_error"] for one in found], [0.05, 0.95])
    spread = {"expected_calibration_error_p5": float(low), "expected_calibration_error_p95": float(high)}
    return {**means, **spread, "splits": len(found)}
