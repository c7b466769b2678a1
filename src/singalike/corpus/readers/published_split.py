"""Published splits: lists of the songs of each part, as the authors of datasets and of papers give them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from singalike.corpus.readers.layout import SUFFIXES, is_litter
from singalike.errors import ConfigError

SPLITS = ("train", "validation", "test")

_SPLIT_OF_WORD = {
    **dict.fromkeys(("train", "training", "trn"), "train"),
    **dict.fromkeys(("validation", "valid", "val"), "validation"),
    **dict.fromkeys(("test", "tst"), "test"),
}
_LIST_SUFFIXES = (".txt", ".tsv", ".csv", ".list", ".npy")


def read_split(lists: Path | str | Mapping[str, Path | str]) -> dict[str, str]:
    """Read a published split.

    Args:
        lists: A folder with one list for each part, told by a word of its name (``train_gt_mtt.tsv``, ``valid.npy``,
            ``a20-tst-tracks.list``), or the lists by ``"train"``, ``"validation"``, ``"test"``. A list is text, a song
            a line, or a ``.npy`` array of such lines; of a line's tab-separated cells the first that is a path counts,
            else the first.

    Returns:
        The part by the song's path without suffix, or by its id.

    Raises:
        ConfigError: There is no such list, or there are two for one part, or a song is in two parts.
    """
    files = lists if isinstance(lists, Mapping) else _lists_in(Path(lists))
    if unknown := set(files) - set(SPLITS):
        raise ConfigError(f"no part of a split is called {sorted(unknown)[0]!r}", hint=f"one of: {', '.join(SPLITS)}")
    parts: dict[str, str] = {}
    for part, file in files.items():
        for entry in map(_entry, _lines(Path(file))):
            if parts.setdefault(entry, part) != part:
                raise ConfigError(f"{entry} is in {parts[entry]} and in {part}", where=file)
    return parts


def without_suffix(path: str) -> str:
    """Take an audio file's suffix off a path; other dots stay (``02-Mr. Blue``)."""
    stem, dot, suffix = path.rpartition(".")
    return stem if f"{dot}{suffix.lower()}" in SUFFIXES else path


def _lists_in(folder: Path) -> dict[str, Path]:
    files: dict[str, Path] = {}
    for path in sorted(folder.glob("*")):
        words = re.split(r"[^a-z0-9]+", path.stem.lower())
        part = next((_SPLIT_OF_WORD[word] for word in words if word in _SPLIT_OF_WORD), None)
        if part is None or path.suffix.lower() not in _LIST_SUFFIXES or is_litter(path.name):
            continue
        if part in files:
            raise ConfigError(f"two lists for {part}: {files[part].name} and {path.name}", where=folder,
                              hint="name the lists one by one")  # fmt: skip
        files[part] = path
    if not files:
        raise ConfigError("no lists of a split here", where=folder, hint="such as train.txt, valid.txt and test.txt")
    return files


def _lines(file: Path) -> list[str]:
    try:
        if file.suffix.lower() == ".npy":
            lines = np.load(file, allow_pickle=False).astype(str).ravel().tolist()
        else:
            lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError) as error:
        raise ConfigError(f"not a list of songs: {error}", where=file) from error
    return [line for line in lines if line.strip()]


def _entry(line: str) -> str:
    cells = [cell.strip() for cell in line.split("\t")]
    return without_suffix(next((cell for cell in cells if "/" in cell), cells[0]))
