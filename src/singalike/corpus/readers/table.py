"""A table, CSV or Parquet, with a recording in each row."""

from __future__ import annotations

from pathlib import Path

from singalike.corpus.readers.record import Dataset
from singalike.corpus.recordings import Recording, read_recordings

DATASET = Dataset(
    name="a table",
    licence="per recording, in the licence column",
    citation="none: these are your recordings",
    identity="the value of the voice column, whole",
    layout="table.csv or table.parquet with the columns path and voice",
    obtain="write one; singalike prepare does",
)


def read(root: Path | str) -> list[Recording]:
    """Read a table.

    Args:
        root: The table itself, not its folder; its paths are relative to its folder.

    Returns:
        Recordings in the order of the rows, with the optional columns of
        :func:`~singalike.corpus.recordings.read_recordings`.

    Raises:
        ConfigError: It is no table, or lacks a column, a row or a file that it names.
        MissingExtraError: A Parquet table without ``pyarrow``.
    """
    if not Path(root).is_file():
        raise DATASET.missing(root, "table")
    return read_recordings(root)
