"""How trial lists name what they try, and how recordings are to be cut for a list.

Three ways are read (:mod:`singalike.evaluate.clip_names` finds the clips):

- a **file**, ``singer/song.wav``: the whole recording, as it is, is one clip. Clips that somebody has cut into
  files of their own are named like this, too.
- **our clips**, ``singer/song.wav@12.00``: from that second on, after silences were shortened. The list's
  comment line says how they were cut.
- the **published clips** of Torres et al. 2023, ``singer/song_12_16_4s.wav``: seconds 12 to 16 of a recording
  whose silences nobody touched; found in the datasets as they are distributed.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from singalike.corpus.recordings import Recording
from singalike.errors import ConfigError
from singalike.evaluate.clip_names import find_clips
from singalike.evaluate.trials import Trials, read_trials

_OURS = re.compile(r".+@(?P<start>\d+\.\d\d)")
_PUBLISHED = re.compile(r"(?P<recording>.+)_(?P<start>\d+)_(?P<end>\d+)_\d+s\.\w+")
_SHOWN = 5
_MIN_SECONDS = 0.1  # far below any encoder's shortest input; start times have two decimals


@dataclass(frozen=True)
class Cut:
    """How recordings become clips.

    Attributes:
        seconds: Length of a clip; clips lie end to end, a rest is left out unless it is all there is. None: the
            whole recording is one clip.
        shorten_silences: First shorten long silences, see :func:`singalike.audio.silence.shorten_silences`.
        all_clips: Keep clips without sound, too: somebody else's list may name them.

    Raises:
        ConfigError: A clip of no length.
    """

    seconds: float | None
    shorten_silences: bool
    all_clips: bool = False

    def __post_init__(self) -> None:
        if self.seconds is not None and not _MIN_SECONDS <= self.seconds < math.inf:
            raise ConfigError(f"clips of {self.seconds} s", hint=f"at least {_MIN_SECONDS} s")


WHOLE = Cut(seconds=None, shorten_silences=False)


def clip_key(recording: str, start_seconds: float, cut: Cut) -> str:
    """Name the clip of a recording (by its key) that begins at a time."""
    return recording if cut.seconds is None else f"{recording}@{start_seconds:.2f}"


def recording_of(key: str) -> str:
    """Return the recording that a file was cut from, by the published naming; other files are their own."""
    match = _PUBLISHED.fullmatch(key)
    return match["recording"] if match else key


def cut_of_list(trials: Trials, recordings: Mapping[str, Recording]) -> Cut | None:
    """Return how a list asks recordings to be cut; None where it does not say."""
    names = trials.paths
    if all(name in recordings for name in names):
        return WHOLE
    lengths = {int(m["end"]) - int(m["start"]) for m in map(_PUBLISHED.fullmatch, names) if m}
    if len(lengths) == 1:
        return Cut(float(lengths.pop()), shorten_silences=False, all_clips=True)
    seconds, shortened = (trials.drawn.get(name) for name in ("clip_seconds", "shorten_silences"))
    if isinstance(seconds, float | int) and isinstance(shortened, bool):
        return Cut(float(seconds), shortened)
    return None


def find_recordings(names: list[str], recordings: Mapping[str, Recording]) -> dict[str, set[str]]:
    """Return, by name, the keys of the recordings it may be a clip of, if only they last long enough.

    A name that is a clip of none of them is left out.
    """
    matches = (pattern.fullmatch(name) for name in names for pattern in (_OURS, _PUBLISHED))
    starts = sorted({float(match["start"]) for match in matches if match})
    keys = list(recordings) + [f"{key}@{start:.2f}" for key in recordings for start in starts]
    owners = [*recordings, *(key for key in recordings for _ in starts)]
    found = find_clips(names, keys, owners, [recordings[key].voice for key in owners])
    return {name: {owners[place] for place in places} for name, places in found.items()}


def read_list(
    path: Path, recordings: Mapping[str, Recording], *, allow_identical: bool
) -> tuple[Trials, dict[str, Recording]]:
    """Read a list, and return the recordings it is about: a list is measured alike whatever lies beside them.

    Raises:
        ConfigError: See :func:`~singalike.evaluate.trials.read_trials`; or it names what is not there, which is said
            here, before the long work.
    """
    trials = read_trials(path, allow_identical=allow_identical)
    found = find_recordings(trials.paths, recordings)
    if missing := [name for name in trials.paths if name not in found]:
        raise ConfigError(
            f"{len(missing)} of {len(trials.paths)} clips are not in the data: {'; '.join(missing[:_SHOWN])}",
            where=path,
            hint="paths are relative to --data; or do --split, --kinds, --min-files leave them out?",
        )
    named = set().union(*found.values())
    return trials, {key: one for key, one in recordings.items() if key in named}
