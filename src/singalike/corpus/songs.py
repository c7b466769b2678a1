"""Songs: a mixture, the stems it is the sum of, and who sings.

Two forms, one result:

- a **table**, CSV or Parquet, a row a song: ``voice`` (or ``artist``), and ``path`` (the mixture) or ``vocals`` with
  ``accompaniment``; ``drums``, ``bass``, ``other``, ``song``, ``tags`` (separated by ``;``), ``split``, ``licence`` and
  ``source`` are read where they are. Relative paths are relative to the table.
- a **folder** ``<artist>/<song>/`` with ``mixture.wav``, ``vocals.wav``, ``accompaniment.wav``, ``drums.wav``, … (of
  any format), as separators and MUSDB18 leave them.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from singalike.audio.containers import EXTENSIONS
from singalike.corpus.recordings import table_rows
from singalike.errors import ConfigError

STEMS = ("vocals", "accompaniment", "drums", "bass", "other")
_SUFFIXES = frozenset().union(*EXTENSIONS.values())
_NAMES = {"mixture": "mixture", "mix": "mixture", "no_vocals": "accompaniment", **{stem: stem for stem in STEMS}}
_COLUMNS = {"mixture": "path", **{stem: stem for stem in STEMS}}
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Song:
    """One song.

    Attributes:
        name: Unique in its collection.
        voice: Who sings; equal names are one voice.
        files: Paths by ``"mixture"`` and the names of :data:`STEMS`: a mixture, or vocals with accompaniment, or all.
        tags: What is said of it.
        split: ``"train"``, ``"validation"``, ``"test"`` or empty.
        licence: Name of the licence; empty where unknown.
        source: Name of the collection it is from; empty where unknown.
    """

    name: str
    voice: str
    files: Mapping[str, Path]
    tags: tuple[str, ...] = ()
    split: str = ""
    licence: str = ""
    source: str = ""


def read_songs(source: Path | str) -> list[Song]:
    """Read a folder or a table of songs; a song's folder with stems that do not make a mixture is left out, and said.

    Raises:
        ConfigError: There is no such source, it is empty, or a row lacks its voice or audio, or names a file that
            is missing (with the number of the row, the header being row 1).
        MissingExtraError: A Parquet table without ``pyarrow``.
    """
    source = Path(source)
    if not source.exists():
        raise ConfigError("no such folder or table", where=source)
    songs = list(_from_folder(source) if source.is_dir() else _from_table(source))
    if not songs:
        raise ConfigError("no songs here", where=source, hint="a folder <artist>/<song>/mixture.wav, or a table")
    return songs


def _from_folder(folder: Path) -> Iterator[Song]:
    for place in sorted(path for path in folder.glob("*/*") if path.is_dir()):
        found = {_NAMES.get(path.stem.lower()): path for path in sorted(place.iterdir())
                 if path.suffix.lower() in _SUFFIXES and path.is_file()}  # fmt: skip
        files = {name: path for name, path in found.items() if name}
        if _whole(files):
            yield Song(f"{place.parent.name}/{place.name}", place.parent.name, files)
        elif files:
            _log.warning("%s is left out: no mixture, and not both vocals and accompaniment", place)


def _from_table(table: Path) -> Iterator[Song]:
    rows = table_rows(table)
    _, header = next(rows)
    singer = "voice" if "voice" in header else "artist"
    if singer not in header or not {"path", "vocals"} & set(header):
        raise ConfigError(
            f"no column voice, or neither path nor vocals; found: {', '.join(header) or 'nothing'}", where=table,
            hint="a table of songs needs voice and path, or voice, vocals and accompaniment",
        )  # fmt: skip
    for number, row in rows:
        cells = {name: value.strip() for name, value in row.items() if value.strip()}
        files = {name: table.parent / cells[column] for name, column in _COLUMNS.items() if column in cells}
        if not cells.get(singer) or not _whole(files):
            raise ConfigError(f"row {number} has no {singer}, or no mixture and not both of its parts", where=table)
        if absent := [str(path) for path in files.values() if not path.is_file()]:
            raise ConfigError(f"row {number}: no such file: {', '.join(absent)}", where=table)
        tags = tuple(tag.strip() for tag in cells.get("tags", "").split(";") if tag.strip())
        about = {name: cells.get(name, "") for name in ("split", "licence", "source")}
        yield Song(f"row {number} {cells.get('song', '')}".strip(), cells[singer], files, tags, **about)


def _whole(files: Mapping[str, Path]) -> bool:
    return "mixture" in files or {"vocals", "accompaniment"} <= set(files)
