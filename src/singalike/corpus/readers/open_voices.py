"""The open voices: a table of sung and spoken recordings collected under terms that allow redistribution.

``recordings.csv`` has one row a recording: recording_id, path, voice_id, kind, session, source, licence and
more. Every row keeps its own licence. *Commercial* leaves out what a model that anyone may use must not learn
from: CC BY-NC-SA, and voicebanks whose terms say "commercial use: ask".
"""

from __future__ import annotations

import csv
from collections.abc import Collection
from pathlib import Path

from singalike.corpus.readers.record import Dataset
from singalike.corpus.recordings import Recording
from singalike.errors import ConfigError

DATASET = Dataset(
    name="open voices",
    licence="per recording, in the licence column",
    citation=(
        "UTAU voicebanks; vocobox; Livingstone and Russo, RAVDESS, PLoS ONE 13(5), 2018; "
        "Koguchi, Takamichi and Morise, PJS, 2020; Mozilla Common Voice 6.1"
    ),
    identity="one voice_id is one person over all sources and kinds; Common Voice's may hold more than one",
    layout="recordings.csv",
    obtain="the README beside the table names the source of each recording",
)


def read(
    root: Path | str,
    *,
    commercial: bool = False,
    voice_edits: bool = False,
    sources: Collection[str] | None = None,
    kinds: Collection[str] | None = None,
) -> list[Recording]:
    """Read the recordings of the table that pass all filters.

    Args:
        root: The folder that holds ``recordings.csv``.
        commercial: Keep only rows whose licence permits commercial use.
        voice_edits: Keep only rows whose licence permits changing pitch and formants.
        sources: Keep only these values of the source column; None keeps all.
        kinds: Keep only these kinds, ``"sung"`` or ``"spoken"``; None keeps all.

    Returns:
        Recordings in the order of the table; the session is the pitch, song, emotion or utterance group.

    Raises:
        ConfigError: There is no such table, it lacks a column, or nothing passes the filters.
    """
    table = Path(root) / "recordings.csv"
    if not table.is_file():
        raise DATASET.missing(root, DATASET.layout)
    recordings = []
    with table.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file)
        needed = {"path", "voice_id", "kind", "session", "source", "licence"}
        if lacking := needed - set(rows.fieldnames or ()):
            raise ConfigError(f"no column {', '.join(sorted(lacking))}", where=table)
        for row in rows:
            if commercial and not permits_commercial_use(row["licence"]):
                continue
            if voice_edits and not permits_voice_edits(row["licence"]):
                continue
            if sources is not None and row["source"] not in sources:
                continue
            if kinds is not None and row["kind"] not in kinds:
                continue
            recordings.append(_recording(table.parent, row))
    if not recordings:
        raise ConfigError("no recording passes the filters", where=table)
    return recordings


def permits_commercial_use(licence: str) -> bool:
    """Tell whether a licence of this table permits commercial use without asking anyone."""
    return not licence.startswith("CC BY-NC") and "commercial use: ask" not in licence


def permits_voice_edits(licence: str) -> bool:
    """Tell whether a licence of this table permits changing the pitch and the formants of the voice."""
    return "edits allowed except pitch/formant" not in licence


def _recording(root: Path, row: dict[str, str]) -> Recording:
    return Recording(
        path=root / row["path"],
        voice=row["voice_id"],
        kind=row["kind"],
        session=row["session"],
        licence=row["licence"],
        source=row["source"],
    )
