"""The clips of GTSinger's demonstration page: 20 professional singers in 9 languages. Never trained on.

``clips.csv`` has one row a clip: path, singer, language, voice_part, gender, kind, song, technique and more;
``trials.csv`` beside it is a list of verification trials with paths relative to the same folder. Most of its
non-targets differ in language and no target does, so language is a confound and its scores are optimistic.
"""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterator
from pathlib import Path

from singalike.corpus.readers.record import Dataset
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
    layout="clips.csv",
    obtain="the clips are on its page, gtsinger.github.io; clips.csv is a list of them",
    voices=20,
    gender=lambda root: traits(root, "gender"),
)


def read(root: Path | str, *, kinds: Collection[str] | None = None) -> list[Recording]:
    """Read the clips.

    Args:
        root: The folder that holds ``clips.csv``.
        kinds: Keep only these kinds, ``"sung"`` or ``"spoken"``; None keeps both.

    Returns:
        Recordings in the order of the table; ``session`` is the clip's version (``Control``, ``Breathy``, …).

    Raises:
        ConfigError: There is no such table, it lacks a column, or has no clip of these kinds.
    """
    root = Path(root)
    recordings = [
        Recording(
            path=root / row["path"],
            voice=row["singer"],
            kind=row["kind"],
            song=row["song"],
            session=row.get("version", ""),
            licence=row["licence"],
            source="gtsinger-demo",
        )
        for row in _rows(root, "path", "singer", "kind", "song", "licence")
        if kinds is None or row["kind"] in kinds
    ]
    if not recordings:
        raise ConfigError("no clip of these kinds", where=root / "clips.csv")
    return recordings


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
        raise DATASET.missing(root, DATASET.layout)
    with table.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file)
        if lacking := set(columns) - set(rows.fieldnames or ()):
            raise ConfigError(f"no column {', '.join(sorted(lacking))}", where=table)
        yield from rows
