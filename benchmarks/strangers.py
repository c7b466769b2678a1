"""Strangers at ``identify``: how many are taken for somebody who is enrolled, and how many of the enrolled are missed.

Some singers of a collection are enrolled by some recordings each, every singer but for one session or song, drawn; what
is asked about are recordings of sessions and songs that are not enrolled, and all recordings of everybody else, of
either gender. Scores and thresholds are those of the product. Who is enrolled, and by what, is drawn many times.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

import real_voices
from singalike.encoders.published import Baseline
from singalike.errors import ConfigError
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
        singers, crossed: (N,) names, of singers and of what targets cross: sessions or songs.
    """

    enrolled: np.ndarray
    asked: np.ndarray
    singers: np.ndarray
    crossed: np.ndarray

    @classmethod
    def read(cls, model: Baseline, task: real_voices.Task, levels: real_voices.Levels) -> Collection:
        """Embed a task's recordings; ``levels``: how they are enrolled and asked about, vocals (None) or mixes."""
        vectors, _ = real_voices.embed(model, task, levels, fresh=False)
        paths = task.trials.paths
        enrolled, asked = (np.stack([vectors[f"{path}@{level}"] for path in paths]) for level in levels)
        singers, crossed = (np.array([of[path] for path in paths]) for of in (task.singer_of, task.crossed_of))
        return cls(enrolled, asked, singers, crossed)

    def of(self, chosen: np.ndarray) -> Collection:
        """Return the chosen recordings."""
        return Collection(*(one[chosen] for one in (self.enrolled, self.asked, self.singers, self.crossed)))


@dataclass(frozen=True)
class _Asked:
    """Queries (Q,) of one draw: whose, the best score, whether it is the singer's, whether the singer is enrolled."""

    singers: np.ndarray
    best: np.ndarray
    right: np.ndarray
    known: np.ndarray


def threshold(collection: Collection) -> float:
    """Return the score that one stranger in a hundred reaches, with :data:`VOICES` enrolled by :data:`USUAL` each.

    Of a normal distribution with the strangers' mean and deviation: the quantile itself hangs on the one or two pairs
    of singers who are most alike, and strangers who were held out reached it more often.

    Raises:
        ConfigError: too few singers have as many recordings.
    """
    draws = list(_draws(collection, USUAL))
    if not draws:
        raise ConfigError(f"under {VOICES} singers have {USUAL} recordings besides those of one session or song")
    strangers = np.concatenate([draw.best[~draw.known] for draw in draws])
    return float(strangers.mean() + NormalDist().inv_cdf(1 - FALSE_ACCEPTS) * strangers.std())


def measure(collection: Collection, limit: float, *, strangers: np.ndarray | None = None) -> list[dict[str, float]]:
    """Return a row for each count of exemplars that enough singers have.

    Args:
        collection: Who is enrolled and asked about.
        limit: Score from which ``identify`` names somebody.
        strangers: Singers who are never enrolled, while nobody else is a stranger; None: all who are not, in each draw.

    Returns:
        ``voices``, ``exemplars``; means over singers of ``false_accepts``, the share of a stranger's queries that
        somebody is named for, of ``misses``, the share of an enrolled singer's that nobody is named for, and of
        ``misnamed``, the share of these that somebody else is named for; ``singers``, of how many the misses are.
    """
    rows = []
    for exemplars in EXEMPLARS:
        accepted, missed, misnamed = (defaultdict[str, list[np.ndarray]](list) for _ in range(3))
        for draw in _draws(collection, exemplars, strangers):
            named = draw.best >= limit
            for singer in np.unique(draw.singers).tolist():
                own = draw.singers == singer
                if draw.known[own].any():
                    missed[singer].append(~named[own])
                    misnamed[singer].append(named[own] & ~draw.right[own])
                else:
                    accepted[singer].append(named[own])
        if accepted and missed:
            shares = (("false_accepts", accepted), ("misses", missed), ("misnamed", misnamed))
            means = {name: np.mean([np.concatenate(one).mean() for one in found.values()]) for name, found in shares}
            rows.append({"voices": VOICES, "exemplars": exemplars, "singers": len(missed), **means})
    return rows


def across_strangers(fit: Collection, others: Sequence[Collection]) -> list[list[dict[str, float]]]:
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
        limit = threshold(fit.of(~np.isin(fit.singers, strangers)))
        for rows, one in zip(found, others, strict=True):
            rows.append(measure(one, limit, strangers=strangers))
    return [
        [{name: float(np.mean([row[name] for row in same])) for name in same[0]} for same in zip(*rows, strict=True)]
        for rows in found
    ]


def _draws(collection: Collection, exemplars: int, strangers: np.ndarray | None = None) -> Iterator[_Asked]:
    """Draw who is enrolled by how many recordings; nothing where too few singers have as many.

    Where the ``strangers`` are given, nobody else is one, and none of them is enrolled.
    """
    chance = np.random.default_rng([_SEED, exemplars])
    singers, crossed = collection.singers, collection.crossed
    choices = {
        name: _choices(np.flatnonzero(singers == name), crossed, exemplars)
        for name in np.setdiff1d(singers, [] if strangers is None else strangers).tolist()
    }
    able = [name for name, ways in choices.items() if ways]
    for _ in range(_DRAWS if len(able) >= VOICES else 0):
        enrolled = chance.permutation(able)[:VOICES]
        known = np.concatenate([_drawn(chance, choices[name], exemplars) for name in enrolled.tolist()])
        asking = np.isin(singers, np.unique(singers) if strangers is None else [*enrolled, *strangers])
        for row in known:
            asking &= (singers != singers[row]) | (crossed != crossed[row])
        order, scores = voice_scores(singers[known], collection.asked[asking] @ collection.enrolled[known].T)
        right = np.array(order)[scores.argmax(axis=1)] == singers[asking]
        yield _Asked(singers[asking], scores.max(axis=1), right, np.isin(singers[asking], enrolled))


def _choices(own: np.ndarray, crossed: np.ndarray, exemplars: int) -> list[np.ndarray]:
    """Return, for each session or song that can be kept to ask about, the recordings that can be enrolled."""
    ways = [own[crossed[own] != one] for one in np.unique(crossed[own])]
    return [way for way in ways if len(way) >= exemplars]


def _drawn(chance: np.random.Generator, ways: list[np.ndarray], exemplars: int) -> np.ndarray:
    return chance.permutation(ways[int(chance.integers(len(ways)))])[:exemplars]
