"""The truth of a library: recordings, their vectors and the failures, in SQLite.

Every method that writes is one transaction: when it has returned, its rows survive ``kill -9``. Every change
draws a new *revision*, a random token by which the index cache knows whether it is still true (a counter
could repeat after a backup was restored).
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import numpy as np

from singalike.errors import ModelMismatchError
from singalike.library.results import Failure, Recording
from singalike.library.schema import connect, snapshot, transaction
from singalike.library.tags import Tags
from singalike.library.voiceprint import Voiceprint

_FILE = ("sha256", "size", "mtime_ns")
_TAGS = ("title", "artist", "album", "album_artist")
_FIGURES = ("spread", "seconds", "sounding_seconds")
_RECORDING = ("id", "path", *_FILE, *_TAGS, "fingerprint", *_FIGURES, "flags", "readout")
_SELECT = f"SELECT {', '.join(_RECORDING)} FROM recordings "
_WRITTEN = (*_RECORDING[1:], "vector")
_UPSERT = (
    f"INSERT INTO recordings ({', '.join(_WRITTEN)}) VALUES ({', '.join('?' * len(_WRITTEN))}) "
    f"ON CONFLICT (path) DO UPDATE SET {', '.join(f'{c} = excluded.{c}' for c in _WRITTEN[1:])} RETURNING id"
)


@dataclass(frozen=True)
class FileStamp:
    """What tells a file's content: sha256 (hex), size in bytes and time of change in nanoseconds."""

    sha256: str
    size: int
    mtime_ns: int


