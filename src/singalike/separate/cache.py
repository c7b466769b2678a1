"""Stems, kept: each content is separated once by each separator, whatever the file is called.

One folder an entry under ``home()/stems``, named by the sha256 of the file's bytes and all that the output follows
from. It holds the stems and ``separation.json``, and appears whole: an interrupted separation leaves nothing that could
be taken for its result. Commands link the stems to where they are wanted, so they take their space once; ``size`` and
time of change in ``separation.json`` tell if somebody has edited one in place, and then it is separated anew.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from singalike import __version__
from singalike.audio.containers import read_head
from singalike.checksum import content_of
from singalike.model.hub import home
from singalike.separate.base import Separator
from singalike.separate.files import separate_file

RECORD = "separation.json"
FORMAT = "singalike-stems"
_VERSION = 1  # of what is kept, and of how chunks are joined
_DRAFT = ".draft-"
_ABANDONED_SECONDS = 3600  # a draft that nobody has written to for so long was left by a killed process


@dataclass(frozen=True)
class Entry:
    """The stems of one content.

    Attributes:
        folder: Where they are.
        record: What ``separation.json`` says: ``sha256`` (of the recording), ``separator``, ``fingerprint``,
            ``sample_rate_hz``, ``channels``, ``frames``, ``flags``, ``stems`` (name -> file, size, mtime_ns), ...
        fresh: Whether they were separated just now.
    """

    folder: Path
    record: dict[str, Any]
    fresh: bool

    @property
    def stems(self) -> dict[str, Path]:
        """The stems' files by name."""
        return {name: self.folder / stem["file"] for name, stem in self.record["stems"].items()}


def content(path: Path) -> str:
    """Return the sha256 of a file's bytes.

    Raises:
        UnreadableError: It is missing, a folder, not permitted, empty, or plainly no audio.
    """
    read_head(path)
    return content_of(path)


def entry_folder(digest: str, separator: Separator, *, format: str, cache: Path | None = None) -> Path:
    """Return where the stems of a content (its sha256) are kept, whether they are there or not."""
    made = (separator.name, separator.fingerprint, separator.stems, separator.chunk_seconds, separator.overlap_seconds)
    name = hashlib.sha256(repr((_VERSION, digest, made, format)).encode()).hexdigest()[:32]
    return (cache or home() / "stems") / name


def cached_stems(
    path: Path,
    separator: Separator,
    *,
    format: str = "float",
    cache: Path | None = None,
    digest: str | None = None,
    progress: Callable[[float], None] = lambda share: None,
) -> Entry:
    """Return the stems of a file, separated first if they are not kept yet.

    Args:
        path: The mix.
        separator: Any.
        format: See :func:`singalike.separate.files.separate_file`.
        cache: The folder; None is ``home()/stems``.
        digest: The file's :func:`content`, where it is known already.
        progress: Called with the share that is done, up to 1.

    Raises:
        InputError: The file cannot be used.
        ConfigError: There is no such format.
    """
    digest = digest or content(path)
    folder = entry_folder(digest, separator, format=format, cache=cache)
    if (record := _read(folder)) is not None:
        return Entry(folder, record, fresh=False)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=_DRAFT) as draft:
        made = separate_file(path, separator, Path(draft, "stems"), format=format, progress=progress)
        record = {
            "format": FORMAT,
            "version": _VERSION,
            "singalike": __version__,
            "sha256": digest,
            "separator": separator.name,
            "fingerprint": separator.fingerprint,
            "sample_rate_hz": made.sample_rate_hz,
            "channels": made.channels,
            "frames": made.frames,
            "flags": list(made.flags),
            "stems": {name: {"file": file.name, **_stamp(file)} for name, file in made.stems.items()},
        }
        Path(draft, "stems", RECORD).write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
        _move(Path(draft, "stems"), folder)
    return Entry(folder, record, fresh=True)


def remove_abandoned(cache: Path | None = None) -> None:
    """Remove what killed processes left half done; what another one is writing stays."""
    for draft in (cache or home() / "stems").glob(f"{_DRAFT}*"):
        times = [file.stat().st_mtime for file in (draft, *draft.rglob("*")) if file.exists()]
        if times and time.time() - max(times) > _ABANDONED_SECONDS:
            shutil.rmtree(draft, ignore_errors=True)


def _read(folder: Path) -> dict[str, Any] | None:
    """Return the record of an entry whose stems are all as they were when it was made."""
    try:
        record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
        for stem in record["stems"].values():
            if _stamp(folder / stem["file"]) != {"size": stem["size"], "mtime_ns": stem["mtime_ns"]}:
                return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None  # missing or damaged: made anew
    return record


def _stamp(file: Path) -> dict[str, int]:
    status = file.stat()
    return {"size": status.st_size, "mtime_ns": status.st_mtime_ns}


def _move(made: Path, folder: Path) -> None:
    """Put an entry in its place. One that is whole, by another process, stays; a damaged one goes."""
    if folder.exists() and _read(folder) is None:
        shutil.rmtree(folder)
    try:
        os.rename(made, folder)  # noqa: PTH104 - Path.rename would replace nothing either; this is the atomic step
    except OSError:
        if _read(folder) is None:
            raise
