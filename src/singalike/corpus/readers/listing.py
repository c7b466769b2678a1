"""Songs that a dataset's own tables list: find and read the tables, keep what is on disk.

Copies of these datasets are often partial, so a song whose audio is missing is left out and counted in a warning;
that nothing at all is there is an error.
"""

from __future__ import annotations

import csv
import logging
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from singalike.corpus.readers.layout import is_litter
from singalike.corpus.readers.record import Dataset
from singalike.corpus.songs import Song
from singalike.errors import ConfigError

_SHOWN = 3  # how many left out songs a warning names
_log = logging.getLogger(__name__)


def find_table(root: Path | str, name: str, dataset: Dataset) -> Path:
    """Find a table of a dataset in its folder or in a folder directly under it.

    Args:
        root: The dataset's folder, or the folder that holds it.
        name: The table's path in the dataset, in POSIX form.
        dataset: The dataset it is a table of.

    Raises:
        ConfigError: There is no such table.
    """
    root = Path(root)
    below = (path for path in sorted(root.glob(f"*/{name}")) if not is_litter(path.relative_to(root).parts[0]))
    table = next((path for path in (root / name, *below) if path.is_file()), None)
    if table is None:
        raise dataset.missing(root, name)
    return table


@contextmanager
def opened(table: Path) -> Iterator[TextIO]:
    """Open a table for :mod:`csv`; what is no UTF-8 or no table becomes a :class:`ConfigError` that names it."""
    try:
        with table.open(encoding="utf-8-sig", newline="") as file:
            yield file
    except (UnicodeDecodeError, csv.Error) as error:
        raise ConfigError(f"not a table: {error}", where=table) from error


def check_columns(needed: Iterable[str], header: Iterable[str], table: Path) -> None:
    """Raise a :class:`ConfigError` that names the columns a table lacks."""
    if lacking := set(needed) - set(header):
        raise ConfigError(f"no column {', '.join(sorted(lacking))}", where=table)


def tab_rows(table: Path, *columns: str) -> Iterator[tuple[dict[str, str], list[str]]]:
    """Yield the rows of a tab-separated table with a header.

    Args:
        table: The table.
        columns: Columns it must have.

    Yields:
        The cells by column ("" where a row is short), and the cells beyond the last column.

    Raises:
        ConfigError: It is no such table, or lacks a column.
    """
    with opened(table) as file:
        rows = csv.reader(file, delimiter="\t")
        header = next(rows, [])
        check_columns(columns, header, table)
        for row in rows:
            cells = dict.fromkeys(header, "") | dict(zip(header, row, strict=False))
            yield cells, row[len(header) :]


def audio_folder(root: Path, paths: Iterable[str], *, among: Sequence[str]) -> Path:
    """Return where the audio lies, for datasets whose archives are unpacked here or there.

    Args:
        root: The dataset's folder.
        paths: Paths of its audio as its tables give them, such as ``f/name.mp3``.
        among: Folders under the root to try in this order; "" is the root itself.

    Returns:
        The first that holds the first folder of any of the paths; the first of all where none does.
    """
    tops = sorted({path.partition("/")[0] for path in paths})
    places = [root / name for name in among]
    return next((place for place in places if any((place / top).is_dir() for top in tops)), places[0])


def present(songs: Iterable[Song], dataset: Dataset, root: Path | str) -> list[Song]:
    """Keep the songs whose artist is known and whose files all exist; warn of the others.

    Raises:
        ConfigError: None is left.
    """
    found, absent, nameless = [], [], []
    for song in songs:
        gone = next((path for path in song.files.values() if not path.is_file()), None)
        if not song.voice:
            nameless.append(song.name)
        elif gone is not None:
            absent.append(str(gone))
        else:
            found.append(song)
    if not found:
        what = f"audio of the songs its tables list, such as {absent[0]}," if absent else "song in its tables"
        raise dataset.missing(root, what)
    for reason, left_out in (("no such file", absent), ("no artist is named", nameless)):
        if left_out:
            more = ", …" if len(left_out) > _SHOWN else ""
            total = len(found) + len(absent) + len(nameless)
            _log.warning("%s: %d of %d songs are left out, %s: %s%s", dataset.name, len(left_out), total,
                         reason, ", ".join(left_out[:_SHOWN]), more)  # fmt: skip
    return found
