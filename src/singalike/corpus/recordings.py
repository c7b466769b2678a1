"""The table of recordings: which file is whose voice. Everything that learns or measures starts here.

Two forms, one result:

- a **folder** ``<singer>/<anything>/<file>``: the first level is the voice, what lies between is the session;
- a **table**, CSV or Parquet, with at least ``path`` and ``voice``; ``kind``, ``song``, ``session``,
  ``licence``, ``split``, ``vocals``, ``accompaniment`` and ``source`` are read where they are, other columns
  are ignored. Relative paths are relative to the table.

A voice is compared by its *whole* name, never by a part of a path (``male1`` is in ``female1``).
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

from singalike.atomic import draft
from singalike.audio.containers import EXTENSIONS
from singalike.errors import ConfigError, MissingExtraError

_SUFFIXES = frozenset().union(*EXTENSIONS.values())
_SHOWN = 5  # how many bad rows an error lists


@dataclass(frozen=True)
class Recording:
    """One recording of one voice.

    Attributes:
        path: The audio file.
        voice: Name of the person who sings or speaks; equal names are one voice.
        kind: ``"sung"``, ``"spoken"``, ``"mix"`` or ``"vocals"`` (a voice alone, nothing more known).
        song: What is sung; empty where unknown.
        session: Which sitting, pitch, emotion or utterance group; empty where unknown.
        licence: Name of the licence; empty where unknown.
        split: ``"train"``, ``"validation"``, ``"test"`` or empty.
        vocals: Path of the separated vocals of a mix; empty where there are none.
        accompaniment: Path of the accompaniment of a mix; empty where there is none.
        source: Name of the collection it is from; empty where unknown.
    """

    path: Path
    voice: str
    kind: str = "vocals"
    song: str = ""
    session: str = ""
    licence: str = ""
    split: str = ""
    vocals: str = ""
    accompaniment: str = ""
    source: str = ""


_COLUMNS = tuple(field.name for field in fields(Recording))
_PATH_COLUMNS = ("path", "vocals", "accompaniment")


def read_recordings(source: Path | str) -> list[Recording]:
    """Read a folder of singers or a table.

    Args:
        source: A folder ``<singer>/<anything>/<file>``, or a ``.csv`` or ``.parquet`` table.

    Returns:
        The recordings, a folder's in the order of its paths, a table's in the order of its rows.

    Raises:
        ConfigError: There is no such source, it is empty, lacks a column, or names a file that is missing or
            twice in it (with the numbers of the rows, the header being row 1).
        MissingExtraError: A Parquet table without ``pyarrow``.
    """
    source = Path(source)
    if source.is_dir():
        return _from_folder(source)
    if not source.is_file():
        raise ConfigError("no such folder or table", where=source)
    return _from_rows(table_rows(source), table=source)


def table_rows(table: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield (row number, cells by column) of a CSV or Parquet table; row 1 is the header, its cells empty.

    Raises:
        ConfigError: The file is not such a table.
        MissingExtraError: A Parquet table without ``pyarrow``.
    """
    return _parquet_rows(table) if table.suffix.lower() == ".parquet" else _csv_rows(table)


def write_table(recordings: Iterable[Recording], path: Path | str) -> None:
    """Write recordings as a CSV table that :func:`read_recordings` reads back, whole or not at all.

    Paths under the table's folder are written relative to it, so that the two can move together.

    Args:
        recordings: What to write.
        path: The table to write or replace.
    """
    path = Path(path)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for recording in recordings:
        row = {name: str(getattr(recording, name)) for name in _COLUMNS}
        for name in _PATH_COLUMNS:
            row[name] = _relative(row[name], path.parent)
        writer.writerow(row.values())
    replace_text(path, text.getvalue())


def replace_text(path: Path, text: str) -> None:
    """Write a text file so that a reader sees the old content or the new one, never half of it.

    Args:
        path: The file to write or replace; its folder is made where it is missing.
        text: The content, written as UTF-8.
    """
    with draft(path) as place:
        place.write_bytes(text.encode())  # as it is: no platform's line ends


