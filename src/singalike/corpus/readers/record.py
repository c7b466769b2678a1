"""What a dataset is and what may be done with it; what a reader offers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from singalike.corpus.recordings import Recording
from singalike.corpus.songs import Song
from singalike.errors import ConfigError


@dataclass(frozen=True)
class Dataset:
    """A dataset's record.

    Attributes:
        name: The name it is cited by.
        licence: Its terms; "per recording" where each row has its own.
        citation: Authors, title, place, year.
        identity: The rule by which two recordings count as one voice, or two songs as one artist's.
        layout: One path of it, under its root.
        obtain: Where to get it: a DOI, a page, or whom to ask.
        voices: How many people, or artists, the whole of it holds; None where that depends on the copy.
        songs: How many songs the whole of it holds; None for a dataset of recordings.
        gender: Reads ``"f"`` or ``"m"`` by voice from its root; None where the dataset does not state it.
    """

    name: str
    licence: str
    citation: str
    identity: str
    layout: str
    obtain: str
    voices: int | None = None
    songs: int | None = None
    gender: Callable[[Path], dict[str, str]] | None = None

    def missing(self, root: Path | str, what: str = "") -> ConfigError:
        """Return the error that says what was looked for at a root, and where to get it.

        Args:
            root: Where it was looked for.
            what: What was looked for; empty for a file of the dataset's layout.
        """
        return ConfigError(
            f"no {what or f'file like {self.layout}'} here", where=root, hint=f"to get {self.name}: {self.obtain}"
        )


class Reader(Protocol):
    """What each module of a dataset offers; a reader may take more keyword arguments than the root."""

    DATASET: Dataset

    def read(self, root: Path | str, /) -> list[Recording]:
        """Return the recordings under a root."""
        ...


class SongReader(Protocol):
    """What each module of a dataset of songs offers; its options are keyword arguments after the root."""

    DATASET: Dataset

    def read(self, root: Path | str, /, *args: Any, **options: Any) -> list[Song]:
        """Return the songs under a root whose audio is there."""
        ...
