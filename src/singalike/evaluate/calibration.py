"""Calibration: what a cosine means.

Conventions
-----------
- ``scores`` (N,): cosines of pairs of recordings, higher is closer; ``labels`` (N,): 1 for one voice.
- A probability answers "one voice?" with even odds beforehand, unless the trials' own odds are asked for.

Functions
---------
- :func:`fit`: logistic regression of the label on the cosine (Platt 1999; Brümmer and du Preez 2006).
- :func:`expected_calibration_error`: mean gap of stated and true share, in equal bins (Guo et al. 2017).
- :func:`threshold_at`: the lowest threshold that accepts no more than a given share of non-targets.
- :func:`cohort_quantiles`: where the cosines of two different voices lie, in percent steps.
- :func:`as_if_among`: cosines of one collection as they are read by the calibration of another.
- :func:`calibrate`: all of it, as the fields of a model card's calibration.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from singalike.errors import ConfigError
from singalike.evaluate.verification import validate

_RIDGE = 1e-6  # keeps the slope finite where the classes do not overlap at all; no effect where they do
_STEPS = 100


def fit(
    scores: np.ndarray, labels: np.ndarray, *, balanced: bool = True, collections: np.ndarray | None = None,
    shares: Sequence[float] | None = None,
) -> tuple[float, float]:  # fmt: skip
    """Fit P(one voice | score) = 1 / (1 + exp(−(slope·score + intercept))) by Newton's method.

    Args:
        scores: (N,), higher is closer.
        labels: (N,), 1 for one voice.
        balanced: Weigh targets and non-targets alike, whatever their numbers; else the odds of the trials are
            part of the fit.
        collections: (N,), which collection each trial is of, each balanced by itself. None: one. Not heeded where
            ``balanced`` is false.
        shares: How much each collection counts, however many trials it has, in the sorted order of the distinct
            values of ``collections`` (``np.unique``); they add up to 1. None: all alike.

    Returns:
        slope and intercept.

    Raises:
        ConfigError: See :func:`~singalike.evaluate.verification.validate`; a collection has targets or non-targets
            alone; collections or shares are of another length; or the fit does not settle.
        NotFiniteError: A score is NaN or infinite.
    """
    scores, truth, weight = validate(scores, labels)
    weight = _balanced(truth, collections, shares) if balanced else weight / weight.sum()
    # Standardised, the problem is well conditioned whatever the spread of the cosines.
    centre, scale = scores.mean(), scores.std() or 1.0
    design = np.stack(((scores - centre) / scale, np.ones_like(scores)), axis=1)
    beta = np.zeros(2)
    for _ in range(_STEPS):
        logits = design @ beta
        probability = _sigmoid(logits)
        gradient = design.T @ (weight * (probability - truth)) + _RIDGE * beta
        curvature = design.T @ (design * (weight * probability * (1 - probability))[:, None])
        step = np.linalg.solve(curvature + _RIDGE * np.eye(2), gradient)
        loss = _loss(design, truth, weight, beta)
        share = 1.0
        while share > 1e-8 and _loss(design, truth, weight, beta - share * step) > loss:
            share /= 2
        beta = beta - share * step
        if np.abs(share * step).max() < 1e-9:
            break
    else:
        raise ConfigError(f"the calibration did not settle in {_STEPS} steps")
    slope = beta[0] / scale
    return float(slope), float(beta[1] - slope * centre)


def expected_calibration_error(
    probabilities: np.ndarray, labels: np.ndarray, *, bins: int = 15, balanced: bool = True
) -> float:
    """Mean distance of the stated probability from the true share over equal bins of [0, 1].

    Args:
        probabilities: (N,) in [0, 1].
        labels: (N,), 1 for one voice.
        bins: Number of bins.
        balanced: Weigh targets and non-targets alike, as :func:`fit` does.

    Returns:
        A fraction, 0 is best.

    Raises:
        ConfigError: See :func:`~singalike.evaluate.verification.validate`.
        NotFiniteError: A probability is NaN or infinite.
    """
    stated, truth, weight = validate(probabilities, labels)
    weight = _balanced(truth) if balanced else weight / weight.sum()
    place = np.clip((stated * bins).astype(int), 0, bins - 1)
    gaps = np.bincount(place, weights=weight * (stated - truth), minlength=bins)
    return float(np.abs(gaps).sum())


def threshold_at(scores: np.ndarray, labels: np.ndarray, *, false_accept_rate: float) -> float:
    """Return the lowest threshold at which no more than this share of non-targets is accepted.

    Args:
        scores: (N,), higher is closer; a score at the threshold or above is accepted.
        labels: (N,), 1 for one voice.
        false_accept_rate: A fraction in [0, 1).

    Returns:
        A score.

    Raises:
        ConfigError: The rate is not in [0, 1), or see :func:`~singalike.evaluate.verification.validate`.
        NotFiniteError: A score is NaN or infinite.
    """
    if not 0 <= false_accept_rate < 1:
        raise ConfigError(f"a false-accept rate must be in [0, 1): {false_accept_rate}")
    scores, truth, _ = validate(scores, labels)
    others = np.sort(scores[~truth])[::-1]
    accepted = int(round(false_accept_rate * len(others), 6))  # .29 of 100 is 28.999999999999996 in floating point
    first_refused = others[accepted]
    return float(np.nextafter(first_refused, np.inf))


def cohort_quantiles(scores: np.ndarray, labels: np.ndarray) -> list[float]:
    """Return the 0th, 1st, …, 100th percentile of the scores of non-targets.

    Args:
        scores: (N,), higher is closer.
        labels: (N,), 1 for one voice.

    Returns:
        101 scores, not falling.

    Raises:
        ConfigError: See :func:`~singalike.evaluate.verification.validate`.
        NotFiniteError: A score is NaN or infinite.
    """
    scores, truth, _ = validate(scores, labels)
    return np.quantile(scores[~truth], np.linspace(0, 1, 101)).tolist()


def as_if_among(scores: np.ndarray, *, background: float | None, own: float) -> np.ndarray:
    """Return cosines of a collection with a ``background`` as if they were of one with the background ``own``.

    ``own + (1 − own)·(score − background) / (1 − background)``, the background taken as at least 0 and at most
    ``own``; None changes nothing. A calibration fitted on the result is the one that
    :meth:`singalike.model.card.Calibration.against` reads.

    Args:
        scores: (N,) cosines.
        background: of the collection, see :func:`singalike.model.background.background`.
        own: of the other, in (0, 1).

    Returns:
        (N,).
    """
    there = own if background is None else min(max(background, 0.0), own)
    return own + (1 - own) * (scores - there) / (1 - there)


def calibrate(
    scores: np.ndarray,
    labels: np.ndarray,
    *,
    fitted_on: str,
    cohort_name: str,
    false_accept_rate: float = 0.01,
    background: float | None = None,
) -> dict[str, object]:
    """Fit everything a model card says about scores.

    Args:
        scores: (N,) cosines.
        labels: (N,), 1 for one voice.
        fitted_on: What the trials are, in words.
        cohort_name: Whose voices the non-targets compare.
        false_accept_rate: Share of the pairs of two voices that are at the threshold for "unknown" or above. As many
            strangers reach it where one voice is enrolled by one recording; more, where there are more voices.
        background: How alike any two recordings of the trials are, see :func:`singalike.model.background.background`.

    Returns:
        The fields of :class:`singalike.model.card.Calibration`.

    Raises:
        ConfigError: See :func:`fit` and :func:`threshold_at`.
        NotFiniteError: A score is NaN or infinite.
    """
    slope, intercept = fit(scores, labels)
    return {
        "slope": slope,
        "intercept": intercept,
        "unknown_threshold": threshold_at(scores, labels, false_accept_rate=false_accept_rate),
        "fitted_on": fitted_on,
        "cohort_name": cohort_name,
        "cohort_quantiles": cohort_quantiles(scores, labels),
        "background": background,
    }


def _balanced(
    truth: np.ndarray, collections: np.ndarray | None = None, shares: Sequence[float] | None = None
) -> np.ndarray:
    """Return weights (N,) that give every collection its share, and both classes of it halves of that."""
    if collections is None:
        collections = np.zeros(len(truth))
    if len(collections) != len(truth):
        raise ConfigError(f"{len(collections)} collections are named for {len(truth)} trials")
    names, weight = np.unique(collections), np.zeros(len(truth))
    if shares is None:
        shares = [1 / len(names)] * len(names)
    if len(shares) != len(names):
        raise ConfigError(f"{len(shares)} shares are given for {len(names)} collections")
    for name, share in zip(names, shares, strict=True):
        for one in (truth, ~truth):
            here = one & (collections == name)
            if not here.any():
                raise ConfigError(f"collection {name} has trials of one class alone")
            weight[here] = share / (2 * here.sum())
    return weight


def _sigmoid(logits: np.ndarray) -> np.ndarray:
    return 0.5 * (1 + np.tanh(logits / 2))  # never overflows


def _loss(design: np.ndarray, truth: np.ndarray, weight: np.ndarray, beta: np.ndarray) -> float:
    logits = design @ beta
    return float(weight @ np.logaddexp(0, np.where(truth, -logits, logits)) + _RIDGE / 2 * beta @ beta)