def _relative(path: str, folder: Path) -> str:
    if not path:
        return ""
    absolute, folder = Path(path).absolute(), folder.absolute()
    return (absolute.relative_to(folder) if absolute.is_relative_to(folder) else absolute).as_posix()


def _from_folder(folder: Path) -> list[Recording]:
    recordings = []
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        hidden = any(part.startswith(".") for part in parts)
        if hidden or len(parts) < 2 or path.suffix.lower() not in _SUFFIXES or not path.is_file():
            continue
        recordings.append(Recording(path, voice=parts[0], session="/".join(parts[1:-1])))
    if not recordings:
        raise ConfigError(
            "no audio in this folder", where=folder, hint="a folder as data means <singer>/<anything>/<file>"
        )
    return recordings


def _csv_rows(table: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield (row number, row); spreadsheets' byte-order mark is taken off the first column's name."""
    try:
        with table.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            yield 1, dict.fromkeys(reader.fieldnames or (), "")
            for row in reader:
                yield reader.line_num, {key: value or "" for key, value in row.items() if key is not None}
    except (UnicodeDecodeError, csv.Error) as error:
        raise ConfigError(f"not a CSV table: {error}", where=table) from error


def _parquet_rows(table: Path) -> Iterator[tuple[int, dict[str, str]]]:
    try:
        from pyarrow import lib, parquet  # pyright: ignore[reportMissingImports]
    except ImportError as error:
        raise MissingExtraError(
            "Parquet tables need pyarrow", where=table, hint="pip install pyarrow, or save the table as CSV"
        ) from error
    try:
        columns = parquet.read_table(table).to_pydict()
    except (lib.ArrowException, OSError) as error:
        raise ConfigError(f"not a Parquet table: {error}", where=table) from error
    yield 1, dict.fromkeys(columns, "")
    for number, values in enumerate(zip(*columns.values(), strict=True), start=2):
        yield number, {k: "" if v is None else str(v) for k, v in zip(columns, values, strict=True)}


def _from_rows(rows: Iterator[tuple[int, dict[str, str]]], *, table: Path) -> list[Recording]:
    _, header = next(rows)
    if missing := [name for name in ("path", "voice") if name not in header]:
        raise ConfigError(
            f"no column {' and '.join(missing)}; found: {', '.join(header) or 'nothing'}",
            where=table,
            hint="a table needs at least the columns path and voice",
        )
    recordings: list[Recording] = []
    numbers: list[int] = []
    for number, row in rows:
        values = {name: row[name].strip() for name in _COLUMNS if row.get(name, "").strip()}
        for name in _PATH_COLUMNS:
            if values.get(name):
                values[name] = str(table.parent / values[name])
        path = Path(values.pop("path", ""))
        recordings.append(Recording(path, values.pop("voice", ""), **values))
        numbers.append(number)
    _check(recordings, numbers, table)
    return recordings


def _check(recordings: Sequence[Recording], numbers: Sequence[int], table: Path) -> None:
    if not recordings:
        raise ConfigError("the table has no rows", where=table)
    seen: dict[Path, int] = {}
    unnamed, repeated, absent = [], [], []
    for number, recording in zip(numbers, recordings, strict=True):
        if recording.path == Path() or not recording.voice:
            unnamed.append(f"row {number}")
            continue
        first = seen.setdefault(Path(os.path.normpath(recording.path)), number)
        if first != number:
            repeated.append(f"row {number} (first in row {first}): {recording.path}")
        if not recording.path.is_file():
            absent.append(f"row {number}: {recording.path}")
    complaints = (
        ("path or voice is empty", unnamed),
        ("the same path twice", repeated),
        ("no such file", absent),
    )
    for what, bad in complaints:
        if bad:
            more = f" and {len(bad) - _SHOWN} more" if len(bad) > _SHOWN else ""
            raise ConfigError(f"{what}: {'; '.join(bad[:_SHOWN])}{more}", where=table)
