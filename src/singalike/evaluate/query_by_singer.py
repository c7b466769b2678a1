"""A track finds the other tracks of its singer (Lee and Nam 2019; Kim et al. 2021).

Conventions
-----------
- ``queries``, ``collection`` (N, D): one embedding a track in the domain that is asked with and in the domain that is
  asked, row by row the same tracks; the same array twice where both are one domain. Their score is the cosine.
- ``tracks``, ``singers`` (N,): names.
- Every track whose singer has another one is a query. It ranks all other tracks: its own row is left out in every
  condition. Across domains it would be the same song in the other domain, and finding it is to recognise the song.
- The tracks of singers who have no other are ranked, but never a query.
- Tracks of equal score: each figure is its mean over all orders in which they may stand (McSherry and Najork 2008),
  exactly. So neither the order of the rows nor a name is of advantage, nothing is drawn, and vectors that are all the
  same are at chance.

Metrics, each of one query, then the mean over queries
------------------------------------------------------
- ``p_at_5``: share of the first five that are the singer's; of fewer than five other tracks it cannot be 1.
- ``r_at_5``: share of the singer's other tracks that are among the first five.
- ``map``: mean average precision: the precision at the place of each of the singer's other tracks, mean over them.
- ``predecessor_map``: what Lee and Nam's program prints as MAP. It is not: see :func:`predecessor_map`.
- ``_low``, ``_high``: 95 % intervals over the singers of the queries, the collection being given; ``_chance``: what
  equal scores get.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from singalike.evaluate.tracks import TIE, Tracks, mean_figures, validate
from singalike.evaluate.windows import Names

DEPTH = 5
PREDECESSORS_RELEVANT = 8
METRICS = ("p_at_5", "r_at_5", "map", "predecessor_map")


def precisions(scores: np.ndarray, relevant: np.ndarray, depth: int = DEPTH) -> np.ndarray:
    """Precision among the first 1, 2, … places of a ranking.

    Args:
        scores: (M,), higher is nearer; equal ones share their places.
        relevant: (M,) bool.
        depth: K, how many places.

    Returns:
        (K,) P@1 … P@K. Places beyond the M-th hold nothing.
    """
    share, _ = _places(scores, relevant)
    held = np.zeros(depth)
    held[: len(share)] = share[:depth]
    return np.cumsum(held) / np.arange(1, depth + 1)


def average_precision(scores: np.ndarray, relevant: np.ndarray) -> float:
    """Precision at the place of each relevant item, mean over all of them.

    Args:
        scores: (M,), higher is nearer; equal ones share their places.
        relevant: (M,) bool, some of them true.

    Returns:
        From nearly 0 to 1.
    """
    share, up_to = _places(scores, relevant)
    return float((share * up_to / np.arange(1, len(share) + 1)).sum() / np.count_nonzero(relevant))


def predecessor_map(first: np.ndarray) -> float:
    """Σ P@j / 8 over the first five places, the "MAP" of Lee and Nam's released evaluation; it is not mAP.

    Average precision sums the precision at the places of *relevant* tracks, down the whole ranking, and divides by
    their number. This sums it at each of the first five places, whatever stands there, looks no further, and divides
    by 8, the number of relevant tracks of each singer in their data, whatever it is here. A perfect ranking gets
    5/8; a hit at place 1 counts five times, one at place 6 not at all. It is for comparison with their figures.

    Args:
        first: (5,) P@1 … P@5, see :func:`precisions`.

    Returns:
        From 0 to 0.625.
    """
    return float(first.sum() / PREDECESSORS_RELEVANT)


def evaluate(
    queries: np.ndarray,
    collection: np.ndarray,
    tracks: Names,
    singers: Names,
    *,
    seed: int,
    replicates: int = 1000,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, object]:
    """All metrics of this task.

    Args:
        queries: (N, D) the tracks as they are asked with.
        collection: (N, D) the same tracks as they are ranked.
        tracks: (N,) different names.
        singers: (N,) names.
        seed: Draws the bootstrap, nothing else.
        replicates: Of the bootstrap.
        progress: Called with (queries done, of).

    Returns:
        The metrics of the module's docstring; the counts ``queries``, ``singers`` (who have a query) and ``ranked``
        (tracks in each ranking); ``notes``.

    Raises:
        ConfigError, NotFiniteError: See :func:`~singalike.evaluate.tracks.validate`.
    """
    found = validate(queries, collection, tracks, singers)
    asking = np.flatnonzero(found.answerable)
    values = np.empty((len(asking), len(METRICS)))
    for done, query in enumerate(asking.tolist(), start=1):
        values[done - 1] = _of_query(*_ranking(found, query))
        if progress:
            progress(done, len(asking))
    ranked, owners = len(found.singers) - 1, found.singers[asking]
    chances = _chances(found.sizes[owners] - 1, ranked)
    figures: dict[str, object] = {}
    for name, own, chance in zip(METRICS, values.T, chances.T, strict=True):
        figures |= mean_figures(name, own, owners, seed=seed, replicates=replicates)
        figures[f"{name}_chance"] = float(chance.mean())
    single = int((found.sizes == 1).sum())
    notes = [f"{single} singers have one track only: it is ranked, but never a query"] if single else []
    counts = {"queries": len(asking), "singers": len(np.unique(owners)), "ranked": ranked}
    return {**figures, **counts, "notes": notes}


def _ranking(found: Tracks, query: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the scores (N − 1,) of all tracks but the query, and which of them are its singer's."""
    scores = found.collection @ found.queries[query]
    return np.delete(scores, query), np.delete(found.singers == found.singers[query], query)


def _of_query(scores: np.ndarray, relevant: np.ndarray) -> tuple[float, ...]:
    """Return the metrics of one ranking in the order of :data:`METRICS`."""
    first = precisions(scores, relevant)
    recall = first[-1] * DEPTH / np.count_nonzero(relevant)
    return first[-1], recall, average_precision(scores, relevant), predecessor_map(first)


def _chances(relevant: np.ndarray, ranked: int) -> np.ndarray:
    """Return what a ranking of equal scores gets, (Q, metrics), for each number of relevant tracks (Q,)."""
    counts, which = np.unique(relevant, return_inverse=True)
    return np.array([_of_query(np.zeros(ranked), np.arange(ranked) < count) for count in counts])[which.ravel()]


def _places(scores: np.ndarray, relevant: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return what stands at each place of a ranking, over all orders of equal scores.

    Of a group of n equal scores with m relevant ones, any place holds a relevant one in m/n of the orders. Where it
    does, the other m − 1 are spread evenly over the n − 1 other places of the group.

    Returns:
        (M,) the chance that the place holds a relevant item; (M,) where it does, how many relevant ones are expected
        from the first place up to this one, itself included.
    """
    order = np.argsort(-scores, kind="stable")
    ordered = scores[order]
    group = np.cumsum(np.append(False, ordered[:-1] - ordered[1:] > TIE))
    size, hits = np.bincount(group), np.bincount(group, relevant[order])
    within = np.arange(len(scores)) - (np.cumsum(size) - size)[group]
    others = ((hits - 1) / np.maximum(size - 1, 1))[group]
    return (hits / size)[group], (np.cumsum(hits) - hits)[group] + 1 + within * others
