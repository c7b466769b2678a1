"""Episodes of artist similarity: some artists, a query and an answer of each, and all their cosines."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from singalike.evaluate.replicates import eers

_TIE = 1e-6  # rounding: float32 cosines of equal vectors differ by no more
Draw = Callable[[int, np.random.Generator], tuple[np.ndarray, np.ndarray]]  # artist -> query (D,), answer (D,)


@dataclass(frozen=True, eq=False)
class Episode:
    """One episode of E artists.

    Attributes:
        artists: (E,) int.
        scores: (E, E) cosine of each query (row) and answer (column); the artist's own is on the diagonal.
    """

    artists: np.ndarray
    scores: np.ndarray

    def normalised_ranks(self) -> np.ndarray:
        """Return rank/E of each query's own answer, (E,); answers as close as it count half."""
        ahead_by = self.scores - np.diag(self.scores)[:, None]
        ahead, level = (ahead_by > _TIE).sum(axis=1), (np.abs(ahead_by) <= _TIE).sum(axis=1) - 1
        return (1 + ahead + level / 2) / len(self.scores)

    def eers(self, weights: np.ndarray) -> np.ndarray:
        """Return the equal error rates (R,) where artists have weights (R, A); NaN where nothing is left."""
        mine = weights[:, self.artists]
        one, two = mine[:, :, None], mine[:, None, :]
        same = np.eye(len(self.artists), dtype=bool)
        pairs = np.where(same, one, one * two).reshape(len(weights), -1)
        return eers(self.scores.ravel(), same.ravel(), pairs)


class SongItems:
    """The items of a level, by artist and song.

    Args:
        vectors: (G, D).
        songs: (G,).
        artists: (G,).
        able: (A,) names of the artists to draw from; they are numbered in this order.
    """

    def __init__(self, vectors: np.ndarray, songs: np.ndarray, artists: np.ndarray, able: np.ndarray) -> None:
        self._vectors = vectors
        self._items: list[list[np.ndarray]] = []  # by artist, by song
        for name in able:
            own = np.flatnonzero(artists == name)
            self._items.append([own[songs[own] == song] for song in np.unique(songs[own])])

    def two_songs(self, artist: int, chance: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Return one item (D,) each of two different songs of an artist."""
        own = self._items[artist]
        pair = chance.choice(len(own), size=2, replace=False)
        shares = chance.random(2)  # drawn alike at every level, so that all levels see the same songs
        query, answer = (own[song][int(share * len(own[song]))] for song, share in zip(pair, shares, strict=True))
        return self._vectors[query], self._vectors[answer]

    def two_halves(self, artist: int, chance: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Return the means (D,) of two halves of an artist's items."""
        dealt = chance.permutation(np.concatenate(self._items[artist]))
        half = len(dealt) // 2
        return self._vectors[dealt[:half]].mean(axis=0), self._vectors[dealt[half:]].mean(axis=0)


def draw_episode(draw: Draw, artists: int, size: int, chance: np.random.Generator) -> Episode:
    """Draw one episode.

    Args:
        draw: Gives query and answer of an artist by number.
        artists: How many there are.
        size: E, how many of them to draw.
        chance: Draws.
    """
    chosen = np.sort(chance.choice(artists, size=size, replace=False))
    pairs = [draw(artist, chance) for artist in chosen.tolist()]
    queries, answers = (_unit(np.stack(side)) for side in zip(*pairs, strict=True))
    return Episode(chosen, queries @ answers.T)


def _unit(vectors: np.ndarray) -> np.ndarray:
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.where(norms > 0, norms, 1)  # vectors that cancel out are no nearer to one than to another
