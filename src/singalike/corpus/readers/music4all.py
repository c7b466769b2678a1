"""Music4All: 30-second clips of 109,269 songs with genres and listeners' tags.

The release of 2020: ``id_information.csv`` (id, artist, song, album_name), ``id_genres.csv`` (id, genres) and
``id_tags.csv`` (id, tags), all separated by tabs, with commas between genres and between tags, and
``audios/<id>.mp3``. It publishes no split.
"""

from __future__ import annotations

from pathlib import Path

from singalike.corpus.readers.listing import find_table, present, tab_rows
from singalike.corpus.readers.record import Dataset
from singalike.corpus.songs import Song

DATASET = Dataset(
    name="Music4All",
    licence="research only, under a confidentiality agreement; not to be redistributed",
    citation="Santana et al., Music4All: A New Music Database and Its Applications, IWSSIP 2020",
    identity="the artist column of id_information.csv, whole; it has no artist ids, so two artists may share a name",
    layout="id_information.csv and audios/0009fFIM1eYThaPg.mp3",
    obtain="on application to its authors, doi:10.1109/IWSSIP48289.2020.9145170",
    voices=16_269,
    songs=109_269,
)


def read(root: Path | str) -> list[Song]:
    """Read the clips.

    Args:
        root: The folder that holds the tables and ``audios``, or the folder above it.

    Returns:
        Songs in the order of ``id_information.csv``, named by their ids; tags are ``genre:rock``, … and then the
        listeners' tags.

    Raises:
        ConfigError: There is no such table, it lacks a column, or none of its clips is there.
    """
    table = find_table(root, "id_information.csv", DATASET)
    folder = table.parent
    genres = _words(folder / "id_genres.csv", "genres")
    tags = _words(folder / "id_tags.csv", "tags")
    songs = (
        Song(
            row["id"],
            voice=row["artist"].strip(),
            files={"mixture": folder / "audios" / f"{row['id']}.mp3"},
            tags=(*(f"genre:{genre}" for genre in genres.get(row["id"], ())), *tags.get(row["id"], ())),
            licence=DATASET.licence,
            source="music4all",
        )
        for row, _ in tab_rows(table, "id", "artist")
    )
    return present(songs, DATASET, root)


def _words(table: Path, column: str) -> dict[str, tuple[str, ...]]:
    """Return the words of a column by id; empty where this table was not obtained."""
    if not table.is_file():
        return {}
    return {
        row["id"]: tuple(dict.fromkeys(word.strip() for word in row[column].split(",") if word.strip()))
        for row, _ in tab_rows(table, "id", column)
    }
