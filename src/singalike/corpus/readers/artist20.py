"""artist20: six studio albums by each of 20 artists, 1,413 tracks, for artist identification.

The release of 2007: ``mp3s-32k/aerosmith/Aerosmith/01-Make_It.mp3``, mono, 16 kHz, 32 kbit/s. Splits are by album, as
an album's mastering gives its artist away: the authors' lists (``a20-trn-tracks.list``, ``a20-val-tracks.list``,
``a20-tst-tracks.list``: three, one and two albums of each artist), and six folds that each hold one album out.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from singalike.corpus.readers.layout import find_files
from singalike.corpus.readers.published_split import read_split
from singalike.corpus.readers.record import Dataset
from singalike.corpus.songs import Song
from singalike.errors import ConfigError

DATASET = Dataset(
    name="artist20",
    licence="commercial recordings, research only",
    citation="Ellis, Classifying Music Audio with Timbral and Chroma Features, ISMIR 2007",
    identity="the artist's folder (aerosmith): a band, most with one lead singer",
    layout="mp3s-32k/aerosmith/Aerosmith/01-Make_It.mp3",
    obtain="the artist identification page of LabROSA, Columbia University",
    voices=20,
    songs=1_413,
)

FOLDS = 6  # albums of each artist
_TOP = "mp3s-32k"  # without it any album of anyone's collection would be of this dataset


def read(
    root: Path | str,
    *,
    lists: Path | str | Mapping[str, Path | str] | None = None,
    fold: int | None = None,
) -> list[Song]:
    """Read the tracks.

    Args:
        root: The folder ``mp3s-32k``, or any folder above it.
        lists: Published lists, as :func:`~singalike.corpus.readers.published_split.read_split` reads them; a track on
            no list has no split.
        fold: 0 to 5: test on this album of each artist, in the order of the albums' names, and train on the others.
            The scheme is the published one; which album is in which fold of theirs only their lists say.

    Returns:
        Songs in the order of their paths, named ``aerosmith/Aerosmith/01-Make_It``; without lists or a fold they have
        no split.

    Raises:
        ConfigError: There is no such track, list or fold, or both lists and a fold are given.
    """
    if lists is not None and fold is not None:
        raise ConfigError("lists and fold both say how to split", hint="give one of them")
    if fold is not None and fold not in range(FOLDS):
        raise ConfigError(f"no fold {fold!r} in artist20", hint=f"0 to {FOLDS - 1}")
    top = "" if Path(root).resolve().name == _TOP else f"{_TOP}/"
    layout = rf"{top}(?P<artist>[^/]+)/(?P<album>[^/]+)/(?P<track>\d+-[^/]+)"
    tracks = find_files(root, layout, DATASET)
    listed = read_split(lists) if lists is not None else {}
    held_out = _held_out([found for _, found in tracks], fold) if fold is not None else set()
    songs = []
    for path, found in tracks:
        name = "/".join(found.values())
        split = listed.get(name, "")
        if fold is not None:
            split = "test" if (found["artist"], found["album"]) in held_out else "train"
        songs.append(
            Song(name, found["artist"], {"mixture": path}, split=split, licence=DATASET.licence, source="artist20")
        )
    return songs


def _held_out(tracks: list[dict[str, str]], fold: int) -> set[tuple[str, str]]:
    """Return (artist, album) of the fold's album of each artist; none of an artist with fewer albums here."""
    albums: dict[str, set[str]] = {}
    for track in tracks:
        albums.setdefault(track["artist"], set()).add(track["album"])
    return {(artist, sorted(own)[fold]) for artist, own in albums.items() if fold < len(own)}
