"""Whose track is it: each singer is the mean of some of his tracks (Lee and Nam 2019; Kim et al. 2021).

Conventions
-----------
- ``queries``, ``collection`` (N, D): one embedding a track in the domain that is asked with and in the domain that the
  singers are known from, row by row the same tracks; the same array twice where both are one domain.
- ``tracks``, ``singers`` (N,): names.
- The tracks of each singer are dealt: four fifths (8 of 10, as the predecessor has it; at least one) are his model, the
  mean of their unit vectors in the collection's domain; the others, at least one, are queries. No song is on both
  sides, in whichever domain. Ten such draws; they are the same in every condition.
- The score is the cosine of a query and a model; nothing is trained. Singers of one track are left out.
- Models of equal score: the mean over all orders in which they may stand, so that no singer is favoured and vectors
  that are all the same are at chance.

Metrics
-------
- ``top_1``, ``top_5``: share of the queries whose singer's model is the nearest, is among the nearest five; over all
  draws. ``draws`` has the ``top_1`` of each.
- ``_low``, ``_high``: 95 % intervals over singers, the models being given.
- ``top_1_chance``, ``top_5_chance``: 1/S and 5/S of S singers, at most 1.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from singalike.errors import ConfigError
from singalike.evaluate.tracks import TIE, Tracks, mean_figures, unit, validate
from singalike.evaluate.windows import Names

DEPTHS = {"top_1": 1, "top_5": 5}


def deal_models(singers: np.ndarray, share: float, chance: np.random.Generator) -> np.ndarray:
    """Draw which tracks are known.

    Args:
        singers: (N,) int from 0, two tracks or more of each.
        share: Of each singer's tracks; at least one is drawn, and at least one left.
        chance: Draws.

    Returns:
        (N,) bool, true for tracks of the model part.
    """
    known = np.zeros(len(singers), dtype=bool)
    for singer in range(singers.max() + 1):
        own = np.flatnonzero(singers == singer)
        count = min(max(round(share * len(own)), 1), len(own) - 1)
        known[chance.choice(own, size=count, replace=False)] = True
    return known


def singer_models(vectors: np.ndarray, singers: np.ndarray) -> np.ndarray:
    """Return the mean of each singer's vectors, brought to unit norm.

    Args:
        vectors: (N, D) unit vectors.
        singers: (N,) int, every number from 0 to S − 1.

    Returns:
        (S, D).
    """
    sums = np.zeros((singers.max() + 1, vectors.shape[1]))
    np.add.at(sums, singers, vectors)
    return unit(sums)  # a mean and a sum point the same way


def hits_at(scores: np.ndarray, answers: np.ndarray, depth: int) -> np.ndarray:
    """Whether the right model is among the nearest.

    Args:
        scores: (Q, S), higher is nearer.
        answers: (Q,) int, the right column of each row.
        depth: How many count as found.

    Returns:
        (Q,) 0 or 1; between them where models of equal score share the last places that count.
    """
    ahead_by = scores - np.take_along_axis(scores, answers[:, None], axis=1)
    ahead, level = (ahead_by > TIE).sum(axis=1), (np.abs(ahead_by) <= TIE).sum(axis=1)
    return np.clip((depth - ahead) / level, 0, 1)


def evaluate(
    queries: np.ndarray,
    collection: np.ndarray,
    tracks: Names,
    singers: Names,
    *,
    seed: int,
    model_share: float = 0.8,
    draws: int = 10,
    replicates: int = 1000,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, object]:
    """All metrics of this task.

    Args:
        queries: (N, D) the tracks as they are asked with.
        collection: (N, D) the same tracks as the singers are known from.
        tracks: (N,) different names.
        singers: (N,) names.
        seed: Draws the models and the bootstrap.
        model_share: Of each singer's tracks, over 0 and under 1.
        draws: How often the tracks are dealt.
        replicates: Of the bootstrap.
        progress: Called with (draws done, of).

    Returns:
        The metrics of the module's docstring; the counts ``queries`` (of one draw) and ``singers``; ``notes``.

    Raises:
        ConfigError: See :func:`~singalike.evaluate.tracks.validate`; the share is out of range.
        NotFiniteError: See :func:`~singalike.evaluate.tracks.validate`.
    """
    if not 0 < model_share < 1:
        raise ConfigError(f"{model_share} of a singer's tracks as his model", hint="over 0 and under 1")
    found = validate(queries, collection, tracks, singers)
    names, singer = np.unique(found.singers[found.answerable], return_inverse=True)
    owners: list[np.ndarray] = []
    hits: list[np.ndarray] = []
    for draw in range(draws):
        known = deal_models(singer, model_share, np.random.default_rng([seed, draw]))
        owners.append(singer[~known])
        hits.append(_hits(found, singer, known))
        if progress:
            progress(draw + 1, draws)
    figures: dict[str, object] = {}
    for (name, depth), values in zip(DEPTHS.items(), np.concatenate(hits, axis=1), strict=True):
        figures |= mean_figures(name, values, np.concatenate(owners), seed=seed, replicates=replicates)
        figures[f"{name}_chance"] = min(depth, len(names)) / len(names)
    single = len(found.names) - len(names)
    return {
        **figures,
        "draws": [float(top_1.mean()) for top_1, _ in hits],
        "queries": len(owners[0]),
        "singers": len(names),
        "notes": [f"{single} singers of one track are left out"] if single else [],
    }


def _hits(found: Tracks, singer: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Return the hits of one draw at each depth, (depths, Q); ``singer`` and ``known`` are of the answerable tracks."""
    asked, among = found.queries[found.answerable], found.collection[found.answerable]
    scores = asked[~known] @ singer_models(among[known], singer[known]).T
    return np.array([hits_at(scores, singer[~known], depth) for depth in DEPTHS.values()])
