"""The recordings to measure on: read, filtered, and named so that the names hold on another machine.

A recording's *key* is its path relative to the data's root, with forward slashes: ``singer/song.wav``. The root
is the folder itself, the folder of a table, or the root that a reader is given.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from singalike.corpus.readers import find_reader, read_dataset
from singalike.corpus.recordings import Recording, read_recordings
from singalike.errors import ConfigError

_NAMELESS = (None, "folder", "table")


@dataclass(frozen=True)
class Data:
    """Recordings to measure on.

    Attributes:
        name: The dataset's name as its reader has it, or the name of the folder or table.
        recordings: By key, in the order of the keys.
    """

    name: str
    recordings: dict[str, Recording]


def read_data(
    source: Path,
    *,
    reader: str | None = None,
    split: str | None = None,
    kinds: Collection[str] = (),
    min_files: int = 1,
) -> Data:
    """Read what to measure on.

    Args:
        source: A folder ``<singer>/<anything>/<file>``, a table, or the root of a reader's dataset.
        reader: Name of a dataset reader; None reads a folder or table.
        split: Keep only this split; None keeps all.
        kinds: Keep only these kinds (``sung``, ``spoken``, …); empty keeps all.
        min_files: Leave out voices of fewer recordings (counted after the other filters).

    Returns:
        The recordings that pass all filters.

    Raises:
        ConfigError: There is no such source or reader, or nothing passes the filters.
    """
    found = read_dataset(reader, source) if reader else read_recordings(source)
    kept = [r for r in found if split in (None, r.split) and (not kinds or r.kind in kinds)]
    files = Counter(recording.voice for recording in kept)
    kept = [recording for recording in kept if files[recording.voice] >= min_files]
    if not kept:
        filters = {"split": split, "kinds": sorted(kinds), "min_files": min_files}
        raise ConfigError(f"none of {len(found)} recordings passes the filters {filters}", where=source)
    root = source if source.is_dir() else source.parent
    by_key = {_key(recording.path, root): recording for recording in kept}
    name = source.resolve().stem if reader in _NAMELESS else find_reader(reader).DATASET.name
    return Data(name, dict(sorted(by_key.items())))


def _key(path: Path, root: Path) -> str:
    path, root = path.absolute(), root.absolute()
    return (path.relative_to(root) if path.is_relative_to(root) else path).as_posix()
