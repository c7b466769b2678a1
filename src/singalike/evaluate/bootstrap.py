"""Confidence intervals over singers, not over trials.

Trials share singers, so they are far from independent: resampling trials gives intervals that are much too
narrow. Here **singers** are drawn with replacement (Poh and Bengio 2007), as many as there are, and every
trial is weighted by how often its singers were drawn: a non-target of two singers drawn m and n times stands
in the new sample m·n times, a target of a singer drawn m times stands there m times (each copy of the singer
is a singer of its own, and copies of one singer are not compared). The interval is the percentile interval
of the metric over the replicates. A mean of values that each belong to one singer (a rank, a hit) is resampled
in the same way, each value standing there as often as its singer was drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from singalike.errors import ConfigError, NotFiniteError
from singalike.evaluate.verification import validate

Metric = Callable[[np.ndarray, np.ndarray, np.ndarray], float]  # (scores, labels, weights) -> value


@dataclass(frozen=True)
class Interval:
    """A percentile interval.

    Attributes:
        low: Lower bound, in the metric's unit.
        high: Upper bound.
        level: The share of replicates between them.
        singers: How many singers were resampled.
    """

    low: float
    high: float
    level: float
    singers: int


def trial_weights(
    labels: np.ndarray,
    singer_a: Sequence[str] | np.ndarray,
    singer_b: Sequence[str] | np.ndarray,
    *,
    replicates: int,
    seed: int,
) -> Iterator[np.ndarray]:
    """Yield the weights of all trials in each replicate.

    Args:
        labels: (N,) 1 for one voice.
        singer_a: (N,) the singer of the first recording.
        singer_b: (N,) the singer of the second recording.
        replicates: How often to resample the singers.
        seed: Draws the singers.

    Yields:
        (N,) whole numbers; replicates that leave no target or no non-target are drawn again.

    Raises:
        ConfigError: Lengths or labels contradict the singers, or too few singers to resample.
    """
    names = np.concatenate((np.asarray(singer_a), np.asarray(singer_b)))
    singers, codes = np.unique(names, return_inverse=True)
    labels, (a, b) = np.asarray(labels).astype(bool), codes.reshape(2, -1)
    if labels.shape != a.shape:
        raise ConfigError(f"{labels.shape} labels but {a.shape} pairs of singers")
    if (wrong := np.flatnonzero(labels != (a == b))).size:
        raise ConfigError(f"the label of trial {wrong[0]} contradicts its singers")
    chance = np.random.default_rng(seed)
    done, barren = 0, 0
    while done < replicates:
        drawn = chance.multinomial(len(singers), np.full(len(singers), 1 / len(singers)))
        weights = np.where(labels, drawn[a], drawn[a] * drawn[b])
        if weights[labels].any() and weights[~labels].any():
            done += 1
            yield weights
        elif (barren := barren + 1) > 10 * replicates:
            raise ConfigError(f"{len(singers)} singers are too few to resample")


def singer_interval(
    metric: Metric,
    scores: np.ndarray,
    labels: np.ndarray,
    singer_a: Sequence[str] | np.ndarray,
    singer_b: Sequence[str] | np.ndarray,
    *,
    seed: int,
    replicates: int = 1000,
    level: float = 0.95,
) -> Interval:
    """Interval of a metric of weighted trials over singers.

    Args:
        metric: Takes scores, labels and weights, each (N,): :func:`~singalike.evaluate.verification.eer`,
            say.
        scores: (N,), higher is closer.
        labels: (N,), 1 for one voice.
        singer_a: (N,) the singer of the first recording.
        singer_b: (N,) the singer of the second recording.
        seed: Draws the singers.
        replicates: How often to resample them.
        level: Share of the replicates inside the interval.

    Returns:
        The interval.

    Raises:
        ConfigError: See :func:`trial_weights` and :func:`~singalike.evaluate.verification.validate`.
        NotFiniteError: A score is NaN or infinite.
    """
    scores, truth, _ = validate(scores, labels)
    singer_a, singer_b = np.asarray(singer_a), np.asarray(singer_b)
    # Sorted once, so that the metric's own sort finds a sorted array in every replicate.
    order = np.argsort(-scores, kind="stable")
    draws = trial_weights(truth[order], singer_a[order], singer_b[order], replicates=replicates, seed=seed)
    values = [metric(scores[order], truth[order], weights) for weights in draws]
    singers = len(np.unique(np.concatenate((singer_a, singer_b))))
    return _percentiles(values, level, singers)


def mean_interval(
    values: np.ndarray,
    singers: Sequence[str] | np.ndarray,
    *,
    seed: int,
    replicates: int = 1000,
    level: float = 0.95,
    weights: np.ndarray | None = None,
) -> Interval:
    """Interval of a mean over singers, each value belonging to one of them.

    Args:
        values: (K,), finite.
        singers: (K,) whose value it is.
        seed: Draws the singers.
        replicates: How often to resample them.
        level: Share of the replicates inside the interval.
        weights: (K,) positive weights of the mean; None weighs all values alike.

    Returns:
        The interval.

    Raises:
        ConfigError: Lengths differ, or there are no values.
        NotFiniteError: A value is NaN or infinite.
    """
    values, singers = np.asarray(values, dtype=np.float64), np.asarray(singers)
    weight = np.ones(values.shape) if weights is None else np.asarray(weights, dtype=np.float64)
    if values.ndim != 1 or not len(values) or values.shape != singers.shape or values.shape != weight.shape:
        raise ConfigError(f"{values.shape} values, {singers.shape} singers, {weight.shape} weights")
    if not (finite := np.isfinite(values)).all():
        raise NotFiniteError(f"value {int(np.argmin(finite))} is not finite")
    names, codes = np.unique(singers, return_inverse=True)
    sums, sizes = np.bincount(codes, weight * values), np.bincount(codes, weight)
    drawn = np.random.default_rng(seed).multinomial(len(names), np.full(len(names), 1 / len(names)), size=replicates)
    return _percentiles(drawn @ sums / (drawn @ sizes), level, len(names))


def _percentiles(values: Sequence[float] | np.ndarray, level: float, singers: int) -> Interval:
    low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(low), float(high), level, singers)
