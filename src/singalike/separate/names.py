"""Which folder each recording's stems go to."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from singalike.errors import ConfigError

_MIX = ("mixture", "mix")


def folder_names(paths: Sequence[Path], *, roots: Sequence[Path] = ()) -> dict[Path, Path]:
    """Return a relative folder for each path, all different.

    ``song.mp3`` goes to ``song``. Recordings of one name keep their folders, from where these part: ``a/song.mp3``
    and ``b/song.mp3`` go to ``a/song`` and ``b/song``. Under one of the ``roots`` all keep their folders from there:
    ``root/ann/song.mp3`` goes to ``ann/song``, and so does ``root/ann/song/mixture.wav``. Recordings that differ by
    extension only keep that too: ``song.mp3`` and ``song.wav``. Upper and lower case count as one, as on some disks.

    Raises:
        ConfigError: Two recordings would go to one folder all the same.
    """
    kept = {path: name for path in paths if (name := _within(path, roots))}
    names = {path: kept.get(path, Path(path.stem)) for path in paths}
    twice = [path for path in _repeated(names) if path not in kept]
    if twice:
        common = Path(os.path.commonpath([path.absolute().parent for path in twice]))
        names |= {path: path.absolute().relative_to(common).with_suffix("") for path in twice}
    for path in _repeated(names):
        names[path] = names[path] / path.name if _is_mix(path) and path in kept else names[path].with_name(path.name)
    if twice := _repeated(names):
        what = f"{twice[0]} and {twice[1]} would both go to {names[twice[0]]}"
        raise ConfigError(what, hint="separate the folders one by one, each with its own --out")
    return names


def _within(path: Path, roots: Sequence[Path]) -> Path | None:
    for root in roots:
        if path.absolute().is_relative_to(root.absolute()):
            inner = path.absolute().relative_to(root.absolute())
            return inner.parent if _is_mix(path) and len(inner.parts) > 1 else inner.with_suffix("")
    return None


def _is_mix(path: Path) -> bool:
    return path.stem.lower() in _MIX


def _repeated(names: dict[Path, Path]) -> list[Path]:
    counts = Counter(str(name).casefold() for name in names.values())
    return [path for path, name in names.items() if counts[str(name).casefold()] > 1]
