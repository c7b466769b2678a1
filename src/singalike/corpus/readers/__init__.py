"""One file a dataset: what it is, under which terms, and a ``read(root)`` that gives its recordings.

Each reader has ``DATASET``, its :class:`Dataset` record, and ``read(root) -> list[Recording]``. Nothing is
downloaded and no audio is opened: ``root`` is where the dataset already lies. A voice has the dataset's own
name for the person (``p225``, ``female1``, ``EN-Alto-1``), with the dataset before it where that is a bare
number (``ravdess-01``): no two of these datasets share a name but for the same person.
"""

from __future__ import annotations

from pathlib import Path

from singalike.corpus.readers import (
    folder,
    gtsinger,
    gtsinger_demo,
    m4singer,
    nus_48e,
    open_voices,
    ravdess,
    table,
    vctk,
    vocalset,
)
from singalike.corpus.readers.record import Dataset, Reader
from singalike.corpus.recordings import Recording
from singalike.errors import ConfigError

__all__ = ["READERS", "Dataset", "Reader", "find_reader", "genders", "read_dataset"]

READERS: dict[str, Reader] = {
    "vctk": vctk,
    "nus-48e": nus_48e,
    "vocalset": vocalset,
    "m4singer": m4singer,
    "gtsinger": gtsinger,
    "gtsinger-demo": gtsinger_demo,
    "ravdess": ravdess,
    "open-voices": open_voices,
    "folder": folder,
    "table": table,
}


def find_reader(name: str) -> Reader:
    """Return a reader by its name.

    Raises:
        ConfigError: There is no such reader; the error lists their names.
    """
    if name not in READERS:
        raise ConfigError(f"no reader is called {name!r}", hint=f"one of: {', '.join(READERS)}")
    return READERS[name]


def read_dataset(name: str, root: Path | str) -> list[Recording]:
    """Read a dataset with the reader of this name.

    Args:
        name: A key of :data:`READERS`.
        root: Where the dataset lies.

    Returns:
        All of its recordings, each once.

    Raises:
        ConfigError: There is no such reader, or the dataset is not there.
    """
    return find_reader(name).read(root)


def genders(name: str, root: Path | str) -> dict[str, str]:
    """Return ``"f"`` or ``"m"`` by voice; a voice whose gender the dataset does not state is left out.

    Args:
        name: A key of :data:`READERS`.
        root: Where the dataset lies.

    Raises:
        ConfigError: There is no such reader, or the dataset is not there.
    """
    gender = find_reader(name).DATASET.gender
    return gender(Path(root)) if gender else {}
