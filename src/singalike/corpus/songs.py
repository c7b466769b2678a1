"""Songs: a mixture, the stems it is the sum of, and who sings.

Two forms, one result:

- a **table**, CSV or Parquet, a row a song: ``voice`` (or ``artist``), and ``path`` (the mixture) or ``vocals`` with
  ``accompaniment`` or a band; ``drums``, ``bass``, ``other``, ``song``, ``tags`` (separated by ``;``), ``split``,
  ``licence`` and ``source`` are read where they are. Relative paths are relative to the table.
- a **folder** ``<artist>/<song>/`` with ``mixture.wav``, ``vocals.wav``, ``accompaniment.wav``, ``drums.wav``, … (of
  any format), as separators and MUSDB18 leave them.

What is missing is computed (:func:`terms`): accompaniment = mixture − vocals, or else drums + bass + other; mixture =
vocals + accompaniment. A band that lacks one of its three is none: its sum would be that of another song.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from singalike.audio.containers import EXTENSIONS
from singalike.audio.quality import Channels
from singalike.corpus.recordings import table_rows
from singalike.errors import ConfigError

BAND = ("drums", "bass", "other")
STEMS = ("vocals", "accompaniment", *BAND)
_SUFFIXES = frozenset().union(*EXTENSIONS.values())
_ALIASES = {"mix": "mixture", "no_vocals": "accompaniment", "instrumental": "accompaniment"}
_NAMES = {**_ALIASES, **{name: name for name in ("mixture", *STEMS)}}
_COLUMNS = {"mixture": "path", **{stem: stem for stem in STEMS}}
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Song:
    """One song.

    Attributes:
        name: Unique in its collection.
        voice: Who sings; equal names are one voice.
        files: Paths by ``"mixture"`` and the names of :data:`STEMS`: at least what a mixture can be made of.
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

    @property
    def channels(self) -> Channels:
        """Which channels its files are to be decoded with: all if there are several, so that these add up."""
        return "all" if len(self.files) > 1 else "live"


def terms(source: str, own: Collection[str]) -> dict[str, int]:
    """Return what a source is the sum of, by name, and each one's sign; nothing where it cannot be computed.

    Args:
        source: ``"mixture"`` or one of :data:`STEMS`.
        own: What a song has of them.
    """
    if source in own:
        return {source: 1}
    if source == "accompaniment":
        if "mixture" in own and "vocals" in own:
            return {"mixture": 1, "vocals": -1}
        return dict.fromkeys(BAND, 1) if set(BAND) <= set(own) else {}
    if source == "mixture" and "vocals" in own and (accompaniment := terms("accompaniment", own)):
        return {"vocals": 1, **accompaniment}
    return {}


def add_up(signs: Mapping[str, int], samples: Mapping[str, np.ndarray]) -> np.ndarray:
    """Return the sum (T,) of :func:`terms`, at least one of which has samples (T,); one that has none is silent."""
    parts = [sign * samples[name] for name, sign in signs.items() if name in samples]
    return sum(parts[1:], parts[0])


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
        if files and (lacking := _lacking(files)):
            _log.warning("%s is left out: %s", place, lacking)
        elif files:
            yield Song(f"{place.parent.name}/{place.name}", place.parent.name, files)


def _from_table(table: Path) -> Iterator[Song]:
    rows = table_rows(table)
    _, header = next(rows)
    singer = "voice" if "voice" in header else "artist"
    if singer not in header or not {"path", "vocals"} & set(header):
        raise ConfigError(
            f"no column voice, or neither path nor vocals; found: {', '.join(header) or 'nothing'}", where=table,
            hint="a table of songs needs voice and path, or voice, vocals and accompaniment (or drums, bass and other)",
        )  # fmt: skip
    for number, row in rows:
        cells = {name: value.strip() for name, value in row.items() if value.strip()}
        files = {name: table.parent / cells[column] for name, column in _COLUMNS.items() if column in cells}
        if lacking := _lacking(files) if singer in cells else f"no {singer}":
            raise ConfigError(f"row {number} has {lacking}", where=table)
        if absent := [str(path) for path in files.values() if not path.is_file()]:
            raise ConfigError(f"row {number}: no such file: {', '.join(absent)}", where=table)
        tags = tuple(tag.strip() for tag in cells.get("tags", "").split(";") if tag.strip())
        about = {name: cells.get(name, "") for name in ("split", "licence", "source")}
        yield Song(f"row {number} {cells.get('song', '')}".strip(), cells[singer], files, tags, **about)


def _lacking(files: Collection[str]) -> str:
    """Say what a song's mixture cannot be made for want of; nothing where it can."""
    if terms("mixture", files):
        return ""
    if "vocals" not in files:
        return "no mixture, and no vocals to make one of"
    gone = [name for name in BAND if name not in files]
    if len(gone) == len(BAND):
        return "no mixture, and vocals without accompaniment"
    return f"no mixture or accompaniment, and of the band no {' and no '.join(gone)}"
