"""A query file to its voiceprint: from the store where its content is known, else from the model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from singalike.checksum import content_of
from singalike.errors import UnreadableError
from singalike.library.scan import normalise
from singalike.library.store import Store
from singalike.library.voiceprint import Voiceprint

if TYPE_CHECKING:
    from singalike.model.encoder import Model


@dataclass(frozen=True)
class Query:
    """A file asked about: where it is, the sha256 of its bytes, its vectors and their model."""

    path: Path
    sha256: str
    voiceprint: Voiceprint
    fingerprint: str


def resolve(store: Store, get_model: Callable[[], Model], source: str | Path, *, readout: str | None = None) -> Query:
    """Return the voiceprint of the file `source`, embedding it only if the library does not know its content.

    A `readout` given, what the library knows has to be of it.

    Raises
    ------
    InputError
        The file is missing or cannot be embedded.
    ModelMismatchError
        The model that would embed it is not the library's.
    """
    path = normalise(source)
    sha256 = _content(store, path)
    for recording in store.with_content(sha256, store.fingerprint(), readout):
        known = store.voiceprint(recording)
        if known is not None:
            return Query(path, sha256, known, recording.fingerprint)
    model = get_model()
    store.require(model.fingerprint)
    return Query(path, sha256, Voiceprint.of(model.embed_recording(path), where=path), model.fingerprint)


def embed(model: Model, path: Path) -> Query:
    """Return the voiceprint of the file `path` by `model`, whatever the library knows.

    Raises
    ------
    InputError
        The file is missing or cannot be embedded.
    """
    return Query(path, content_of(path), Voiceprint.of(model.embed_recording(path), where=path), model.fingerprint)


def _content(store: Store, path: Path) -> str:
    """Return the file's sha256, without reading it where size and time of change are as recorded."""
    try:
        status = path.stat()
        entry = store.at(path)
        if entry and (entry.size, entry.mtime_ns) == (status.st_size, status.st_mtime_ns):
            return entry.sha256
        return content_of(path)
    except OSError as error:
        raise UnreadableError(f"the file cannot be read: {error.strerror}", where=path) from error
