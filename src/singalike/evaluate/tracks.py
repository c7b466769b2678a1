"""Tracks, each heard in two domains: as it is asked with, and as it is found in a collection.

Both may be the same (vocals ask vocals), or one the vocals and one the mixtures. A row is one track in both, so that in
every condition the row of the query is its own song, which must never be what it finds.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from singalike.errors import ConfigError, NotFiniteError
from singalike.evaluate.bootstrap import mean_interval
from singalike.evaluate.windows import Names

TIE = 1e-9  # cosines, in double precision, that differ by no more are equal


@dataclass(frozen=True, eq=False)
class Tracks:
    """N tracks of S singers, in the order of the tracks' names.

    Attributes:
        queries: (N, D) unit vectors, as a track is asked with.
        collection: (N, D) unit vectors, as the same track is found.
        singers: (N,) int, who sings each.
        names: (S,) the singers' names.
    """

    queries: np.ndarray
    collection: np.ndarray
    singers: np.ndarray
    names: np.ndarray

    @property
    def sizes(self) -> np.ndarray:
        """Return how many tracks each singer has, (S,)."""
        return np.bincount(self.singers, minlength=len(self.names))

    @property
    def answerable(self) -> np.ndarray:
        """Return whether the singer of each track has another one, (N,)."""
        return self.sizes[self.singers] > 1


def validate(queries: np.ndarray, collection: np.ndarray, tracks: Names, singers: Names) -> Tracks:
    """Check the inputs of a task on tracks.

    Args:
        queries: (N, D), finite, no row zero.
        collection: (N, D), of the same tracks; finite, no row zero.
        tracks: (N,) different names.
        singers: (N,) names.

    Returns:
        The tracks with unit norm; the order given is nothing.

    Raises:
        ConfigError: Shapes differ, a track is there twice, or fewer than two singers have two tracks.
        NotFiniteError: A vector is NaN, infinite or zero (its track is named).
    """
    one, two = np.asarray(queries, dtype=np.float64), np.asarray(collection, dtype=np.float64)
    track, singer = np.asarray(tracks), np.asarray(singers)
    if one.ndim != 2 or not one.size or one.shape != two.shape or {track.shape, singer.shape} != {one.shape[:1]}:
        counts = f"{track.shape} tracks, {singer.shape} singers"
        raise ConfigError(f"both must be (N, D), one row a track: {one.shape}, {two.shape} for {counts}")
    known, order, counts = np.unique(track, return_index=True, return_counts=True)
    if len(twice := known[counts > 1]):
        raise ConfigError(f"{len(twice)} tracks are there twice", where=twice[0])
    for vectors in (one, two):
        usable = np.isfinite(vectors).all(axis=1) & vectors.any(axis=1)
        if not usable.all():
            what = f"{(~usable).sum()} vectors are zero or not finite"
            raise NotFiniteError(what, where=track[np.argmin(usable)])
    names, codes = np.unique(singer[order], return_inverse=True)
    found = Tracks(unit(one[order]), unit(two[order]), codes.ravel(), names)
    if (able := int((found.sizes > 1).sum())) < 2:
        raise ConfigError(f"{able} of {len(names)} singers have 2 tracks or more", hint="at least 2 are needed")
    return found


def unit(vectors: np.ndarray) -> np.ndarray:
    """Return vectors (N, D) with unit norm; what cancelled out to zero stays zero, and is near to nothing."""
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.where(norms > 0, norms, 1.0)


def mean_figures(name: str, values: np.ndarray, singers: np.ndarray, *, seed: int, replicates: int) -> dict[str, float]:
    """Return the mean of values of queries under a name, with a 95 % interval over their singers.

    Args:
        name: Of the metric.
        values: (Q,).
        singers: (Q,) the singer of each query.
        seed: Draws the singers of the bootstrap.
        replicates: How often.
    """
    interval = mean_interval(values, singers, seed=seed, replicates=replicates)
    return {name: float(values.mean()), f"{name}_low": interval.low, f"{name}_high": interval.high}
