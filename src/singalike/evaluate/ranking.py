"""Ranking: how far down the list the right answer stands.

Conventions
-----------
- ``vectors`` (N, D): one embedding a clip; similarity is their cosine.
- ``recordings``, ``voices`` (N,): the recording and the voice of each clip, compared by whole name.
- Rank 1 is best; clips that score the same as the answer count half, so that a constant embedding is at
  chance.

Metrics
-------
- :func:`mean_normalised_rank`: Torres et al. 2023, eq. 7: query and answer are clips of one *recording*, the
  set holds 512 clips drawn from all others, the answer among them; mean of rank/512 over 1000 trials.
- :func:`released_code_rank`: what the same authors' code computes: query and answer are clips of one *voice*,
  512 clips of other voices, mean of the 0-based rank/513.
- :func:`pair_rank`: the same for given pairs of query and answer, among clips of other voices: what is left
  to measure where there is one vector a recording, or where the answer has to be another song.

Where fewer clips than asked exist, all of them are used and the true size is returned with the figure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from singalike.errors import ConfigError, NotFiniteError

_TIE = {"float32": 1e-6, "float64": 1e-12}  # rounding: equal vectors' cosines differ by no more


@dataclass(frozen=True)
class Ranking:
    """A mean normalised rank and what it was measured on.

    Attributes:
        mean: A fraction, 0 is best; chance is about a half.
        set_size: Number of clips ranked in each trial, N of eq. 7.
        trials: Number of trials, K of eq. 7.
        values: (K,) the normalised ranks that ``mean`` averages.
        queries: (K,) the index of each trial's query, for intervals over its singers.
    """

    mean: float
    set_size: int
    trials: int
    values: np.ndarray = field(compare=False, repr=False)
    queries: np.ndarray = field(compare=False, repr=False)


def mean_normalised_rank(
    vectors: np.ndarray, recordings: np.ndarray, *, seed: int, set_size: int = 512, trials: int = 1000
) -> Ranking:
    """Mean normalised rank of eq. 7.

    Args:
        vectors: (N, D).
        recordings: (N,) the recording of each clip; some have two clips or more.
        seed: Draws the queries and the sets.
        set_size: Clips in a set, the answer included.
        trials: Number of queries.

    Returns:
        The mean of rank/N, from 1/N (always first) to 1.

    Raises:
        ConfigError: Shapes differ, or no recording has two clips.
        NotFiniteError: A vector is NaN, infinite or zero.
    """
    chance = np.random.default_rng(seed)
    queries, answers = _draw_queries(_codes(recordings), trials, chance)
    excluded = np.sort(np.stack((queries, answers), axis=1), axis=1)
    ranks, size = _ranks(vectors, len(recordings), queries, answers, list(excluded), set_size - 1, chance)
    return Ranking(float(ranks.mean() / size), size, trials, ranks / size, queries)


def released_code_rank(
    vectors: np.ndarray, voices: np.ndarray, *, seed: int, others: int = 512, trials: int = 1000
) -> Ranking:
    """Mean normalised rank as the released code of Torres et al. 2023 has it (singers compared by name).

    Args:
        vectors: (N, D).
        voices: (N,) the voice of each clip; some have two clips or more.
        seed: Draws the queries and the sets.
        others: Clips of other voices in a set, beside the answer.
        trials: Number of queries.

    Returns:
        The mean of (rank − 1)/N, from 0 to just under 1.

    Raises:
        ConfigError: Shapes differ, no voice has two clips, or there is one voice.
        NotFiniteError: A vector is NaN, infinite or zero.
    """
    voices, chance = _codes(voices), np.random.default_rng(seed)
    queries, answers = _draw_queries(voices, trials, chance)
    ranks, size = _ranks(vectors, len(voices), queries, answers, _mates(voices, queries), others, chance)
    return Ranking(float((ranks - 1).mean() / size), size, trials, (ranks - 1) / size, queries)


def pair_rank(
    vectors: np.ndarray,
    voices: np.ndarray,
    pairs: np.ndarray,
    *,
    seed: int,
    set_size: int = 512,
    trials: int = 1000,
) -> Ranking:
    """Mean normalised rank of given answers among clips of other voices.

    Args:
        vectors: (N, D).
        voices: (N,) the voice of each clip.
        pairs: (P, 2) indices of query and answer, both of one voice; they are drawn with replacement.
        seed: Draws the queries and the sets.
        set_size: Clips in a set, the answer included.
        trials: Number of queries.

    Returns:
        The mean of rank/N, from 1/N (always first) to 1.

    Raises:
        ConfigError: Shapes differ, there are no pairs, or there is one voice.
        NotFiniteError: A vector is NaN, infinite or zero.
    """
    voices, pairs, chance = _codes(voices), np.asarray(pairs), np.random.default_rng(seed)
    if pairs.ndim != 2 or pairs.shape[1] != 2 or not len(pairs):
        raise ConfigError(f"pairs must be (P, 2) with P > 0: {pairs.shape}")
    # Either end of a pair may ask for the other.
    turned = np.where(chance.random(trials)[:, None] < 0.5, [[0, 1]], [[1, 0]])
    queries, answers = np.take_along_axis(pairs[chance.integers(len(pairs), size=trials)], turned, axis=1).T
    ranks, size = _ranks(vectors, len(voices), queries, answers, _mates(voices, queries), set_size - 1, chance)
    return Ranking(float(ranks.mean() / size), size, trials, ranks / size, queries)


def _codes(names: np.ndarray) -> np.ndarray:
    """Give equal names equal numbers."""
    return np.unique(np.asarray(names), return_inverse=True)[1].ravel()


def _draw_queries(groups: np.ndarray, trials: int, chance: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Draw two different clips of one group, ``trials`` times; every clip that has a mate is as likely."""
    sizes = np.bincount(groups)
    able = np.flatnonzero(sizes[groups] > 1)
    if not len(able):
        raise ConfigError("no two clips belong together", hint="a query and its answer share a recording or voice")
    queries = chance.choice(able, size=trials)
    order = np.argsort(groups, kind="stable")
    starts = np.cumsum(sizes) - sizes
    place = np.empty_like(order)
    place[order] = np.arange(len(order)) - starts[groups[order]]
    group = groups[queries]
    mate = (place[queries] + chance.integers(1, sizes[group])) % sizes[group]
    return queries, order[starts[group] + mate]


