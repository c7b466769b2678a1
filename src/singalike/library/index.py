"""The nearest-neighbour index: a FAISS cache of the store's vectors, never the truth.

One file beside the database: a line of JSON (the stamp), then the serialised index. The stamp holds the
store's revision, which changes with every vector, path and model, and a checksum; where either does not fit,
the index is built again from the store. It is exact (``IndexFlatIP`` on unit vectors: the inner product is
the cosine) and built whole: 1.5 s of processor time for 100,000 vectors of 256 dimensions. Beyond some
200,000 an inverted file (``IVF,RaBitQ`` with refinement) would pay; that is left for later.
"""

from __future__ import annotations

import json
import os
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from singalike.errors import ConfigError
from singalike.library.schema import transaction
from singalike.library.store import Store

if TYPE_CHECKING:
    import faiss

INDEX_FILE = "index.faiss"


class VectorIndex:
    """Cosine neighbours of a vector among the recordings of one revision of a store."""

    def __init__(self, revision: str, index: faiss.Index) -> None:
        self.revision, self._index = revision, index

    def __len__(self) -> int:
        return self._index.ntotal

    def nearest(self, vector: np.ndarray, n: int) -> tuple[list[int], list[float]]:
        """Return the ids and cosines of the `n` nearest recordings, closest first, ties by id.

        Parameters
        ----------
        vector : np.ndarray [shape=(D,)]
            Of unit norm.
        n : int > 0
            Fewer are returned where there are fewer.
        """
        n = min(n, len(self))
        if n == 0:
            return [], []
        scores, ids = self._index.search(vector[None].astype(np.float32), n)  # pyright: ignore[reportCallIssue]
        cosines = np.clip(scores[0].astype(np.float64), -1.0, 1.0)
        order = np.lexsort((ids[0], -cosines))
        return ids[0][order].tolist(), cosines[order].tolist()

    def sample(self, n: int = 500) -> np.ndarray:
        """Return at most `n` of the vectors (N, D), spread evenly over all."""
        import faiss

        inner = faiss.downcast_index(self._index.index)  # pyright: ignore[reportAttributeAccessIssue]
        places = np.unique(np.linspace(0, len(self) - 1, min(n, len(self))).round().astype(np.int64))
        return inner.reconstruct_batch(places) if len(places) else np.zeros((0, inner.d), np.float32)


def open_index(store: Store) -> VectorIndex:
    """Return the index of the store's present revision: the cached one if it is true, else a new one."""
    file = store.folder / INDEX_FILE
    return _load(file, store.revision()) or _build(store, file)


def _load(file: Path, revision: str) -> VectorIndex | None:
    import faiss

    try:
        content = file.read_bytes()
        header, _, body = content.partition(b"\n")
        stamp = json.loads(header)
    except (OSError, ValueError):
        return None
    if stamp != _stamp(revision, body):
        return None
    return VectorIndex(revision, faiss.deserialize_index(np.frombuffer(body, np.uint8)))


def _build(store: Store, file: Path) -> VectorIndex:
    import faiss

    revision, ids, vectors = store.all_vectors()
    index = faiss.IndexIDMap(faiss.IndexFlatIP(max(1, vectors.shape[1])))
    if len(ids):
        index.add_with_ids(vectors, ids)  # pyright: ignore[reportCallIssue]
    body = faiss.serialize_index(index).tobytes()
    stamp = json.dumps(_stamp(revision, body)).encode()
    _write(store, file, stamp + b"\n" + body)
    return VectorIndex(revision, index)


def _write(store: Store, file: Path, content: bytes) -> None:
    """Replace `file` as a whole. The store's write lock keeps a second process from the temporary file."""
    temporary = file.with_suffix(".tmp")
    try:
        with transaction(store.connection):
            temporary.write_bytes(content)
            os.replace(temporary, file)
    except (OSError, ConfigError):
        return  # a read-only or full disk costs time at the next search, nothing else


def _stamp(revision: str, body: bytes) -> dict[str, object]:
    return {"format": 1, "revision": revision, "crc32": zlib.crc32(body)}