class Store:
    """The database of one library folder. Not for several threads at once: open one store in each.

    Parameters
    ----------
    folder : Path
    create : bool
        Make the library where there is none.

    Raises
    ------
    ConfigError
        As :func:`singalike.library.schema.connect`.
    """

    def __init__(self, folder: Path, *, create: bool) -> None:
        self.folder = folder
        self.connection = connect(folder, create=create)

    def close(self) -> None:
        """Close the database; the store is of no use afterwards."""
        self.connection.close()

    # ---- what the vectors belong to ------------------------------------------------------------------------

    def revision(self) -> str:
        """Return the token of the present state; every change draws a new one."""
        return self.connection.execute("SELECT value FROM meta WHERE key = 'revision'").fetchone()[0]

    def fingerprint(self) -> str | None:
        """Return the fingerprint of the library's model; None while there are no vectors at all."""
        row = self.connection.execute(
            "SELECT value FROM meta WHERE key = 'fingerprint'"
            " AND (EXISTS (SELECT 1 FROM recordings) OR EXISTS (SELECT 1 FROM exemplars))"
        ).fetchone()
        return row[0] if row else None

    def require(self, fingerprint: str) -> None:
        """Refuse a model that is not the library's own; a library without one takes any.

        Raises
        ------
        ModelMismatchError
            The library's vectors were made by another model.
        """
        own = self.fingerprint()
        if own is not None and own != fingerprint:
            raise ModelMismatchError(
                f"its vectors were made by model {own[:12]}, this is model {fingerprint[:12]}",
                where=self.folder,
                hint="embed everything anew with `singalike index --reindex`, or use the library's own model",
            )

    def claim(self, fingerprint: str) -> None:
        """Inside a transaction: :meth:`require`, and settle the model of a library without vectors."""
        self.require(fingerprint)
        self._set_fingerprint(fingerprint)

    def adopt(self, fingerprint: str) -> None:
        """Make `fingerprint` the library's model: the last step of re-indexing."""
        with self.change():
            self._set_fingerprint(fingerprint)

    @contextmanager
    def change(self) -> Iterator[None]:
        """One transaction that changes vectors or paths, and so the revision."""
        with transaction(self.connection):
            yield
            self.connection.execute("UPDATE meta SET value = hex(randomblob(16)) WHERE key = 'revision'")

    # ---- reading -------------------------------------------------------------------------------------------

    def __len__(self) -> int:
        return self._one("SELECT count(*) FROM recordings")

    def recordings(self) -> list[Recording]:
        """Return all recordings by id."""
        return self._recordings("ORDER BY id")

    def at(self, path: Path) -> Recording | None:
        """Return the recording at `path`."""
        return next(iter(self._recordings("WHERE path = ?", to_column(path))), None)

    def with_content(self, sha256: str, fingerprint: str | None, readout: str | None = None) -> list[Recording]:
        """Return the recordings whose file has this content and whose vectors are of this model and read-out."""
        same = "WHERE sha256 = ?1 AND fingerprint = ?2 AND (?3 IS NULL OR readout = ?3) ORDER BY id"
        return self._recordings(same, sha256, fingerprint, readout)

    def stale(self, fingerprint: str) -> list[Recording]:
        """Return the recordings whose vectors are of any model but this one."""
        return self._recordings("WHERE fingerprint != ? ORDER BY id", fingerprint)

    def with_ids(self, ids: Iterable[int]) -> dict[int, Recording]:
        """Return the recordings of `ids`, by id."""
        found = self._recordings("WHERE id IN (SELECT value FROM json_each(?))", json.dumps([int(i) for i in ids]))
        return {recording.id: recording for recording in found}

    def voiceprint(self, recording: Recording) -> Voiceprint | None:
        """Return the stored vectors of `recording`; None where another process has removed it meanwhile."""
        found = self.connection.execute(
            "SELECT vector, window_seconds, start_seconds, vectors"
            " FROM recordings JOIN windows ON recording_id = id WHERE id = ?",
            (recording.id,),
        ).fetchone()
        if found is None:
            return None
        vector, window_seconds, starts, windows = found
        row = np.frombuffer(vector, "<f4")
        return Voiceprint(
            vector=row,
            starts_seconds=np.frombuffer(starts, "<f8"),
            window_vectors=np.frombuffer(windows, "<f4").reshape(-1, row.size),
            window_seconds=window_seconds,
            spread=recording.spread,
            seconds=recording.seconds,
            sounding_seconds=recording.sounding_seconds,
            flags=recording.flags,
            readout=recording.readout,
        )

    def all_vectors(self) -> tuple[str, np.ndarray, np.ndarray]:
        """Return (revision, ids (N,) int64, vectors (N, D) float32) of the library's model."""
        with snapshot(self.connection):
            revision = self.revision()
            rows = self.connection.execute(
                "SELECT id, vector FROM recordings WHERE fingerprint = ? ORDER BY id", (self.fingerprint(),)
            ).fetchall()
        ids = np.array([id for id, _ in rows], np.int64)
        vectors = np.frombuffer(b"".join(vector for _, vector in rows), "<f4").reshape(len(rows), -1 if rows else 0)
        return revision, ids, vectors

    # ---- writing -------------------------------------------------------------------------------------------

    def put(self, path: Path, stamp: FileStamp, tags: Tags, voiceprint: Voiceprint, fingerprint: str) -> str:
        """Store the recording at `path`, keeping the id of an entry that is there already.

        Returns
        -------
        str
            "added", "updated", or "unchanged" where another process stored the same meanwhile.

        Raises
        ------
        ModelMismatchError
            It would be a new entry, of another model than the library's.
        """
        v = voiceprint
        row = (
            *(to_column(path), stamp.sha256, stamp.size, stamp.mtime_ns),
            *(tags.title, tags.artist, tags.album, tags.album_artist, fingerprint),
            *(v.spread, v.seconds, v.sounding_seconds, " ".join(v.flags), v.readout, v.vector.astype("<f4").tobytes()),
        )
        with self.change():
            before = self.at(path)
            same = (stamp.sha256, fingerprint, v.readout)
            if before and (before.sha256, before.fingerprint, before.readout) == same:
                return "unchanged"
            if before is None:
                self.claim(fingerprint)
            id = self._one(_UPSERT, *row)
            self.connection.execute(
                "INSERT OR REPLACE INTO windows VALUES (?, ?, ?, ?)",
                (
                    id,
                    v.window_seconds,
                    v.starts_seconds.astype("<f8").tobytes(),
                    v.window_vectors.astype("<f4").tobytes(),
                ),
            )
            self._forgive(path)
        return "updated" if before else "added"

    def touch(self, path: Path, stamp: FileStamp) -> None:
        """Note a new time of change of a file whose content is the same."""
        with transaction(self.connection):
            self.connection.execute(
                "UPDATE recordings SET mtime_ns = ? WHERE path = ? AND sha256 = ?",
                (stamp.mtime_ns, to_column(path), stamp.sha256),
            )

    def move(self, recording: Recording, path: Path, stamp: FileStamp) -> bool:
        """Give `recording` a new path; False where another process moved it or took the path meanwhile."""
        with self.change():
            moved = self.connection.execute(
                "UPDATE OR IGNORE recordings SET path = ?, mtime_ns = ? WHERE id = ? AND path = ? AND sha256 = ?",
                (to_column(path), stamp.mtime_ns, recording.id, to_column(recording.path), stamp.sha256),
            ).rowcount
            self._forgive(path)
        return moved == 1

    def remove(self, recordings: Iterable[Recording]) -> int:
        """Remove `recordings` (each only if it still is at its path); return how many there were."""
        with self.change():
            return sum(
                self.connection.execute(
                    "DELETE FROM recordings WHERE id = ? AND path = ?", (r.id, to_column(r.path))
                ).rowcount
                for r in recordings
            )

    # ---- failures ------------------------------------------------------------------------------------------

    def fail(self, failure: Failure) -> None:
        """Record that `failure.path` could not be used, in place of what was recorded about it before."""
        now = datetime.now(timezone.utc).isoformat(timespec="seconds")
        with transaction(self.connection):
            self.connection.execute(
                "INSERT OR REPLACE INTO failures VALUES (?, ?, ?, ?, ?)",
                (to_column(failure.path), failure.code, failure.what, failure.hint, now),
            )

    def failures(self) -> list[Failure]:
        """Return what could not be used, by path."""
        rows = self.connection.execute("SELECT path, code, what, hint FROM failures ORDER BY path")
        return [Failure(to_path(path), *rest) for path, *rest in rows]

    def forgive(self, selects: Callable[[Path], bool]) -> None:
        """Drop the failures of the paths that `selects` takes."""
        with transaction(self.connection):
            for failure in self.failures():
                if selects(failure.path):
                    self._forgive(failure.path)

    # ---- helpers -------------------------------------------------------------------------------------------

    def _forgive(self, path: Path) -> None:
        self.connection.execute("DELETE FROM failures WHERE path = ?", (to_column(path),))

    def _recordings(self, clause: str, *values: object) -> list[Recording]:
        return [_recording(row) for row in self.connection.execute(_SELECT + clause, values)]

    def _set_fingerprint(self, fingerprint: str) -> None:
        self.connection.execute("INSERT OR REPLACE INTO meta VALUES ('fingerprint', ?)", (fingerprint,))

    def _one(self, query: str, *values: object) -> int:
        return self.connection.execute(query, values).fetchone()[0]


def to_column(path: Path) -> str | bytes:
    """Return `path` as stored: text, or the raw bytes of a name that is not valid UTF-8."""
    text = os.fspath(path)
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return os.fsencode(text)
    return text


def to_path(column: str | bytes) -> Path:
    """Inverse of :func:`to_column`."""
    return Path(os.fsdecode(column))


def _recording(row: tuple) -> Recording:
    values: dict[str, Any] = dict(zip(_RECORDING, row, strict=True))
    path = to_path(values["path"])
    values |= {"path": path, "title": values["title"] or path.stem, "flags": tuple(values["flags"].split())}
    return Recording(**values)
