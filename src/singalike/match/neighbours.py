"""The songs of a library whose accompaniment would suit a voice: neighbours by cosine, vocals and mixes alike."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from singalike.audio.decode import info
from singalike.checksum import sha256
from singalike.errors import ConfigError
from singalike.library import Hit, Library, Recording
from singalike.library.rerank import DUPLICATE_SECONDS
from singalike.library.scan import normalise
from singalike.separate.ready import NAMES

_STEMS = frozenset(spelling for name, spellings in NAMES.items() if name != "mix" for spelling in spellings)


@dataclass(frozen=True)
class Neighbours:
    """What a library has for a voice.

    Attributes:
        hits: The closest songs, at most as many as asked for.
        left_out: Entries that are the query itself, by content or near enough.
        model: The fingerprint of the model that says so.
    """

    hits: list[Hit]
    left_out: list[Path]
    model: str


def find_neighbours(library: Library, voice: Path, *, k: int, own: Iterable[Path] = ()) -> Neighbours:
    """Find the songs whose voices are closest to one.

    Entries that are stems by their name (``vocals``, ``drums``, ...) are no answers: they have no accompaniment, or no
    voice to be close to. The query's own song is none either: its content, its stems and mix, and whatever of its
    length agrees with it so well that it may be a copy (:attr:`singalike.library.Library.duplicate_cosine`).

    Args:
        library: Any.
        voice: The query's voice, or the query where that is not to be had.
        k: How many songs.
        own: Other files of the query's song.

    Raises:
        ConfigError: There is no library, or no song in it but the query's.
        InputError: The query cannot be embedded.
    """
    entries = {entry.id: entry for entry in library.recordings()}
    songs = {id: entry for id, entry in entries.items() if entry.path.stem.lower() not in _STEMS}
    files = {normalise(file) for file in (voice, *own)}
    contents = {sha256(file) for file in files if file.is_file()}
    left_out = [e.path for e in songs.values() if e.path in files or e.sha256 in contents]
    hits: list[Hit] = []
    seconds = info(voice).seconds  # not every container says
    wanted = k + len(left_out) + len(entries) - len(songs)  # so many that k songs are among them, but for near copies
    for hit in library.search(voice, k=max(1, min(len(entries), wanted + k))):
        if hit.id not in songs or hit.path in left_out:
            continue
        alike = seconds is None or abs(entries[hit.id].seconds - seconds) <= DUPLICATE_SECONDS
        if alike and hit.score >= library.duplicate_cosine:
            left_out.append(hit.path)
        elif len(hits) < k:
            hits.append(replace(hit, rank=len(hits) + 1))
    if not hits:
        raise ConfigError(_nothing(entries.values(), songs), where=library.folder, hint="index songs: singalike index")
    return Neighbours(hits, sorted(left_out), songs[hits[0].id].fingerprint)


def _nothing(entries: Iterable[Recording], songs: dict[int, Recording]) -> str:
    count = sum(1 for _ in entries)
    if not count:
        return "the library is empty"
    return "it holds no song but the query's own" if songs else f"none of its {count} entries is a song: all are stems"
