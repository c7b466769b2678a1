"""Who sings what in the demo, arranged so that listening to the song does not help.

All singers sing from one book of songs, and all versions of a song have the same band. Of each singer
one song is held out of the library, another song for the next singer: whoever is searched by a held-out
song meets the very same song and band in the library, sung by the others. Only the voice tells who it
is. The strangers sing from the same book and are neither in the library nor enrolled.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from singalike.audio.choir import Singer, melody, singer, song
from singalike.audio.encode import write_audio

LIBRARY, HELD_OUT, STRANGER = "library", "held-out", "stranger"
VOCALS, MIX = "vocals", "mix"
STRANGERS = 2

_SAMPLE_RATE_HZ = 22_050
_SEEDS_APART = 1_000  # choirs of different seeds share neither singers nor songs


@dataclass(frozen=True)
class Take:
    """One recording of the demo: who sings which song, as "vocals" or "mix", in which role, in which file."""

    singer: str
    song: str
    kind: str
    role: str
    path: Path

    @property
    def title(self) -> str:
        """What it is called in the report."""
        return f"{self.singer}, {self.song}, {self.kind}"


def held_out_song(singer: int, songs: int) -> int:
    """Return which of the songs the singer of this number keeps out of the library."""
    return singer % songs


def count_songs(singers: int, songs: int) -> int:
    """Return how many songs are sung in all, the strangers' included."""
    return singers * songs + STRANGERS


def perform(folder: Path, *, singers: int, songs: int, seed: int, sung: Callable[[str], None]) -> list[Take]:
    """Sing everything and write it as flac into ``folder``/<role>/<singer>/<song>-<kind>.flac.

    Args:
        folder: where the files go.
        singers: singers in the library.
        songs: songs each of them sings, the held-out one included.
        seed: which choir.
        sung: called with a title after each song.

    Returns:
        Two takes a song, its vocals and its mix: the library's, the held-out ones and the strangers'.
    """
    first = seed * _SEEDS_APART
    cast = [singer(first + i) for i in range(singers + STRANGERS)]
    names = _distinct([member.name for member in cast])
    takes: list[Take] = []
    for i, (member, name) in enumerate(zip(cast, names, strict=True)):
        if i >= singers:
            takes += _record(folder, member, name, STRANGER, i % songs, first)
            sung(name)
            continue
        for j in range(songs):
            role = HELD_OUT if j == held_out_song(i, songs) else LIBRARY
            takes += _record(folder, member, name, role, j, first)
            sung(name)
    return takes


def _record(folder: Path, member: Singer, name: str, role: str, number: int, first_seed: int) -> list[Take]:
    tune = melody(first_seed + number)
    sung = song(member, tune, seed=first_seed + number, sample_rate_hz=_SAMPLE_RATE_HZ)
    title = f"song {number + 1}"
    takes = []
    for kind, samples in ((VOCALS, sung.vocals), (MIX, sung.mix)):
        path = folder / role / name / f"{title}-{kind}.flac"
        write_audio(path, samples, sample_rate_hz=_SAMPLE_RATE_HZ)
        takes.append(Take(name, title, kind, role, path))
    return takes


def _distinct(names: list[str]) -> list[str]:
    """Return the names, namesakes numbered."""
    seen: Counter[str] = Counter()
    distinct = []
    for name in names:
        seen[name] += 1
        distinct.append(name if seen[name] == 1 else f"{name} {seen[name]}")
    return distinct
