"""FMA: 106,574 tracks of the Free Music Archive, with genres, artists and a published split.

The release of 2017: ``fma_metadata/tracks.csv``, whose header has two rows (album, artist, set, track; then id,
split, subset, genre_top, …) and whose third row names the index, and beside it ``fma_small/000/000002.mp3`` and so on.
``fma_small`` has 8,000 clips of 30 s in 8 balanced genres, ``fma_medium`` 25,000 in 16, ``fma_large`` all, ``fma_full``
all untrimmed; each subset holds the smaller ones.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from singalike.corpus.readers.listing import check_columns, find_table, opened, present
from singalike.corpus.readers.record import Dataset
from singalike.corpus.songs import Song
from singalike.errors import ConfigError

DATASET = Dataset(
    name="FMA",
    licence="per track, chosen by its artist, in tracks.csv; the metadata CC BY 4.0",
    citation="Defferrard, Benzi, Vandergheynst and Bresson, FMA: A Dataset for Music Analysis, ISMIR 2017",
    identity="the artist's id in tracks.csv, as fma-1",
    layout="fma_metadata/tracks.csv and fma_small/000/000002.mp3",
    obtain="the dataset's page named in arXiv:1612.01840: fma_metadata and one of the audio archives",
    voices=16_341,
    songs=106_574,
)

_SUBSETS = {
    "small": {"small"},
    "medium": {"small", "medium"},
    "large": {"small", "medium", "large"},
    "full": {"small", "medium", "large"},
}
_SPLITS = {"training": "train", "validation": "validation", "test": "test"}
_TRACK, _ARTIST, _SPLIT, _SUBSET, _GENRE, _LICENCE = (
    ".", "artist.id", "set.split", "set.subset", "track.genre_top", "track.license",
)  # fmt: skip
_LONGEST_FIELD = 2**24  # biographies are fields too; csv gives up at 2**17 characters


def read(root: Path | str, *, subset: str = "small") -> list[Song]:
    """Read the tracks of a subset.

    Args:
        root: The folder that holds ``fma_metadata`` and ``fma_<subset>``, or the folder above it.
        subset: ``"small"``, ``"medium"``, ``"large"`` or ``"full"``.

    Returns:
        Songs in the order of ``tracks.csv``, named by track id of six digits; the one tag is the top genre,
        ``genre:Hip-Hop``, where the track has one.

    Raises:
        ConfigError: There is no such subset or table, it lacks a column, or none of the tracks is there.
    """
    if subset not in _SUBSETS:
        raise ConfigError(f"no subset of FMA is called {subset!r}", hint=f"one of: {', '.join(_SUBSETS)}")
    table = find_table(root, "fma_metadata/tracks.csv", DATASET)
    audio = table.parent.parent / f"fma_{subset}"
    songs = (
        Song(
            name,
            voice=f"fma-{row[_ARTIST]}" if row[_ARTIST] else "",
            files={"mixture": audio / name[:3] / f"{name}.mp3"},
            tags=(f"genre:{row[_GENRE]}",) if row[_GENRE] else (),
            split=_SPLITS.get(row[_SPLIT], ""),
            licence=row[_LICENCE] or DATASET.licence,
            source="fma",
        )
        for name, row in _tracks(table)
        if row[_SUBSET] in _SUBSETS[subset]
    )
    return present(songs, DATASET, root)


def _tracks(table: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield (track id of six digits, cells by "group.column")."""
    csv.field_size_limit(max(csv.field_size_limit(), _LONGEST_FIELD))
    with opened(table) as file:
        rows = csv.reader(file)
        header = [".".join(names) for names in zip(next(rows, []), next(rows, []), strict=False)]
        check_columns((_TRACK, _ARTIST, _SPLIT, _SUBSET, _GENRE, _LICENCE), header, table)
        for row in rows:
            if row and row[0].isdigit():  # the third row of the header is none
                yield f"{int(row[0]):06d}", dict.fromkeys(header, "") | dict(zip(header, row, strict=False))
