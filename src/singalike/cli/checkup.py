"""What ``doctor --library`` looks at: the database, what is in it, and its index."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from singalike.cli.doctor import FAILED, OK, WARNING, Check
from singalike.errors import SingalikeError
from singalike.library.index import INDEX_FILE
from singalike.library.results import Voice
from singalike.library.scan import is_gone, normalise
from singalike.library.store import Store
from singalike.library.voices import voices
from singalike.model.hub import load_model


def check_library(folder: Path, model: str | None) -> Iterator[Check]:
    """Check the library in `folder`; a missing or damaged one is a failed check, not an error."""
    try:
        store = Store(normalise(folder), create=False)
    except SingalikeError as error:
        yield Check("library", FAILED, str(error))
        return
    try:
        yield _database(store)
        yield from _content(store)
        yield _fingerprint(store, model)
        yield _index(store)
    finally:
        store.close()


def _database(store: Store) -> Check:
    (verdict,) = store.connection.execute("PRAGMA integrity_check").fetchone()
    return Check("library", OK if verdict == "ok" else FAILED, f"{store.folder}, integrity: {verdict}")


def _content(store: Store) -> Iterator[Check]:
    recordings, failures = store.recordings(), store.failures()
    gone = sum(is_gone(recording.path) for recording in recordings)
    found = f"{len(recordings)} recordings"
    yield Check("content", WARNING if gone else OK, f"{found}; files gone: {gone}" if gone else found)
    yield _voices(voices(store))
    if failures:
        yield Check("failed files", WARNING, f"{len(failures)}, the first: {failures[0].path}")


def _voices(enrolled: list[Voice]) -> Check:
    stale = [voice for voice in enrolled if voice.usable < voice.exemplars]
    if not stale:
        return Check("voices", OK, f"{len(enrolled)} enrolled")
    lost = ", ".join(f"{voice.name} ({voice.exemplars - voice.usable} of {voice.exemplars})" for voice in stale)
    hint = "embedded by another model, and not compared: `singalike index --reindex`, or enroll them again"
    return Check("voices", WARNING, f"{len(enrolled)} enrolled; recordings {hint}: {lost}")


def _fingerprint(store: Store, model: str | None) -> Check:
    own = store.fingerprint()
    if own is None:
        return Check("library's model", OK, "none yet: it is empty")
    try:
        present = load_model(model).fingerprint
    except SingalikeError as error:
        return Check("library's model", WARNING, f"{own[:12]}; no model to compare with: {error.what}")
    if own != present:
        hint = "name the library's model by --model, or run `singalike index --reindex`"
        return Check("library's model", FAILED, f"{own[:12]}, but this is model {present[:12]}: {hint}")
    stale = len(store.stale(present))
    found = f"{own[:12]}; of another model, not searched: {stale}" if stale else own[:12]
    return Check("library's model", WARNING if stale else OK, found)


def _index(store: Store) -> Check:
    """Compare the revision on the index cache's first line with the store's."""
    try:
        with (store.folder / INDEX_FILE).open("rb") as file:
            revision = json.loads(file.readline()).get("revision")
    except (OSError, ValueError, AttributeError):
        return Check("index", WARNING, "missing or unreadable: the next search builds it")
    fresh = revision == store.revision()
    return Check("index", OK if fresh else WARNING, "fresh" if fresh else "stale: the next search builds it again")
