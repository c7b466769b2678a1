"""Segments of songs: where they begin, and which sources sound in them.

A song is cut into segments that do not overlap (5 s in CVSM, 3.92 s in MSCOL); a rest shorter than a segment is left
out, but for a song that is shorter as a whole, which is repeated to one segment.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from singalike.corpus.mixing import is_active
from singalike.corpus.songs import STEMS, Song, add_up, terms
from singalike.errors import InputError

SOURCES = ("mixture", *STEMS)
_FULL_SCALE = np.float32(32_767.0)


@dataclass(frozen=True)
class SongSamples:
    """A song, decoded: int16 ``.npy`` by name, all of one rate and, but for 1 % at the end, of one length.

    A file of the song without samples here is silent throughout.
    """

    song: Song
    samples: Mapping[str, Path]

    def __post_init__(self) -> None:
        if max(self._lengths.values()) - min(self._lengths.values()) > max(self._lengths.values()) * 0.01:
            said = ", ".join(f"{name} {n}" for name, n in self._lengths.items())
            raise InputError(f"the stems are not of one length: {said} samples", where=self.song.name)

    def __len__(self) -> int:
        return min(self._lengths.values())

    @cached_property
    def _lengths(self) -> dict[str, int]:
        return {name: len(np.load(path, mmap_mode="r")) for name, path in self.samples.items()}

    @property
    def sources(self) -> tuple[str, ...]:
        """What sounds in it: files that it has, or what they make (:func:`~singalike.corpus.songs.terms`)."""
        return tuple(name for name in SOURCES if not self.samples.keys().isdisjoint(terms(name, self.song.files)))

    def read(self, source: str, start: int, length: int) -> np.ndarray:
        """Return ``length`` samples (float32, full scale 1) of a source; a short song is repeated.

        Raises:
            ValueError: The song does not have this source.
        """
        if source not in self.sources:
            raise ValueError(f"{self.song.name} has no {source}, only {', '.join(self.sources)}")
        signs = terms(source, self.song.files)
        return add_up(signs, {name: self._cut(name, start, length) for name in signs if name in self.samples})

    def _cut(self, name: str, start: int, length: int) -> np.ndarray:
        stop = min(start + length, len(self))
        cut = np.load(self.samples[name], mmap_mode="r")[start:stop].astype(np.float32) / _FULL_SCALE
        return np.resize(cut, length)


@dataclass(frozen=True)
class Segments:
    """All segments of some songs.

    Attributes:
        songs: S songs.
        length: Samples of a segment.
        song: (N,) place of each segment's song in ``songs``.
        start: (N,) its first sample.
        voice: (N,) label of its singer.
        active: (N, len(SOURCES)) whether each source sounds in it; False where the song does not have it.
    """

    songs: Sequence[SongSamples]
    length: int
    song: np.ndarray
    start: np.ndarray
    voice: np.ndarray
    active: np.ndarray

    def __len__(self) -> int:
        return len(self.song)

    def read(self, segment: int, source: str) -> np.ndarray:
        """Return (length,) samples of a source in a segment."""
        return self.songs[self.song[segment]].read(source, int(self.start[segment]), self.length)

    def where(self, *sources: str) -> np.ndarray:
        """Return the places of the segments in which all of these sources sound."""
        columns = [SOURCES.index(source) for source in sources]
        return np.flatnonzero(self.active[:, columns].all(1))


def cut(songs: Sequence[SongSamples], *, length: int) -> Segments:
    """Cut songs into segments of ``length`` samples and tell what sounds in each."""
    names = sorted({each.song.voice for each in songs})
    song, start, active = [], [], []
    for place, each in enumerate(songs):
        for begin in range(0, max(1, len(each) - length + 1), length):
            song.append(place)
            start.append(begin)
            active.append([name in each.sources and is_active(each.read(name, begin, length)) for name in SOURCES])
    label = {name: number for number, name in enumerate(names)}
    voice = np.array([label[songs[place].song.voice] for place in song], dtype=np.int64)
    shape = (len(song), len(SOURCES))
    return Segments(list(songs), length, np.array(song, dtype=np.int64), np.array(start, dtype=np.int64), voice,
                    np.array(active, dtype=bool).reshape(shape))  # fmt: skip
