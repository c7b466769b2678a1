"""Which folder each recording's stems go to."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path


def folder_names(paths: Sequence[Path]) -> dict[Path, Path]:
    """Return a relative folder for each path, all different.

    ``song.mp3`` goes to ``song``. Recordings of one name keep their folders, from where these part: ``a/song.mp3``
    and ``b/song.mp3`` go to ``a/song`` and ``b/song``. Recordings that differ by extension only keep that too:
    ``song.mp3`` and ``song.wav``. Upper and lower case count as one, as on some disks.
    """
    names = {path: Path(path.stem) for path in paths}
    twice = _repeated(names)
    if twice:
        common = Path(os.path.commonpath([path.absolute().parent for path in twice]))
        names |= {path: path.absolute().relative_to(common).with_suffix("") for path in twice}
    for path in _repeated(names):
        names[path] = names[path].with_name(path.name)
    return names


def _repeated(names: dict[Path, Path]) -> list[Path]:
    counts = Counter(str(name).casefold() for name in names.values())
    return [path for path, name in names.items() if counts[str(name).casefold()] > 1]
