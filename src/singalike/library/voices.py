"""Enrolled voices in the store: a name and its exemplar vectors, erased for good when forgotten."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from singalike.errors import ConfigError
from singalike.library.query import Query
from singalike.library.results import Voice
from singalike.library.schema import transaction
from singalike.library.store import Store, to_column, to_path
from singalike.library.voiceprint import Voiceprint


@dataclass(frozen=True)
class Exemplar:
    """One recording of an enrolled voice: its file, the model and its read-out, the vector (D,), unit norm."""

    voice: str
    sha256: str
    path: Path
    fingerprint: str
    vector: np.ndarray
    readout: str = ""


def exemplars(store: Store, name: str | None = None) -> list[Exemplar]:
    """Return the exemplars of the voice `name`, or of all voices, in the order of enrolment."""
    rows = store.connection.execute(
        "SELECT name, sha256, path, fingerprint, vector, readout FROM exemplars JOIN voices ON id = voice_id"
        " WHERE ?1 IS NULL OR name = ?1 ORDER BY exemplars.rowid",
        (name,),
    )
    return [
        Exemplar(voice, sha256, to_path(path), fingerprint, np.frombuffer(vector, "<f4"), readout)
        for voice, sha256, path, fingerprint, vector, readout in rows
    ]


def voices(store: Store) -> list[Voice]:
    """Return the enrolled voices by name."""
    found = exemplars(store)
    own = store.fingerprint()
    return [
        Voice(
            name,
            exemplars=sum(e.voice == name for e in found),
            usable=sum(e.voice == name and e.fingerprint == own for e in found),
        )
        for name in sorted({e.voice for e in found})
    ]


def keep(store: Store, name: str, queries: list[Query]) -> None:
    """Add the voiceprints of `queries` to the voice `name`, all or none; equal content replaces.

    Raises
    ------
    ModelMismatchError
        They are of another model than the library's.
    """
    with transaction(store.connection):
        for query in queries:
            store.claim(query.fingerprint)
        store.connection.execute("INSERT OR IGNORE INTO voices (name) VALUES (?)", (name,))
        (voice_id,) = store.connection.execute("SELECT id FROM voices WHERE name = ?", (name,)).fetchone()
        store.connection.executemany(
            "INSERT OR REPLACE INTO exemplars VALUES (?, ?, ?, ?, ?, ?)",
            [
                (voice_id, q.sha256, to_column(q.path), q.fingerprint, _blob(q.voiceprint), q.voiceprint.readout)
                for q in queries
            ],
        )


def replace(store: Store, exemplar: Exemplar, query: Query) -> None:
    """Put the voiceprint of `query`, of the same content but by another model, in the place of `exemplar`."""
    with transaction(store.connection):
        store.connection.execute(
            "UPDATE exemplars SET fingerprint = ?, vector = ?, readout = ?"
            " WHERE sha256 = ? AND voice_id = (SELECT id FROM voices WHERE name = ?)",
            (query.fingerprint, _blob(query.voiceprint), query.voiceprint.readout, exemplar.sha256, exemplar.voice),
        )


def drop(store: Store, name: str, sha256s: list[str]) -> None:
    """Take the exemplars with these contents out of the voice `name`."""
    with transaction(store.connection):
        store.connection.executemany(
            "DELETE FROM exemplars WHERE sha256 = ? AND voice_id = (SELECT id FROM voices WHERE name = ?)",
            [(sha256, name) for sha256 in sha256s],
        )


def forget(store: Store, name: str) -> int:
    """Erase the voice `name`: rows, their bytes in the database, and the log they passed through.

    Returns
    -------
    int
        How many exemplars were erased; 0 if there is no such voice.

    Raises
    ------
    ConfigError
        The rows are gone, but another process is using the library and so keeps the old log.
    """
    with transaction(store.connection):
        erased = len(exemplars(store, name))
        store.connection.execute("DELETE FROM voices WHERE name = ?", (name,))
    # secure_delete has overwritten the rows; the log still holds earlier pages until it is emptied.
    busy = store.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    if busy:
        raise ConfigError(
            "the voice is erased, but a log that another process uses still holds its bytes",
            where=store.folder,
            hint="close the other process and forget the voice again",
        )
    return erased


def _blob(voiceprint: Voiceprint) -> bytes:
    return voiceprint.vector.astype("<f4").tobytes()
