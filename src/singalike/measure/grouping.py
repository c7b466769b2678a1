"""Figures by group: what is known of the clips of a list of trials, from the data or from a table of traits.

The data say of a clip its ``kind`` and ``session``; a table ``voice,gender,...`` says more of singers (:mod:`.traits`).
The figures are those of :mod:`singalike.evaluate.groups`, at the threshold where all trials together have their equal
error rate.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from singalike.errors import ConfigError
from singalike.evaluate import groups
from singalike.evaluate.clip_names import find_clips
from singalike.evaluate.trials import Trials
from singalike.measure.clips import Clips
from singalike.measure.traits import read_traits

COLUMNS = ("kind", "session")


def check(by: str, traits: Path | None) -> None:
    """Say before the long work that there is no such column.

    Raises:
        ConfigError: Neither the data nor the traits have it; or see :func:`~.traits.read_traits`.
    """
    known = (*COLUMNS, *(read_traits(traits) if traits else ()))
    if by not in known:
        hint = f"one of {', '.join(known)}" + ("" if traits else "; or --traits, a table voice,gender,...")
        raise ConfigError(f"no column {by!r}", where=traits, hint=hint)


def by_group(
    scores: np.ndarray, trials: Trials, clips: Clips, *, by: str, traits: Path | None, seed: int
) -> tuple[dict[str, Any], list[str]]:
    """Measure the groups of trials.

    Args:
        scores: (N,), higher is closer.
        trials: N trials.
        clips: At least those that the trials name.
        by: A column of the data or the traits.
        traits: A table ``voice,gender,...``.
        seed: Draws the bootstrap.

    Returns:
        The figures by value, and notes on groups of too few trials.

    Raises:
        ConfigError: See :func:`check`.
    """
    check(by, traits)
    if by == "kind":
        values = clips.kinds.tolist()
    elif by == "session":
        values = clips.sessions.tolist()
    else:
        of_voice = read_traits(traits)[by] if traits else {}
        values = [of_voice.get(voice, "") for voice in clips.voices.tolist()]
    places = find_clips(trials.paths, clips.keys.tolist(), clips.recordings.tolist(), clips.voices.tolist())
    voice_of, value_of = (
        {name: column[found[0]] for name, found in places.items()} for column in (clips.voices.tolist(), values)
    )
    found = groups.evaluate(scores, trials, voice_of, value_of, seed=seed)
    notes = [
        f"{by} {value}: too few trials, {counts['targets']} of one voice, {counts['nontargets']} of two"
        for value, counts in found["left_out"].items()
    ]
    return found["groups"], notes
