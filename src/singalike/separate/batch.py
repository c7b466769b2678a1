"""Many files at once. What is finished is never repeated: killed and started again, a batch goes on where it was."""

from __future__ import annotations

import json
import os
import shutil
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from singalike.errors import ConfigError, InputError
from singalike.separate.base import Separator
from singalike.separate.cache import FORMAT, RECORD, Entry, cached_stems, content, entry_folder, remove_abandoned
from singalike.separate.names import folder_names

Progress = Callable[[int, int, Path, float], None]  # (files done, files in all, the file at work, its share done)


@dataclass(frozen=True)
class Separation:
    """One recording and its stems.

    Attributes:
        path: The recording.
        folder: Where its stems are.
        stems: Their files by name.
        seconds: Duration.
        flags: See :class:`singalike.separate.files.Separated`.
        fresh: False where nothing had to be done: its stems were kept from before.
    """

    path: Path
    folder: Path
    stems: dict[str, Path]
    seconds: float
    flags: tuple[str, ...]
    fresh: bool

    def as_dict(self) -> dict[str, Any]:
        """Return the fields, JSON-ready."""
        stems = {name: str(file) for name, file in self.stems.items()}
        return {**vars(self), "path": str(self.path), "folder": str(self.folder), "stems": stems}


@dataclass
class Batch:
    """What :func:`separate_all` did, in the order of the paths."""

    done: list[Separation] = field(default_factory=list)
    failed: list[tuple[Path, Exception]] = field(default_factory=list)


class _StoppedError(Exception):
    """The batch is being ended."""


def separate_all(
    paths: Sequence[Path],
    separator: Separator,
    out: Path,
    *,
    jobs: int = 1,
    format: str = "float",
    cache: Path | None = None,
    roots: Sequence[Path] = (),
    progress: Progress = lambda done, of, path, share: None,
) -> Batch:
    """Separate files into ``<out>/<name of the file>/<stem>``, by way of the cache.

    A folder says in its ``separation.json`` whose stems it holds. One that holds another recording's, or somebody
    else's files of these names, is not touched: that file fails.

    Args:
        paths: Recordings, each once.
        separator: Any.
        out: The folder to write to.
        jobs: Files at a time, a thread each; each holds a chunk in memory.
        format: See :func:`singalike.separate.files.separate_file`.
        cache: Where stems are kept; None is ``home()/stems``.
        roots: Folders whose inner folders are kept, see :func:`~singalike.separate.names.folder_names`.
        progress: Called from the threads, one at a time.

    Raises:
        ConfigError: The separator does not keep its promises, or there is no such format.
        OSError: A folder cannot be written.
    """
    remove_abandoned(cache)
    run = _Run(separator, out, format, cache, progress, len(paths))
    batch = Batch()
    with ThreadPoolExecutor(jobs) as pool:
        futures: list[Future[Separation]] = []
        try:
            futures = [
                pool.submit(run.one, path, out / name) for path, name in folder_names(paths, roots=roots).items()
            ]
            for path, future in zip(paths, futures, strict=True):
                try:
                    batch.done.append(future.result())
                except (ConfigError, OSError):
                    raise  # not this file's fault
                except Exception as error:  # one bad file never stops a batch
                    batch.failed.append((path, error))
        except BaseException:
            run.stop.set()  # a file at work is given up after its chunk, not after its hour
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return batch


class _Run:
    """What the threads of a batch share."""

    def __init__(
        self, separator: Separator, out: Path, format: str, cache: Path | None, progress: Progress, of: int
    ) -> None:
        self.stop = threading.Event()
        self._separator, self._out, self._format, self._cache = separator, out, format, cache
        self._progress, self._of, self._done = progress, of, 0
        self._reporting = threading.Lock()
        self._locks: dict[Path, threading.Lock] = {}  # of two files with one content, one is separated and one waits

    def one(self, path: Path, folder: Path) -> Separation:
        try:
            digest = content(path)
            _check_free(folder, digest, path)
            kept = entry_folder(digest, self._separator, format=self._format, cache=self._cache)
            with self._locks.setdefault(kept, threading.Lock()):
                entry = cached_stems(
                    path,
                    self._separator,
                    format=self._format,
                    cache=self._cache,
                    digest=digest,
                    progress=lambda share: self._report(path, share),
                )
            return _place(entry, path, folder)
        finally:
            self._report(path, 1.0, finished=True)

    def _report(self, path: Path, share: float, *, finished: bool = False) -> None:
        with self._reporting:
            self._done += finished
            self._progress(self._done, self._of, path, share)
        if self.stop.is_set() and not finished:
            raise _StoppedError


def _check_free(folder: Path, digest: str, path: Path) -> None:
    """Make sure that nothing of anybody else's is replaced in a folder."""
    if not folder.exists():
        return
    record = _record(folder)
    if not record:
        what = f"{folder} is there already, and not from `singalike separate`"
        raise InputError(what, where=path, hint="name another --out")
    if record["sha256"] != digest and record["path"] != str(path.absolute()):
        raise InputError(f"{folder} holds the stems of {record['path']}", where=path, hint="name another --out")


def _record(folder: Path) -> dict[str, Any]:
    """Return what a folder says about its stems; nothing where it is not ours."""
    try:
        record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return record if isinstance(record, dict) and record.get("format") == FORMAT else {}


def _place(entry: Entry, path: Path, folder: Path) -> Separation:
    """Link the stems of an entry to where they are wanted, in place of any that were there; the record comes first."""
    folder.mkdir(parents=True, exist_ok=True)
    record = {"path": str(path.absolute()), **entry.record}
    wanted = {file.name for file in entry.stems.values()}
    for stem in _record(folder).get("stems", {}).values():
        if stem["file"] not in wanted:  # of another separation: one folder, one separation
            (folder / stem["file"]).unlink(missing_ok=True)
    draft = folder / f".{RECORD}"
    draft.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    draft.replace(folder / RECORD)
    stems = {name: folder / file.name for name, file in entry.stems.items()}
    for name, kept in entry.stems.items():
        _link(kept, stems[name])
    seconds = record["frames"] / record["sample_rate_hz"]
    return Separation(path, folder, stems, seconds, tuple(record["flags"]), entry.fresh)


def _link(kept: Path, wanted: Path) -> None:
    status = kept.stat()
    if wanted.exists():
        there = wanted.stat()
        if (there.st_size, there.st_mtime_ns) == (status.st_size, status.st_mtime_ns):
            return
    draft = wanted.with_name(f".{wanted.name}")
    draft.unlink(missing_ok=True)
    try:
        os.link(kept, draft)
    except OSError:  # another disk, or one without links
        shutil.copy2(kept, draft)
    draft.replace(wanted)