def _mates(groups: np.ndarray, queries: np.ndarray) -> list[np.ndarray]:
    """Return the rising indices of all members of each query's group."""
    members = np.split(np.argsort(groups, kind="stable"), np.cumsum(np.bincount(groups))[:-1])
    return [members[group] for group in groups[queries]]


def _ranks(
    vectors: np.ndarray,
    named: int,
    queries: np.ndarray,
    answers: np.ndarray,
    excluded: Sequence[np.ndarray],
    others: int,
    chance: np.random.Generator,
) -> tuple[np.ndarray, int]:
    """Return the 1-based ranks (K,) of the answers among clips that are not excluded, and the set's size.

    ``excluded`` holds rising indices for each query. Rivals are drawn by their number among the clips left,
    which is then moved past the excluded ones, so that no trial looks at all clips.
    """
    unit = _unit(vectors)
    if named != len(unit):
        raise ConfigError(f"{len(unit)} vectors but {named} names")
    others = min(others, min(len(unit) - len(gone) for gone in excluded))
    if others < 1:
        raise ConfigError("nothing to rank the answer against", hint="one voice or recording only")
    tie = _TIE[unit.dtype.name]
    ranks = np.empty(len(queries))
    for k, (query, answer, gone) in enumerate(zip(queries, answers, excluded, strict=True)):
        number = chance.choice(len(unit) - len(gone), size=others, replace=False)
        rivals = number + np.searchsorted(gone - np.arange(len(gone)), number, side="right")
        ahead = unit[rivals] @ unit[query] - unit[answer] @ unit[query]
        ranks[k] = 1 + np.sum(ahead > tie) + np.sum(np.abs(ahead) <= tie) / 2
    return ranks, others + 1


def _unit(vectors: np.ndarray) -> np.ndarray:
    """Return unit vectors, float32 where they came as such (half the memory to walk through), else float64."""
    vectors = np.asarray(vectors)
    vectors = vectors.astype(np.float32 if vectors.dtype == np.float32 else np.float64, copy=False)
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    if not (usable := np.isfinite(norms) & (norms > 0)).all():
        raise NotFiniteError(f"vector {int(np.argmin(usable))} is zero or not finite")
    return vectors / norms
