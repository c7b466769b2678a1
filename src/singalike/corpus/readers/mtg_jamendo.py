"""MTG-Jamendo: 55,609 whole tracks with 195 tags of genre, instrument and mood or theme, and five published splits.

The repository of 2019: ``data/autotagging.tsv`` (TRACK_ID, ARTIST_ID, ALBUM_ID, PATH, DURATION, TAGS, one column for
each tag that a track has) and ``data/splits/split-0/autotagging-train.tsv``, ``-validation``, ``-test`` of the same
form, which leave out tags that are not in all three; subsets are ``autotagging_genre``, ``_instrument``,
``_moodtheme``, ``_top50tags``. The audio is an archive of its own: ``00/7400.mp3``, or ``00/7400.low.mp3`` of lower
quality. No artist is in two parts of a split.
"""

from __future__ import annotations

from pathlib import Path

from singalike.corpus.readers.listing import audio_folder, find_table, present, tab_rows
from singalike.corpus.readers.published_split import SPLITS
from singalike.corpus.readers.record import Dataset
from singalike.corpus.songs import Song
from singalike.errors import ConfigError

DATASET = Dataset(
    name="MTG-Jamendo",
    licence="per track, Creative Commons, in audio_licenses.txt of its repository; the metadata CC BY-NC-SA 4.0",
    citation=(
        "Bogdanov, Won, Tovstogan, Porter and Serra, The MTG-Jamendo Dataset for Automatic Music Tagging, "
        "Machine Learning for Music Discovery Workshop, ICML 2019"
    ),
    identity="ARTIST_ID (artist_000014)",
    layout="data/autotagging.tsv, data/splits/split-0/autotagging-train.tsv and 00/7400.mp3 or 00/7400.low.mp3",
    obtain="doi:10.5281/zenodo.3826813; the audio by the download script of its repository",
    voices=3_565,
    songs=55_609,
)

_SUBSETS = ("", "genre", "instrument", "moodtheme", "top50tags")
_AUDIO = ("", "audio", "audio-low", "raw_30s/audio", "raw_30s/audio-low")


def read(root: Path | str, *, split: int | None = 0, subset: str = "", audio: Path | str | None = None) -> list[Song]:
    """Read the tracks.

    Args:
        root: The repository (the folder that holds ``data``), or the folder above it.
        split: Which published split, 0 to 4; None reads ``data/autotagging.tsv``, with all tags and no split.
        subset: ``"genre"``, ``"instrument"``, ``"moodtheme"``, ``"top50tags"``, or empty for all tags.
        audio: The folder of the audio's folders ``00`` to ``99``; None looks for it in the repository.

    Returns:
        Songs in the order of the tables, named ``track_0007400``; tags are ``genre:rock``, ``instrument:piano`` and
        ``mood/theme:happy``.

    Raises:
        ConfigError: There is no such split, subset or table, it lacks a column, or none of the tracks is there.
    """
    if subset not in _SUBSETS or split not in (None, *range(5)):
        raise ConfigError(
            f"no split {split!r} or no subset {subset!r} in MTG-Jamendo",
            hint=f"split 0 to 4 or None; subset one of: {', '.join(_SUBSETS[1:])}, or empty",
        )
    tables = _tables(split, subset)
    rows = [
        (part, row, [row["TAGS"], *more])
        for table, part in tables.items()
        for row, more in tab_rows(find_table(root, table, DATASET), "TRACK_ID", "ARTIST_ID", "PATH", "TAGS")
    ]
    if audio is None:
        data = find_table(root, next(iter(tables)), DATASET)
        repository = next(folder.parent for folder in data.parents if folder.name == "data")
        audio = audio_folder(repository, (row["PATH"] for _, row, _ in rows), among=_AUDIO)
    songs = (
        Song(
            row["TRACK_ID"],
            voice=row["ARTIST_ID"],
            files={"mixture": _either(Path(audio, row["PATH"]))},
            tags=tuple(tag.replace("---", ":", 1) for tag in tags if tag),
            split=part,
            licence=DATASET.licence,
            source="mtg-jamendo",
        )
        for part, row, tags in rows
    )
    return present(songs, DATASET, root)


def _tables(split: int | None, subset: str) -> dict[str, str]:
    """Return the part of the split by table."""
    name = f"autotagging_{subset}" if subset else "autotagging"
    if split is None:
        return {f"data/{name}.tsv": ""}
    return {f"data/splits/split-{split}/{name}-{part}.tsv": part for part in SPLITS}


def _either(path: Path) -> Path:
    """Return the track of lower quality where that is the one here."""
    low = path.with_suffix(".low.mp3")
    return low if not path.is_file() and low.is_file() else path
