"""Which clips a trial names: one clip by its key, one clip by its published name, or all clips of a recording.

Conventions
-----------
- A **key** is ``<recording>@<start in seconds>``, the recording being a path below the data's folder:
  ``Alto-1#song/0005.wav@4.0``.
- A **published name** is ``<singer>/<file>_<start>_<end>_<length>s.wav`` (the pair lists of Torres et al. 2023
  for VocalSet and M4Singer): the file cut from ``start`` on, by whole seconds. Their copies of the data were
  renamed on the way: folders between singer and file are dropped (VocalSet), or the folder stands before the
  file's name, joined by a hyphen, without commas and spaces, and the singer is what the folder says before
  ``#`` (M4Singer). Either is recognised; a singer is compared by the whole name.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath

_PUBLISHED = re.compile(r"(?:.*/)?(?P<singer>[^/]+)/(?P<file>[^/]+)_(?P<start>\d+)_\d+_\d+s\.\w+")

_Alias = tuple[str, str, float]  # singer, file without its extension, start in seconds


def find_clips(
    names: Iterable[str], keys: Sequence[str], recordings: Sequence[str], voices: Sequence[str]
) -> dict[str, list[int]]:
    """Find the clips that each name means.

    Args:
        names: As they stand in a list of trials.
        keys: (N,) of the clips there are.
        recordings: (N,) the recording of each.
        voices: (N,) the voice of each.

    Returns:
        By name, the indices of its clips: one, or all those of a recording. Names of no clip are left out. A
        published name that fits clips of several recordings (files of one name in two folders of a singer,
        of which the authors' copy kept one) means the first of them.
    """
    by_key = {key: [place] for place, key in enumerate(keys)}
    by_recording: dict[str, list[int]] = defaultdict(list)
    for place, recording in enumerate(recordings):
        by_recording[recording].append(place)
    found, strangers = {}, []
    for name in names:
        if places := by_key.get(name) or by_recording.get(name):
            found[name] = places
        elif match := _PUBLISHED.fullmatch(name):
            strangers.append((name, (match["singer"], match["file"], float(match["start"]))))
    if strangers:
        aliases = _aliases(keys, recordings, voices)
        found |= {name: [aliases[alias]] for name, alias in strangers if alias in aliases}
    return found


def _aliases(keys: Sequence[str], recordings: Sequence[str], voices: Sequence[str]) -> dict[_Alias, int]:
    """Return the clip by every published name that it may have."""
    aliases: dict[_Alias, int] = {}
    known: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for place, (key, recording, voice) in enumerate(zip(keys, recordings, voices, strict=True)):
        start = key.rpartition("@")[2]
        if not re.fullmatch(r"\d+(\.\d+)?", start):
            continue
        if (recording, voice) not in known:
            known[recording, voice] = _published_names(recording, voice)
        for singer, file in known[recording, voice]:
            aliases.setdefault((singer, file, float(start)), place)
    return aliases


def _published_names(recording: str, voice: str) -> list[tuple[str, str]]:
    """Return the singers and file names, without extension, under which a recording may have been published."""
    path = PurePosixPath(recording)
    joined = f"{path.parent.name}-{path.stem}".replace(",", "").replace(" ", "")
    singers = {voice, *path.parts[:-1], path.parent.name.partition("#")[0]}
    return [(singer, file) for singer in sorted(singers) for file in (path.stem, joined)]
