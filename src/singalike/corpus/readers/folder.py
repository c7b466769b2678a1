"""A plain folder of singers, ``<singer>/<anything>/<file>``."""

from __future__ import annotations

from pathlib import Path

from singalike.corpus.readers.layout import is_litter
from singalike.corpus.readers.record import Dataset
from singalike.corpus.recordings import Recording, read_recordings

DATASET = Dataset(
    name="a folder",
    licence="unknown: a folder states none",
    citation="none: these are your recordings",
    identity="the name of the first folder under the root, whole",
    layout="<singer>/<anything>/<file>",
    obtain="put the recordings of each singer into a folder of its own",
)


def read(root: Path | str) -> list[Recording]:
    """Read a folder of singers.

    Args:
        root: The folder that holds the singers' folders.

    Returns:
        Recordings in the order of their paths, of kind ``"vocals"``; ``session`` is what lies between.

    Raises:
        ConfigError: It is no folder, or there is no audio in it.
    """
    root = Path(root)
    if not root.is_dir():
        raise DATASET.missing(root, "folder")
    recordings = [r for r in read_recordings(root) if not any(map(is_litter, r.path.relative_to(root).parts))]
    if not recordings:
        raise DATASET.missing(root)
    return recordings
