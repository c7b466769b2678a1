"""MagnaTagATune: 25,863 clips of 29 seconds, each with the tags that players of a game agreed on.

The release of 2009: ``annotations_final.csv`` (clip_id, 188 columns of tags, mp3_path) and ``clip_info_final.csv``
(clip_id, artist, …), separated by tabs, and the clips in sixteen folders, ``f/american_bach_soloists-….mp3``. What is
published of splits is by these folders, 12:1:3 in the order of their hexadecimal names; later lists leave out clips
without any of the 50 tags (Pons et al. 2018; Won et al. 2020). A few clips of the release are empty files.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from pathlib import Path

from singalike.corpus.readers.listing import audio_folder, find_table, present, tab_rows
from singalike.corpus.readers.published_split import read_split, without_suffix
from singalike.corpus.readers.record import Dataset
from singalike.corpus.songs import Song
from singalike.errors import ConfigError

DATASET = Dataset(
    name="MagnaTagATune",
    licence="CC BY-NC-SA 3.0",
    citation=(
        "Law, West, Mandel, Bay and Downie, Evaluation of Algorithms Using Games: The Case of Music Tagging, ISMIR 2009"
    ),
    identity="the artist column of clip_info_final.csv, whole",
    layout="annotations_final.csv, clip_info_final.csv and f/<clip>.mp3",
    obtain="the MagnaTagATune page of its authors; the archive is in three parts, joined before unpacking",
    voices=230,
    songs=25_863,
)

_NO_TAGS = ("clip_id", "mp3_path")


def read(
    root: Path | str,
    *,
    split: Path | str | Mapping[str, Path | str] = "folders",
    top_tags: int | None = 50,
) -> list[Song]:
    """Read the clips.

    Args:
        root: The folder that holds both tables and the sixteen folders (or ``mp3`` with them), or the folder above it.
        split: ``"folders"`` for 0–b, c and d–f; else published lists, by clip_id or by path, as
            :func:`~singalike.corpus.readers.published_split.read_split` reads them. A clip on no list has no split.
        top_tags: Keep so many tags, the most frequent over all annotated clips; None keeps all 188.

    Returns:
        Songs in the order of ``annotations_final.csv``, named by clip_id, with their tags in its order. Clips without
        any of the tags are kept.

    Raises:
        ConfigError: A table or list is missing or lacks a column, or none of the clips is there.
    """
    table = find_table(root, "annotations_final.csv", DATASET)
    artists = {row["clip_id"]: row["artist"].strip() for row, _ in tab_rows(_info(table), "clip_id", "artist")}
    clips = [_clip(row) for row, _ in tab_rows(table, *_NO_TAGS)]
    kept = _most_frequent([tags for *_, tags in clips], top_tags)
    audio = audio_folder(table.parent, (path for _, path, _ in clips), among=("", "mp3", "audio"))
    listed = None if split == "folders" else read_split(split)
    songs = (
        Song(
            name,
            voice=artists.get(name, ""),
            files={"mixture": audio / path},
            tags=tuple(tag for tag in tags if tag in kept),
            split=_folder_split(path) if listed is None else listed.get(name, listed.get(without_suffix(path), "")),
            licence=DATASET.licence,
            source="magnatagatune",
        )
        for name, path, tags in clips
    )
    return present(songs, DATASET, root)


def _info(annotations: Path) -> Path:
    table = annotations.with_name("clip_info_final.csv")
    if not table.is_file():
        raise DATASET.missing(table.parent, table.name)
    return table


def _clip(row: Mapping[str, str]) -> tuple[str, str, list[str]]:
    """Return clip_id, path and tags; only what is set is kept of 188 cells."""
    return row["clip_id"], row["mp3_path"], [tag for tag, cell in row.items() if cell == "1" and tag not in _NO_TAGS]


def _most_frequent(clips: Collection[Collection[str]], count: int | None) -> set[str]:
    """Return the most frequent tags; of equally frequent ones the first by name."""
    if count is not None and count < 1:
        raise ConfigError(f"top_tags is {count}", hint="at least 1, or None for all tags")
    counts = Counter(tag for tags in clips for tag in tags)
    return set(sorted(counts, key=lambda tag: (-counts[tag], tag))[:count])


def _folder_split(path: str) -> str:
    """Return the part of a clip by its folder, "0" to "f"; empty where there is no such folder."""
    place = "0123456789abcdef".find(path[:1]) if path[1:2] == "/" else -1
    return "" if place < 0 else "train" if place < 12 else "validation" if place == 12 else "test"
