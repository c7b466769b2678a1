"""Recordings of a library by what a tag head says of their voices.

A recording's tags are those of its one vector, the mean of its windows: the head learnt from such means over ten
seconds. Several tags are all asked for; their probabilities are multiplied, as if the tags were independent.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from singalike.errors import ConfigError
from singalike.library.index import VectorIndex
from singalike.library.query import Query
from singalike.library.rerank import Limits, rerank
from singalike.library.results import Hit
from singalike.library.search import search
from singalike.library.store import Store

if TYPE_CHECKING:
    from singalike.model.card import Calibration
    from singalike.model.tag_head import TagHead

HOLDS = 0.5  # a tag holds from this probability on
_FIRST_LOOK = 4  # candidates looked at per hit asked for; more only where folding and caps used them up


@dataclass(frozen=True)
class TagHit:
    """A recording and what it was found by.

    ``tags`` are the probabilities of the tags asked for; ``tags_probability`` is their product. ``score`` (cosine) and
    ``probability`` (of one voice) are there where a query was given.
    """

    rank: int
    id: int
    path: Path
    title: str
    artist: str
    album: str
    tags: dict[str, float]
    tags_probability: float
    score: float | None = None
    probability: float | None = None
    duplicates: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """Return the fields as JSON-ready values."""
        return {**asdict(self), "path": str(self.path)}


@dataclass(frozen=True)
class _Candidates:
    """Recordings whose tags are known: ids (N,), unit vectors (N, D), probabilities (N, K) of the K names asked for."""

    revision: str
    names: tuple[str, ...]
    ids: np.ndarray
    vectors: np.ndarray
    shares: np.ndarray

    def tags_of(self, id: int) -> dict[str, float]:
        """Return the probabilities by name of a recording."""
        row = self.shares[int(np.searchsorted(self.ids, id))]  # the store gives ids in order
        return dict(zip(self.names, row.tolist(), strict=True))


def check_threshold(threshold: float) -> None:
    """Refuse, as :class:`ConfigError`, what is no probability."""
    if not 0 <= threshold <= 1:
        raise ConfigError(f"no probability: {threshold}", hint="from 0 to 1")


def rank_by_tags(
    store: Store, head: TagHead, asked: Sequence[str], limits: Limits, *, threshold: float = 0.0
) -> list[TagHit]:
    """Return the recordings that have the tags with the highest probability, highest first.

    Parameters
    ----------
    store : Store
    head : TagHead
        Of the model of the library's vectors.
    asked : sequence of str
        Names of tags, at least one.
    limits : Limits
    threshold : float in [0, 1]
        Leave out recordings of which a tag has less than this probability.

    Raises
    ------
    ConfigError
        A tag is unknown (the nearest are named), or none is asked for; the threshold is no probability.
    ModelMismatchError
        The head is of another model than the library's vectors.
    """
    found = _candidates(store, head, asked, threshold)
    product = found.shares.prod(axis=1)
    order = np.lexsort((found.ids, -product))
    ids, n = found.ids[order].tolist(), _FIRST_LOOK * limits.k
    voiceprint_of = functools.cache(store.voiceprint)
    while True:
        recordings = store.with_ids(ids[:n])
        # Copies are told by their vectors: one score for all keeps a steep head from pulling them apart.
        kept = rerank([(recordings[id], 0.0) for id in ids[:n] if id in recordings], voiceprint_of, limits)
        if len(kept) == limits.k or n >= len(ids):
            break
        n *= 4
    hits = []
    for rank, entry in enumerate(kept, start=1):
        it, tags = entry.recording, found.tags_of(entry.recording.id)
        copies = [str(copy.path) for copy in entry.duplicates]
        share = float(np.prod(list(tags.values())))
        hits.append(TagHit(rank, it.id, it.path, it.title, it.artist, it.album, tags, share, duplicates=copies))
    return hits


def search_among_tags(
    store: Store,
    query: Query,
    head: TagHead,
    asked: Sequence[str],
    limits: Limits,
    *,
    threshold: float = HOLDS,
    calibration: Calibration | None = None,
) -> list[TagHit]:
    """Return the recordings closest to a query among those that have all the tags, closest first.

    Parameters
    ----------
    store, head, asked, limits :
        As :func:`rank_by_tags`.
    query : Query
    threshold : float in [0, 1]
        The probability from which on a tag holds.
    calibration : Calibration, optional
        Turns cosines into probabilities.

    Raises
    ------
    ConfigError, ModelMismatchError
        As :func:`rank_by_tags`.
    """
    found = _candidates(store, head, asked, threshold)
    hits = search(store, _index(found), query, limits, calibration=calibration, explain=False)
    return [_with_tags(hit, found.tags_of(hit.id)) for hit in hits]


def _candidates(store: Store, head: TagHead, asked: Sequence[str], threshold: float) -> _Candidates:
    if not asked:
        raise ConfigError("no tag is asked for", hint=f"some of: {', '.join(head.tags)}")
    check_threshold(threshold)
    places = list(dict.fromkeys(head.find(asked)))
    own = store.fingerprint()
    if own is not None:
        head.require(own)
    revision, ids, vectors = store.all_vectors()
    shares = head.predict(vectors)[:, places] if len(ids) else np.zeros((0, len(places)))
    kept = (shares >= threshold).all(axis=1)
    return _Candidates(revision, tuple(head.tags[place] for place in places), ids[kept], vectors[kept], shares[kept])


def _index(found: _Candidates) -> VectorIndex:
    """Return an index of the candidates alone."""
    import faiss

    index = faiss.IndexIDMap(faiss.IndexFlatIP(max(1, found.vectors.shape[1])))
    if len(found.ids):
        index.add_with_ids(np.ascontiguousarray(found.vectors), found.ids)  # pyright: ignore[reportCallIssue]
    return VectorIndex(found.revision, index)


def _with_tags(hit: Hit, tags: dict[str, float]) -> TagHit:
    return TagHit(
        hit.rank,
        hit.id,
        hit.path,
        hit.title,
        hit.artist,
        hit.album,
        tags,
        float(np.prod(list(tags.values()))),
        score=hit.score,
        probability=hit.probability,
        duplicates=hit.duplicates,
    )
