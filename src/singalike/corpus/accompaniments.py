"""Accompaniments to lay under voices: bands of the virtual choir, or a folder of recordings.

An accompaniment is asked for by a number. Equal numbers are the same stretch of the same music, however long it is
asked for and at whatever rate; what is shorter than asked is repeated.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Protocol

import numpy as np

from singalike.audio.choir import accompany, melody
from singalike.audio.containers import EXTENSIONS
from singalike.audio.decode import decode, info
from singalike.checksum import sha256
from singalike.errors import ConfigError

_SUFFIXES = frozenset().union(*EXTENSIONS.values())
_BAND_SECONDS = 12.0
_STRETCH_SECONDS = 30.0
_KEPT = 8  # a clip is given one at several levels, and a few are given to every clip


class Accompaniments(Protocol):
    """Music without a voice, by number.

    Attributes:
        identity: Changes where the music behind a number does.
    """

    identity: str

    @property
    def count(self) -> int | None:
        """How many different ones there are; None where there is no end to them."""
        ...

    def __call__(self, number: int, length: int, *, sample_rate_hz: int) -> np.ndarray:
        """Return (length,) samples, nowhere scaled.

        Raises:
            InputError: The recording behind the number cannot be used.
        """
        ...


class Bands:
    """The virtual choir's bands; each number is another band and tune."""

    identity: str = "bands-1"
    count: None = None

    def __call__(self, number: int, length: int, *, sample_rate_hz: int) -> np.ndarray:
        """Return (length,) samples."""
        return np.resize(_band(number, sample_rate_hz), length)


class Recordings:
    """The audio files of a folder; the number chooses the file and where in it to begin.

    Args:
        folder: With at least two audio files, at any depth.

    Raises:
        ConfigError: There are fewer.
    """

    def __init__(self, folder: Path) -> None:
        self._paths = [p for p in sorted(folder.rglob("*")) if p.suffix.lower() in _SUFFIXES and p.is_file()]
        if len(self._paths) < 2:
            raise ConfigError(f"{len(self._paths)} accompaniments", where=folder, hint="at least two audio files")
        contents = [sha256(path) for path in self._paths]
        self.identity: str = hashlib.sha256("\n".join(contents).encode()).hexdigest()
        self.count: int = len(self._paths)

    def __call__(self, number: int, length: int, *, sample_rate_hz: int) -> np.ndarray:
        """Return (length,) samples."""
        turn, which = divmod(number, len(self._paths))
        return np.resize(_stretch(self._paths[which], turn, sample_rate_hz), length)


@lru_cache(maxsize=_KEPT)
def _band(number: int, sample_rate_hz: int) -> np.ndarray:
    return accompany(melody(number, seconds=_BAND_SECONDS), seed=number, sample_rate_hz=sample_rate_hz)


@lru_cache(maxsize=_KEPT)
def _stretch(path: Path, turn: int, sample_rate_hz: int) -> np.ndarray:
    spare = (info(path).seconds or 0.0) - _STRETCH_SECONDS - 1.0  # lengths in headers may be a little off
    if spare <= 0:
        return decode(path, sample_rate_hz=sample_rate_hz).samples
    start = spare * float(np.random.default_rng(turn).random())
    return decode(path, sample_rate_hz=sample_rate_hz, offset_seconds=start, seconds=_STRETCH_SECONDS).samples
