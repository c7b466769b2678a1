"""The songs to measure on: read, filtered, and what they are labelled with.

Labels are tags of a song: ``gender:female``, ``genre:Rock``, ``instrument:guitar``, and any others, which are tags as
such. Datasets of recordings are songs, too: each recording one, its vocals where it is one voice.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from singalike.corpus.readers import READERS, SONG_READERS, genders, read_song_dataset
from singalike.corpus.songs import Song, read_songs, terms
from singalike.errors import ConfigError
from singalike.measure.data import read_data
from singalike.measure.song_settings import BOTH, MIXTURE, VOCALS, SongSettings

GENDER, GENRE, INSTRUMENT = "gender", "genre", "instrument"
_GENDERS = {"f": "female", "m": "male"}
_SHOWN = 5


@dataclass(frozen=True)
class SongData:
    """Songs to measure on.

    Attributes:
        name: The dataset's name as its reader has it, or the name of the folder or table.
        songs: All of different names.
    """

    name: str
    songs: list[Song]


def read_song_data(source: Path, settings: SongSettings) -> SongData:
    """Read what to measure on.

    Args:
        source: A folder ``<artist>/<song>/``, a table of songs, or the root of a reader's dataset.
        settings: Reader, its options, and filter.

    Raises:
        ConfigError: There is no such source, reader or option, a name is there twice, or nothing passes the filter.
    """
    name, songs = _read(source, settings)
    if twice := [name for name, count in Counter(song.name for song in songs).items() if count > 1]:
        raise ConfigError(f"{len(twice)} songs are there twice: {'; '.join(twice[:_SHOWN])}", where=source)
    kept = [song for song in songs if settings.split in (None, song.split)]
    if not kept:
        raise ConfigError(f"none of {len(songs)} songs is of the split {settings.split}", where=source)
    return SongData(name, kept)


def domains_of(songs: Sequence[Song], asked: str | None) -> tuple[str, ...]:
    """Return which of vocals and mixture to measure.

    Args:
        songs: The songs.
        asked: ``"vocals"``, ``"mixture"``, ``"both"``; None takes what all songs have.

    Raises:
        ConfigError: A song lacks what is asked (it is named), or the songs have nothing in common.
    """
    lacking = {domain: [song.name for song in songs if not has(song, domain)] for domain in (VOCALS, MIXTURE)}
    if asked is None:
        found = tuple(domain for domain, names in lacking.items() if not names)
        if not found:
            raise ConfigError("some songs have no vocals, others no mixture", hint="--domain says which is meant")
        return found
    domains = (VOCALS, MIXTURE) if asked == BOTH else (asked,)
    for domain in domains:
        if names := lacking[domain]:
            what = f"{len(names)} of {len(songs)} songs have no {domain}: {'; '.join(names[:_SHOWN])}"
            raise ConfigError(what, hint="singalike separate makes vocals" if domain == VOCALS else "")
    return domains


def has(song: Song, domain: str) -> bool:
    """Tell whether a song has vocals, or a mixture or the parts of one."""
    return bool(terms(domain, song.files))


def labels_of(songs: Sequence[Song], kind: str) -> tuple[dict[str, str], list[str]]:
    """Return the label of each song that has exactly one of a kind, by its name, and notes on the others."""
    found = {song.name: {tag.partition(":")[2].strip() for tag in song.tags if _kind(tag) == kind} for song in songs}
    labels = {name: own.pop() for name, own in found.items() if len(own) == 1}
    several = sum(len(own) > 1 for own in found.values())
    without = len(found) - len(labels) - several
    notes = [f"{without} songs without a tag {kind}:… are left out"] if without else []
    return labels, notes + ([f"{several} songs of several tags {kind}:… are left out"] if several else [])


def genders_of(songs: Sequence[Song]) -> tuple[dict[str, str], list[str]]:
    """Return the gender of each song's singer, by the song's name, and notes on singers of none.

    A singer has the gender that any of the songs is tagged with; ``f`` and ``m`` are ``female`` and ``male``.

    Raises:
        ConfigError: A singer has two genders.
    """
    of_singer: dict[str, set[str]] = defaultdict(set)
    for song in songs:
        said = {tag.partition(":")[2].strip().lower() for tag in song.tags if _kind(tag) == GENDER}
        of_singer[song.voice] |= {_GENDERS.get(word, word) for word in said}
    if torn := [f"{singer} ({', '.join(sorted(found))})" for singer, found in of_singer.items() if len(found) > 1]:
        raise ConfigError(f"{len(torn)} singers have two genders: {'; '.join(torn[:_SHOWN])}")
    labels = {song.name: next(iter(of_singer[song.voice])) for song in songs if of_singer[song.voice]}
    without = sum(not found for found in of_singer.values())
    return labels, [f"{without} singers without a tag gender:… are left out"] if without else []


def plain_tags(song: Song) -> set[str]:
    """Return all tags of a song but the gender of its singer."""
    return {tag for tag in song.tags if _kind(tag) != GENDER}


def _kind(tag: str) -> str:
    return tag.partition(":")[0].strip().lower() if ":" in tag else ""


def _read(source: Path, settings: SongSettings) -> tuple[str, list[Song]]:
    reader, options = settings.reader, settings.reader_options()
    if settings.kinds and reader not in READERS:
        raise ConfigError(f"songs have no kinds: {', '.join(settings.kinds)}", hint="only recordings have")
    if reader is None:
        return source.resolve().stem, read_songs(source)
    if reader in SONG_READERS:
        return SONG_READERS[reader].DATASET.name, read_song_dataset(reader, source, **options)
    if reader in READERS and options:
        raise ConfigError(f"the reader {reader} has no options: {', '.join(options)}")
    if reader not in READERS:
        raise ConfigError(f"no reader is called {reader!r}", hint=f"one of: {', '.join((*SONG_READERS, *READERS))}")
    return _recordings(reader, source, settings.kinds)


def _recordings(reader: str, source: Path, kinds: Sequence[str]) -> tuple[str, list[Song]]:
    """Take the recordings of a dataset for songs, with the genders that it states."""
    data, gender = read_data(source, reader=reader, kinds=kinds), genders(reader, source)
    songs = []
    for key, recording in data.recordings.items():
        domain = MIXTURE if recording.kind == "mix" else VOCALS
        tags = (f"{GENDER}:{gender[recording.voice]}",) if recording.voice in gender else ()
        songs.append(Song(key, recording.voice, {domain: recording.path}, tags, recording.split))
    return data.name, songs
