"""KVT, the K-pop vocal tags: 6,787 segments of ten seconds, each rated by listeners for 42 tags of the voice.

What is known, from the authors' public page and its repository: ``tags.json`` (42 names), ``segments.json`` (a list of
``segID``, ``title``, ``artist``, ``offset`` in milliseconds), ``ratings.npy`` (the ratings, "the order of tags are in
tag files"), ``songs.json`` (a list of title and artist), all also as ``.pkl``, which is not read here, as a pickle can
run code. Ratings are whole numbers from 0 to 3: the published means of songs are multiples of one over their number of
segments. Audio is not published: the page sends to content providers for the songs, and ``offset`` says where a segment
begins.

What is assumed: row i of ``ratings.npy`` is the segment whose ``segID`` is i; your audio lies beside ``data``, either
as songs, ``songs/<n>.<ext>`` with n the place in ``songs.json`` from 0, or cut into segments,
``segment_mix/<segID>.<ext>`` (the folder's name in the authors' script).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from singalike.corpus.rated import RatedSegment
from singalike.corpus.readers.layout import SUFFIXES, is_litter
from singalike.corpus.readers.listing import find_table, present
from singalike.corpus.readers.record import Dataset
from singalike.errors import ConfigError

DATASET = Dataset(
    name="KVT",
    licence="not stated; the songs are commercial recordings and not part of it",
    citation=(
        "Kim, Lee, Kum, Park and Nam, Semantic Tagging of Singing Voices in Popular Music Recordings, "
        "IEEE/ACM Transactions on Audio, Speech, and Language Processing 28, 2020"
    ),
    identity="the artist of segments.json without the group or translation in brackets: one singer is there with and "
    "without her group",
    layout="data/segments.json, data/tags.json, data/ratings.npy, and songs/0.mp3 or segment_mix/0.mp3",
    obtain="the page of the KVT dataset of its authors, for the annotations; the audio from content providers",
    voices=111,
    songs=6_787,
)
HOLDS_FROM = 2.0  # of 0–3; public preprocessing of it says "over 1", which is the same of whole numbers
SECONDS = 10.0


@dataclass(frozen=True)
class _Audio:
    """Whether the audio was cut into segments, where it lies, and its files by their names without suffix."""

    cut: bool
    folder: Path
    files: Mapping[str, Path]


def read(root: Path | str) -> list[RatedSegment]:
    """Read the segments whose audio is there; a warning counts the others.

    Args:
        root: The folder that holds ``data`` and the audio, or the folder above it.

    Returns:
        Segments in the order of ``segments.json``, named by ``segID``, with the ratings of all tags in the order of
        ``tags.json``, lower-cased. There is no published split.

    Raises:
        ConfigError: A file is missing or is not what its name says, or none of the audio is there.
    """
    table = find_table(root, "data/segments.json", DATASET)
    folder = table.parent
    tags = [str(tag).strip().lower() for tag in _json(folder / "tags.json")]
    rows, ratings = _json(table), _ratings(folder / "ratings.npy", len(tags))
    try:
        audio = _audio(folder.parent)
        listed = [] if audio.cut else _json(folder / "songs.json")
        songs = {(title, artist): number for number, (title, artist) in enumerate(listed)}
        segments = [_segment(row, tags, ratings, audio, songs) for row in rows]
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise ConfigError(f"not a list of segments that have ratings: {error!r}", where=table) from error
    found = {song.name for song in present(segments, DATASET, root)}
    return [segment for segment in segments if segment.name in found]


def _segment(
    row: Mapping[str, Any],
    tags: list[str],
    ratings: np.ndarray,
    audio: _Audio,
    songs: Mapping[tuple[str, str], int],
) -> RatedSegment:
    number = int(row["segID"])
    if number < 0:
        raise ValueError(f"segID {number}")
    stem = str(number if audio.cut else songs[row["title"], row["artist"]])
    return RatedSegment(
        str(number),
        voice=re.sub(r"\s*\(.*\)\s*$", "", row["artist"]).strip(),
        files={"mixture": audio.files.get(stem, audio.folder / f"{stem}.mp3")},
        start_seconds=0.0 if audio.cut else float(row["offset"]) / 1000.0,
        seconds=None if audio.cut else SECONDS,
        ratings=dict(zip(tags, ratings[number].tolist(), strict=True)),
        licence=DATASET.licence,
        source="kvt",
    )


def _audio(root: Path) -> _Audio:
    cut = (root / "segment_mix").is_dir()
    folder = root / ("segment_mix" if cut else "songs")
    files = (path for path in sorted(folder.glob("*")) if not is_litter(path.name))
    return _Audio(cut, folder, {path.stem: path for path in files if path.suffix.lower() in SUFFIXES})


def _json(file: Path) -> list[Any]:
    if not file.is_file():
        raise DATASET.missing(file.parent, file.name)
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ConfigError(f"not JSON: {error}", where=file) from error
    if not isinstance(content, list):
        raise ConfigError("not a JSON list", where=file)
    return content


def _ratings(file: Path, tags: int) -> np.ndarray:
    if not file.is_file():
        raise DATASET.missing(file.parent, file.name)
    try:
        ratings = np.load(file, allow_pickle=False).astype(np.float64)
    except (OSError, ValueError) as error:
        raise ConfigError(f"not an array of numbers: {error}", where=file) from error
    if ratings.ndim != 2 or ratings.shape[1] != tags or not np.isfinite(ratings).all():
        raise ConfigError(f"not a row a segment, a finite rating for each of {tags} tags: {ratings.shape}", where=file)
    return ratings
