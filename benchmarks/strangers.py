"""Strangers at ``identify``: how many are taken for somebody who is enrolled, and how many of the enrolled are missed.

Some singers of a collection are enrolled by some recordings each; every other recording is a query, by them or by the
singers who are not enrolled. Scores and thresholds are those of the product. Who is enrolled, and by what, is drawn
many times; figures are of the queries of all draws.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from singalike.library.identify import voice_scores

VOICES = 8
EXEMPLARS = (1, 3, 5)
USUAL = 3  # exemplars of what the threshold is fitted on
FALSE_ACCEPTS = 0.01  # of the strangers' queries
_DRAWS, _FIFTHS, _SEED = 100, 5, 0


@dataclass(frozen=True)
class Collection:
    """Recordings, as they are enrolled and as they are asked about.

    Attributes:
        enrolled, asked: (N, D) unit vectors, row by row of the same recordings, as vocals or as mixes.
        singers: (N,) names.
    """

    enrolled: np.ndarray
    asked: np.ndarray
    singers: np.ndarray

    def of(self, chosen: np.ndarray) -> Collection:
        """Return the chosen recordings."""
        return Collection(self.enrolled[chosen], self.asked[chosen], self.singers[chosen])


@dataclass(frozen=True)
class _Asked:
    """Queries of one draw: the best score (Q,), whether it is the singer's, whether the singer is enrolled."""

    best: np.ndarray
    right: np.ndarray
    known: np.ndarray


def threshold(collection: Collection) -> float:
    """Return the score that one stranger in a hundred reaches, with :data:`VOICES` enrolled by :data:`USUAL` each.

    Of a normal distribution with the strangers' mean and deviation: the quantile itself hangs on the one or two pairs
    of singers who are most alike, and strangers who were held out reached it twice as often.
    """
    strangers = np.concatenate([draw.best[~draw.known] for draw in _draws(collection, USUAL)])
    return float(strangers.mean() + NormalDist().inv_cdf(1 - FALSE_ACCEPTS) * strangers.std())


def measure(collection: Collection, limit: float, *, strangers: np.ndarray | None = None) -> list[dict[str, float]]:
    """Return a row for each count of exemplars that enough singers have.

    Args:
        collection: Who is enrolled and asked about.
        limit: Score from which ``identify`` names somebody.
        strangers: Singers who are never enrolled, while nobody else is a stranger; None: all who are not, in each draw.

    Returns:
        ``voices``, ``exemplars``; ``false_accepts`` of the strangers' queries; ``misses``, of the enrolled singers'
        those that nobody is named for; ``misnamed``, those that somebody else is named for.
    """
    rows = []
    for exemplars in EXEMPLARS:
        counts = np.zeros(5)
        for draw in _draws(collection, exemplars, strangers):
            named = draw.best >= limit
            wrong = named & draw.known & ~draw.right
            counts += [draw.known.sum(), (~draw.known).sum(), (named & ~draw.known).sum(), (~named & draw.known).sum(),
                       wrong.sum()]  # fmt: skip
        if counts.any():
            known, unknown, accepted, missed, misnamed = counts.tolist()
            shares = {"false_accepts": accepted / unknown, "misses": missed / known, "misnamed": misnamed / known}
            rows.append({"voices": VOICES, "exemplars": exemplars, **shares})
    return rows


def held_out(fit: Collection, others: list[Collection]) -> list[list[dict[str, float]]]:
    """Measure with strangers that the threshold was not fitted on: a fifth of the singers at a time.

    Args:
        fit: What the threshold is fitted on, without them.
        others: The same recordings, enrolled or asked about in other ways; measured.

    Returns:
        Rows of :func:`measure` for each of ``others``, means over the fifths.
    """
    names = np.random.default_rng(_SEED).permutation(np.unique(fit.singers))
    found: list[list[list[dict[str, float]]]] = [[] for _ in others]
    for strangers in np.array_split(names, _FIFTHS):
        inside = ~np.isin(fit.singers, strangers)
        limit = threshold(fit.of(inside))
        for rows, one in zip(found, others, strict=True):
            rows.append(measure(one, limit, strangers=strangers))
    return [
        [{name: float(np.mean([row[name] for row in same])) for name in same[0]} for same in zip(*rows, strict=True)]
        for rows in found
    ]


def _draws(collection: Collection, exemplars: int, strangers: np.ndarray | None = None) -> Iterator[_Asked]:
    """Draw who is enrolled by how many recordings; nothing where too few singers have as many and one more.

    Where the ``strangers`` are given, nobody else is one, and none of them is enrolled.
    """
    chance = np.random.default_rng([_SEED, exemplars])
    names, counts = np.unique(collection.singers, return_counts=True)
    enough = np.setdiff1d(names[counts > exemplars], [] if strangers is None else strangers)
    for _ in range(_DRAWS if len(enough) >= VOICES else 0):
        enrolled = chance.permutation(enough)[:VOICES]
        rows = [chance.permutation(np.flatnonzero(collection.singers == name))[:exemplars] for name in enrolled]
        known = np.concatenate(rows)
        asking = np.ones(len(names), bool) if strangers is None else np.isin(names, [*enrolled, *strangers])
        asked = np.setdiff1d(np.flatnonzero(np.isin(collection.singers, names[asking])), known)
        vectors, voices = collection.enrolled[known], collection.singers[known]
        order, scores = voice_scores(voices, collection.asked[asked] @ vectors.T)
        singers = collection.singers[asked]
        right = np.array(order)[scores.argmax(axis=1)] == singers
        yield _Asked(scores.max(axis=1), right, np.isin(singers, enrolled))
