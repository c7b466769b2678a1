"""Rated segments: a stretch of a song, and how far each of some tags holds of the voice in it.

A **table**, CSV or Parquet, a row a segment: ``path`` and ``voice`` (or ``artist``); ``start_seconds`` and ``seconds``
where the file is longer than the segment, ``segment``, ``song``, ``split``, ``licence`` and ``source`` are read where
they are. **Every other column is a tag**: 0 or 1, a share of listeners, or a mean rating; an empty cell is a 0.
Relative paths are relative to the table.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from singalike.corpus.recordings import table_rows
from singalike.corpus.songs import Song
from singalike.errors import ConfigError

if TYPE_CHECKING:
    from singalike.corpus.readers.record import Dataset

_ABOUT = ("path", "voice", "artist", "segment", "song", "start_seconds", "seconds", "split", "licence", "source")


@dataclass(frozen=True)
class RatedSegment(Song):
    """A stretch of a song; its only file is its ``"mixture"``, which may be a voice alone.

    Attributes:
        start_seconds: Where it begins in the file.
        seconds: How long it is; None reads to the end of the file.
        ratings: By tag how far it holds; every segment of a collection has the same tags in the same order.
    """

    start_seconds: float = 0.0
    seconds: float | None = None
    ratings: Mapping[str, float] = field(default_factory=dict)

    @property
    def path(self) -> Path:
        """The audio file it is in."""
        return self.files["mixture"]


class RatedReader(Protocol):
    """What each module of a dataset of rated segments offers; ``HOLDS_FROM`` is the rating from which a tag holds."""

    DATASET: Dataset
    HOLDS_FROM: float

    def read(self, root: Path | str, /) -> list[RatedSegment]:
        """Return the segments under a root whose audio is there."""
        ...


def read_rated_table(table: Path | str) -> list[RatedSegment]:
    """Read a table of rated segments.

    Args:
        table: A ``.csv`` or ``.parquet`` file as in the module's docstring.

    Returns:
        The segments in the order of the rows.

    Raises:
        ConfigError: There is no such table, it has no tags or rows, or a row lacks its voice or file, or has a rating
            or time that is no number (with the number of the row, the header being row 1).
        MissingExtraError: A Parquet table without ``pyarrow``.
    """
    table = Path(table)
    if not table.is_file():
        raise ConfigError("no such table", where=table, hint="rated segments are a CSV or Parquet table, or a --reader")
    rows = table_rows(table)
    _, header = next(rows)
    tags = [name for name in header if name not in _ABOUT]
    if "path" not in header or not {"voice", "artist"} & set(header) or not tags:
        raise ConfigError(
            f"no column path, voice or any tag; found: {', '.join(header) or 'nothing'}", where=table,
            hint="a table of rated segments needs path, voice and a column for each tag",
        )  # fmt: skip
    segments = list(_segments(rows, tags, table))
    if not segments:
        raise ConfigError("the table has no rows", where=table)
    return segments


def _segments(rows: Iterator[tuple[int, dict[str, str]]], tags: list[str], table: Path) -> Iterator[RatedSegment]:
    for number, row in rows:
        cells = {name: value.strip() for name, value in row.items()}
        voice, path = cells.get("voice") or cells.get("artist", ""), table.parent / cells["path"]
        if not voice or not path.is_file():
            raise ConfigError(f"row {number} has no voice, or there is no such file: {cells['path']!r}", where=table)
        yield RatedSegment(
            f"row {number} {cells.get('segment', '')}".strip(),
            voice,
            {"mixture": path},
            split=cells.get("split", ""),
            licence=cells.get("licence", ""),
            source=cells.get("source", ""),
            start_seconds=_number(cells, "start_seconds", number, table) or 0.0,
            seconds=_number(cells, "seconds", number, table),
            ratings={tag.strip(): _number(cells, tag, number, table) or 0.0 for tag in tags},
        )


def _number(cells: Mapping[str, str], column: str, number: int, table: Path) -> float | None:
    """Return a cell as a number, not negative; None where it is empty or the column is not there."""
    text = cells.get(column, "")
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value < math.inf:
        raise ConfigError(f"row {number}: {column} is {text!r}", where=table, hint="a number from 0; columns but "
                          f"{', '.join(_ABOUT)} are tags")  # fmt: skip
    return value
