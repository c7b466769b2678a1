"""Find the files of a dataset by the shape of their paths.

A layout is a regular expression that the *end* of a path under the root, without its suffix, must fully
match: a root may be the dataset's own folder or any folder above it, and a name is only ever compared whole
(``male1`` is in ``female1``). Its named groups say what a recording is.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from singalike.audio.containers import EXTENSIONS
from singalike.corpus.readers.record import Dataset

SUFFIXES = frozenset().union(*EXTENSIONS.values())


def find_files(root: Path | str, layout: str, dataset: Dataset) -> list[tuple[Path, dict[str, str]]]:
    """Find the audio files of a dataset.

    Hidden files and what an archiver leaves behind (``__MACOSX``, ``._name.wav``) are no recordings. Files
    whose groups are all equal are copies of one recording, as where an archive holds its own tree twice: the
    first by path is taken, so that no recording is ever compared with itself.

    Args:
        root: The folder to search, at any depth.
        layout: A regular expression with named groups, in POSIX form and without a suffix.
        dataset: The dataset it is the layout of.

    Returns:
        The files in the order of their paths, with the values of the layout's groups.

    Raises:
        ConfigError: There is no such folder, or no such file under it.
    """
    shape = re.compile(rf"(?:.*/)?{layout}\.\w+")
    matches = ((parts, shape.fullmatch("/".join(parts))) for parts in sorted(_audio_files(root)))
    found: dict[tuple[str, ...], tuple[Path, dict[str, str]]] = {}
    for parts, match in matches:
        if match:
            found.setdefault(match.groups(), (Path(root, *parts), match.groupdict()))
    if not found:
        raise dataset.missing(root)
    return list(found.values())


def _audio_files(root: Path | str) -> Iterator[tuple[str, ...]]:
    """Yield the parts under the root of each path; strings, because a corpus may have 100,000 files."""
    for name, folders, files in os.walk(root):
        folders[:] = [folder for folder in folders if not is_litter(folder)]  # os.walk goes into these
        inside = Path(name).relative_to(root).parts
        for file in files:
            if f".{file.rpartition('.')[2].lower()}" in SUFFIXES and not is_litter(file):
                yield (*inside, file)


def is_litter(name: str) -> bool:
    """Tell whether a file or folder of this name is hidden or was left behind by an archiver."""
    return name.startswith(".") or name == "__MACOSX"
