"""The recordings of a library whose voices are closest to a query's."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from singalike.errors import ConfigError
from singalike.library.explain import closest_segments
from singalike.library.index import VectorIndex
from singalike.library.query import Query
from singalike.library.rerank import Kept, Limits, rerank
from singalike.library.results import Hit, Recording, SegmentPair
from singalike.library.schema import snapshot
from singalike.library.store import Store
from singalike.library.voiceprint import Voiceprint

if TYPE_CHECKING:
    from singalike.model.card import Calibration

_FIRST_LOOK = 4  # neighbours fetched per hit asked for; more only where folding and caps used them up


def limits_from(
    k: int,
    *,
    max_per_artist: int | None = None,
    max_per_album: int | None = None,
    keep_duplicates: bool = False,
) -> Limits:
    """Return the checked limits of a search.

    Raises
    ------
    ConfigError
        A number is not a whole number of at least 1.
    """
    at_least_one("k", k)
    for name, cap in (("max_per_artist", max_per_artist), ("max_per_album", max_per_album)):
        if cap is not None:
            at_least_one(name, cap)
    return Limits(k, max_per_artist, max_per_album, keep_duplicates)


def at_least_one(name: str, value: object) -> None:
    """Refuse, as :class:`ConfigError`, a `value` that is not a whole number of at least 1."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ConfigError(f"{name} must be a whole number of at least 1, not {value!r}")


def search(
    store: Store,
    index: VectorIndex,
    query: Query,
    limits: Limits,
    *,
    calibration: Calibration | None,
    explain: bool,
) -> list[Hit]:
    """Return the hits for `query`, closest first; see :meth:`Library.search`."""
    voiceprint_of, limits = functools.cache(store.voiceprint), limits.of(calibration)
    with snapshot(store.connection):
        n = _FIRST_LOOK * limits.k
        while True:
            kept = rerank(_neighbours(store, index, query, n, limits), voiceprint_of, limits)
            if len(kept) == limits.k or n >= len(index):
                break
            n *= 4
        segments = [_segments(query, voiceprint_of(entry.recording)) if explain else None for entry in kept]
    return [
        _hit(rank, entry, pair, calibration)
        for rank, (entry, pair) in enumerate(zip(kept, segments, strict=True), start=1)
    ]


def _neighbours(
    store: Store, index: VectorIndex, query: Query, n: int, limits: Limits
) -> list[tuple[Recording, float]]:
    ids, scores = index.nearest(query.voiceprint.vector, n)
    recordings = store.with_ids(ids)
    return [
        (recordings[id], score)
        for id, score in zip(ids, scores, strict=True)
        if id in recordings and (limits.keep_duplicates or recordings[id].sha256 != query.sha256)
    ]


def _segments(query: Query, found: Voiceprint | None) -> SegmentPair | None:
    return None if found is None else closest_segments(query.voiceprint, found)


def _hit(rank: int, entry: Kept, segments: SegmentPair | None, calibration: Calibration | None) -> Hit:
    recording = entry.recording
    return Hit(
        rank=rank,
        id=recording.id,
        path=recording.path,
        title=recording.title,
        artist=recording.artist,
        album=recording.album,
        score=entry.score,
        probability=None if calibration is None else float(calibration.probability(entry.score)),
        duplicates=[str(duplicate.path) for duplicate in entry.duplicates],
        segments=segments,
    )
