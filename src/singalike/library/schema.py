"""The tables of a library and how its database is opened.

WAL lets readers go on while one process writes; ``synchronous = FULL`` makes a commit survive a power cut,
not only ``kill -9``; ``secure_delete`` overwrites deleted rows, so that a forgotten voice leaves no bytes.
WAL needs a local file system: two machines must not write one library through a network share.

Paths are TEXT; a file name that is not valid UTF-8 is stored as its bytes (BLOB), which SQLite allows in any
column.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from singalike.errors import ConfigError

DATABASE = "library.sqlite"
SCHEMA_VERSION = 2
BUSY_SECONDS = 30.0  # one transaction is one file's rows: milliseconds; so long a wait means a stuck process

_RESTORE = "see `singalike doctor --library`; restore it from a backup, or index anew into another folder"
_APPLICATION_ID = 0x53494E47  # "SING": tells a library from any other SQLite file
_TABLES = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE recordings (
    id INTEGER PRIMARY KEY AUTOINCREMENT,  -- AUTOINCREMENT: the id of a removed one is never given again
    path NOT NULL UNIQUE,
    sha256 TEXT NOT NULL,
    size INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    title TEXT NOT NULL,
    artist TEXT NOT NULL,
    album TEXT NOT NULL,
    album_artist TEXT NOT NULL,
    fingerprint TEXT NOT NULL,             -- of the model that made the vectors
    vector BLOB NOT NULL,                  -- (D,) float32, little-endian
    spread REAL NOT NULL,
    seconds REAL NOT NULL,
    sounding_seconds REAL NOT NULL,
    flags TEXT NOT NULL,                   -- quality flags, separated by spaces
    readout TEXT NOT NULL DEFAULT ''       -- which of the model's encoders, where it has several; since version 2
);
CREATE INDEX recordings_sha256 ON recordings (sha256);
CREATE TABLE windows (                     -- all windows of a recording in one row: always read together
    recording_id INTEGER PRIMARY KEY REFERENCES recordings (id) ON DELETE CASCADE,
    window_seconds REAL NOT NULL,
    start_seconds BLOB NOT NULL,           -- (N,) float64
    vectors BLOB NOT NULL                  -- (N, D) float32
);
CREATE TABLE failures (
    path PRIMARY KEY NOT NULL,
    code TEXT NOT NULL,
    what TEXT NOT NULL,
    hint TEXT NOT NULL,
    failed_at TEXT NOT NULL                -- UTC
) WITHOUT ROWID;
CREATE TABLE voices (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE exemplars (
    voice_id INTEGER NOT NULL REFERENCES voices (id) ON DELETE CASCADE,
    sha256 TEXT NOT NULL,
    path NOT NULL,
    fingerprint TEXT NOT NULL,
    vector BLOB NOT NULL,
    readout TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (voice_id, sha256)
);
INSERT INTO meta VALUES ('revision', hex(randomblob(16)));
"""


def connect(folder: Path, *, create: bool) -> sqlite3.Connection:
    """Open the database of the library in `folder`, making folder and tables first where `create` allows.

    Where nothing can be written (a read-only disk, somebody else's library) it can be read all the same.

    Raises
    ------
    ConfigError
        There is no library and `create` is false; the folder cannot be made; the file is not a library, is
        damaged, or was made by a newer version.
    """
    file = folder / DATABASE
    if not create and not file.is_file():
        raise ConfigError("there is no library here", where=folder, hint="`singalike index` makes one")
    if not create and not _can_write(file):
        return _connect_to_read(file)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(file, timeout=BUSY_SECONDS, isolation_level=None)
    except (OSError, sqlite3.OperationalError) as error:
        raise ConfigError(f"the library cannot be opened: {error}", where=folder) from error
    try:
        _prepare(connection, file)
    except sqlite3.DatabaseError as error:
        connection.close()
        hint = "can it be written?" if isinstance(error, sqlite3.OperationalError) else _RESTORE
        raise ConfigError(f"the library cannot be opened: {error}", where=file, hint=hint) from error
    except ConfigError:
        connection.close()
        raise
    return connection


def _can_write(file: Path) -> bool:
    return os.access(file, os.W_OK) and os.access(file.parent, os.W_OK)


def _connect_to_read(file: Path) -> sqlite3.Connection:
    for how in ("mode=ro", "mode=ro&immutable=1"):  # the second needs no files beside it, and sees no writer
        connection = sqlite3.connect(f"{file.absolute().as_uri()}?{how}", uri=True, isolation_level=None)
        try:
            if _version(connection, file) != SCHEMA_VERSION:
                hint = "use it once where it can be written: that brings it up to date"
                raise ConfigError("the library is of an older format, and cannot be written", where=file, hint=hint)
            return connection
        except sqlite3.DatabaseError as error:
            connection.close()
            failed = error
        except ConfigError:
            connection.close()
            raise
    raise ConfigError(f"the library cannot be opened: {failed}", where=file, hint=_RESTORE)


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Write all or nothing; waits for other writers up to :data:`BUSY_SECONDS`.

    Raises
    ------
    ConfigError
        The database cannot be written: the disk is full or read-only, or another process holds it all the
        time.
    """
    try:
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("COMMIT")
    except BaseException as error:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        if isinstance(error, sqlite3.OperationalError):
            raise ConfigError(f"the library cannot be written: {error}") from error
        raise


@contextmanager
def snapshot(connection: sqlite3.Connection) -> Iterator[None]:
    """Read several things from one state of the database, whatever others write meanwhile."""
    connection.execute("BEGIN")
    try:
        yield
    finally:
        connection.execute("COMMIT")


def _version(connection: sqlite3.Connection, file: Path) -> int:
    """Return the version of the library's format, 0 for an empty database; ConfigError where it is none of ours."""
    with snapshot(connection):  # another process may be making the tables
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        ours = connection.execute("PRAGMA application_id").fetchone()[0] == _APPLICATION_ID
        filled = _has_tables(connection)
    if not ours and (version or filled):
        raise ConfigError("this database is not a singalike library", where=file)
    if version > SCHEMA_VERSION:
        raise ConfigError(
            f"the library's format is {version}; this version reads up to {SCHEMA_VERSION}",
            where=file,
            hint="upgrade singalike",
        )
    return version


def _prepare(connection: sqlite3.Connection, file: Path) -> None:
    version = _version(connection, file)
    _use_wal(connection)
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA secure_delete = ON")
    if version == 0:
        _create_tables(connection, file)
    elif version < SCHEMA_VERSION:
        _upgrade(connection)


def _create_tables(connection: sqlite3.Connection, file: Path) -> None:
    with transaction(connection):
        if connection.execute("PRAGMA user_version").fetchone()[0]:
            return  # another process was faster
        if _has_tables(connection):
            raise ConfigError("this database is not a singalike library", where=file)
        # Not executescript(): that would commit before it starts.
        for statement in _TABLES.split(";\n"):
            connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


def _has_tables(connection: sqlite3.Connection) -> bool:
    return bool(connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0])


def _upgrade(connection: sqlite3.Connection) -> None:
    with transaction(connection):
        if connection.execute("PRAGMA user_version").fetchone()[0] < SCHEMA_VERSION:  # else another process was faster
            for table in ("recordings", "exemplars"):
                connection.execute(f"ALTER TABLE {table} ADD COLUMN readout TEXT NOT NULL DEFAULT ''")
            connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


def _use_wal(connection: sqlite3.Connection) -> None:
    """Switch to WAL. SQLite does not wait here when two processes open a new file at once, so we do."""
    give_up = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > give_up:
                raise
            time.sleep(0.02)
