"""The clips of GTSinger's demonstration page: 20 professional singers in 9 languages. Never trained on.

``clips.csv`` has one row a clip: path, singer, language, voice_part, gender, kind, song, technique and more;
``trials.csv`` beside it is a list of verification trials with paths relative to the same folder. Most of its
non-targets differ in language and no target does, so language is a confound and its scores are optimistic.
"""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterator
from pathlib import Path

from singalike.corpus.readers import Dataset
from singalike.corpus.recordings import Recording
from singalike.errors import ConfigError

DATASET = Dataset(
    name="GTSinger, demonstration clips",
    licence="CC BY-NC-SA 4.0, with an indemnity and citation clause",
    citation=(
        "Zhang et al., GTSinger: A Global Multi-Technique Singing Corpus with Realistic Music Scores for All "
        "Singing Tasks, NeurIPS 2024"
    ),
    identity="the singer's name on the page, by the whole name; sung and spoken clips share it",
)


def read(root: Path | str, *, kinds: Collection[str] | None = None) -> list[Recording]:
    """Read the clips.

    Args:
        root: The folder that holds ``clips.csv``.
        kinds: Keep only these kinds, ``"sung"`` or ``"spoken"``; None keeps both.

    Returns:
        Recordings in the order of the table.

    Raises:
        ConfigError: There is no such table, or it lacks a column.
    """
    root = Path(root)
    return [
        Recording(
            path=root / row["path"],
            voice=row["singer"],
            kind=row["kind"],
            song=row["song"],
            licence=row["licence"],
        )
        for row in _rows(root, "path", "singer", "kind", "song", "licence")
        if kinds is None or row["kind"] in kinds
    ]


def traits(root: Path | str, column: str) -> dict[str, str]:
    """Return a trait of each singer.

    Args:
        root: The folder that holds ``clips.csv``.
        column: ``"voice_part"``, ``"gender"`` or ``"language"``.

    Returns:
        The trait by the singer's name.

    Raises:
        ConfigError: There is no such table or column.
    """
    return {row["singer"]: row[column] for row in _rows(Path(root), "singer", column)}


def _rows(root: Path, *columns: str) -> Iterator[dict[str, str]]:
    table = root / "clips.csv"
    if not table.is_file():
        raise ConfigError("no clips.csv here", where=root)
    with table.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file)
        if lacking := set(columns) - set(rows.fieldnames or ()):
            raise ConfigError(f"no column {', '.join(sorted(lacking))}", where=table)
        yield from rows
