"""One file a dataset: what it is, under which terms, and a ``read(root)`` that gives its recordings or songs.

Each reader of :data:`READERS` has ``DATASET``, its :class:`Dataset` record, and ``read(root) -> list[Recording]``.
Nothing is downloaded and no audio is opened: ``root`` is where the dataset already lies. A voice has the dataset's own
name for the person (``p225``, ``female1``, ``EN-Alto-1``), with the dataset before it where that is a bare
number (``ravdess-01``): no two of these datasets share a name but for the same person.

Each reader of :data:`SONG_READERS` has ``DATASET`` and ``read(root, **options) -> list[Song]``: songs named uniquely in
their dataset, with their mixture and stems, by artist. They leave out songs whose audio is not there, and warn.

Each reader of :data:`RATED_READERS` has ``DATASET`` and ``read(root) -> list[RatedSegment]``, in the same way.
"""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

from singalike.corpus.rated import RatedReader
from singalike.corpus.readers import (
    artist20,
    fma,
    folder,
    gtsinger,
    gtsinger_demo,
    kvt,
    m4singer,
    magnatagatune,
    mtg_jamendo,
    musdb18,
    music4all,
    nsynth,
    nus_48e,
    open_voices,
    ravdess,
    table,
    vctk,
    vocalset,
)
from singalike.corpus.readers.record import Dataset, Reader, SongReader
from singalike.corpus.recordings import Recording
from singalike.corpus.songs import Song
from singalike.errors import ConfigError

__all__ = [
    "RATED_READERS",
    "READERS",
    "SONG_READERS",
    "Dataset",
    "RatedReader",
    "Reader",
    "SongReader",
    "find_reader",
    "genders",
    "read_dataset",
    "read_song_dataset",
]

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

SONG_READERS: dict[str, SongReader] = {
    "music4all": music4all,
    "magnatagatune": magnatagatune,
    "nsynth": nsynth,
    "fma": fma,
    "mtg-jamendo": mtg_jamendo,
    "musdb18": musdb18,
    "artist20": artist20,
}

RATED_READERS: dict[str, RatedReader] = {"kvt": kvt}


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


def read_song_dataset(name: str, root: Path | str, **options: Any) -> list[Song]:
    """Read a dataset of songs with the reader of this name.

    Args:
        name: A key of :data:`SONG_READERS`.
        root: Where the dataset lies.
        options: Options of this reader: which subset, which published split.

    Returns:
        Its songs whose audio is there; a warning is logged that counts the others.

    Raises:
        ConfigError: There is no such reader or option, or the dataset is not there.
    """
    if name not in SONG_READERS:
        raise ConfigError(f"no reader of songs is called {name!r}", hint=f"one of: {', '.join(SONG_READERS)}")
    reader = SONG_READERS[name]
    known = list(inspect.signature(reader.read).parameters)[1:]
    if unknown := sorted(set(options) - set(known)):
        raise ConfigError(
            f"the reader {name} has no option {unknown[0]!r}", hint=f"it has: {', '.join(known) or 'none'}"
        )
    return reader.read(root, **options)


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
