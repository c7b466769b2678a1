"""Keeping a library true to its files: add, update, move, remove, and re-index for another model.

How a file is recognised, cheapest first: same path, size and time of change: unchanged. Same content (sha256)
at the same path: unchanged. Same content as an entry whose file is gone: that entry moved, and keeps its id.
Same content as an entry whose file is there: a copy, which takes over the vectors. Everything else is
embedded. An entry whose file changed keeps its id.

Each file is one transaction, and progress is reported after it: what was reported survives ``kill -9``, and a
restart embeds only the rest. Two processes may embed the same file twice, but never store it twice. A file
that failed is recorded and tried again by every later add that meets it.
"""

from __future__ import annotations

import sqlite3
import stat
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from singalike.checksum import sha256
from singalike.errors import ConfigError, InputError, UnreadableError
from singalike.library.results import Failure, Recording, Summary
from singalike.library.scan import Scan, is_gone, is_under, scan
from singalike.library.sentinel import SameVectorSentinel
from singalike.library.store import FileStamp, Store
from singalike.library.tags import read_tags
from singalike.library.voiceprint import Voiceprint

if TYPE_CHECKING:
    from singalike.model.encoder import Model

Progress = Callable[[int, int, Path], None]  # (files done, files in all, the file just done)


def add(
    store: Store, get_model: Callable[[], Model], paths: Iterable[str | Path], progress: Progress | None,
    readout: str | None = None,
) -> Summary:  # fmt: skip
    """Bring the library up to date with `paths` (files or folders); see :meth:`Library.add`."""
    found = scan(paths)
    _check_mounted(store, found)
    summary = Adder(store, get_model, store.fingerprint(), readout).run(found, progress)
    summary.removed += _remove_gone(store, found)
    return summary


def reindex(store: Store, model: Model, progress: Progress | None) -> Summary:
    """Embed every recording that another model embedded; see :meth:`Library.reindex`."""
    stale = Scan(files=[recording.path for recording in store.stale(model.fingerprint)])
    return Adder(store, lambda: model, model.fingerprint, model.asked).run(stale, progress)


class Adder:
    """One run over a list of files.

    Parameters
    ----------
    store : Store
    get_model : callable
        Gives the model; called when the first file has to be embedded.
    fingerprint : str or None
        Of the model whose vectors are wanted; None, in a library without vectors: of whatever `get_model`
        gives.
    readout : str or None
        The read-out that was asked for; None leaves an entry's as it is.
    """

    def __init__(
        self, store: Store, get_model: Callable[[], Model], fingerprint: str | None, readout: str | None = None
    ) -> None:
        self._store, self._get_model, self._fingerprint, self._readout = store, get_model, fingerprint, readout
        self._sentinel = SameVectorSentinel()

    def run(self, found: Scan, progress: Progress | None) -> Summary:
        """Handle the files of `found` in order; one bad file never stops the others."""
        summary = Summary(skipped=found.skipped, failed=list(found.failed))
        for done, path in enumerate(found.files, start=1):
            try:
                outcome = self._file(path)
                setattr(summary, outcome, getattr(summary, outcome) + 1)
            except (ConfigError, sqlite3.Error):
                raise  # not this file's fault
            except Exception as error:
                summary.failed.append(Failure.of(path, error))
                self._store.fail(summary.failed[-1])
            if progress is not None:
                progress(done, len(found.files), path)
        return summary

    def _file(self, path: Path) -> str:
        """Bring the entry of one file up to date; return the name of the summary's count."""
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise UnreadableError("not a regular file", where=path)
        entry = self._store.at(path)
        current = entry if entry and entry.fingerprint == self._fingerprint and self._is_wanted(entry) else None
        if current and (current.size, current.mtime_ns) == (status.st_size, status.st_mtime_ns):
            return "unchanged"
        stamp = FileStamp(sha256(path), status.st_size, status.st_mtime_ns)
        if current and current.sha256 == stamp.sha256:
            self._store.touch(path, stamp)
            return "unchanged"
        twins = self._store.with_content(stamp.sha256, self._fingerprint, self._readout)
        for twin in twins:
            if entry is None and is_gone(twin.path) and self._store.move(twin, path, stamp):
                return "moved"
        for twin in twins:
            known = self._store.voiceprint(twin)
            if known is not None:
                return self._store.put(path, stamp, read_tags(path), known, twin.fingerprint)
        return self._embed(path, stamp, entry)

    def _embed(self, path: Path, stamp: FileStamp, entry: Recording | None) -> str:
        model = self._get_model()
        if entry is not None:
            model = model.keeping(entry.readout)
        if self._fingerprint is None:
            self._fingerprint = model.fingerprint
        if model.fingerprint != self._fingerprint:
            self._store.require(model.fingerprint)
        try:
            voiceprint = Voiceprint.of(model.embed_recording(path), where=path)
        except InputError:
            if entry is not None and entry.sha256 != stamp.sha256:
                self._store.remove([entry])  # its audio is no more: its vectors would describe another file
            raise
        outcome = self._store.put(path, stamp, read_tags(path), voiceprint, model.fingerprint)
        self._watch(path, voiceprint)
        return outcome

    def _is_wanted(self, entry: Recording) -> bool:
        return self._readout in (None, entry.readout)

    def _watch(self, path: Path, voiceprint: Voiceprint) -> None:
        try:
            self._sentinel.see(path, voiceprint.vector)
        except ConfigError:
            self._store.remove(filter(None, map(self._store.at, self._sentinel.paths)))
            raise


def remove(store: Store, paths: Iterable[Path]) -> int:
    """Remove the entries at or under `paths`, whether the files exist or not; see :meth:`Library.remove`."""
    paths = list(paths)

    def selected(path: Path) -> bool:
        return any(is_under(path, root) for root in paths)

    store.forgive(selected)
    return store.remove(recording for recording in store.recordings() if selected(recording.path))


def _check_mounted(store: Store, found: Scan) -> None:
    """Refuse a folder that is all empty and yet has entries: an unmounted drive leaves such a folder behind."""
    empty = [folder for folder in found.folders if not any(folder.iterdir())]
    for folder in empty:
        if entries := sum(is_under(recording.path, folder) for recording in store.recordings()):
            raise ConfigError(
                f"the folder is empty, but the library has {entries} recordings of it",
                where=folder,
                hint="is its drive mounted? If they were deleted: `singalike remove FOLDER`",
            )


def _remove_gone(store: Store, found: Scan) -> int:
    """Remove what was under the walked folders and has no file any more."""
    if not found.folders:
        return 0
    present = set(found.files)

    def gone(path: Path) -> bool:
        return path not in present and any(is_under(path, root) for root in found.folders) and is_gone(path)

    store.forgive(gone)
    removed = [recording for recording in store.recordings() if gone(recording.path)]
    return store.remove(removed) if removed else 0
