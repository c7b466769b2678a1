"""What a task on songs consists of: which songs, which conditions, which figures."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any

from singalike.corpus.songs import Song
from singalike.measure.clips import Clips
from singalike.measure.song_settings import SongSettings

Progress = Callable[[int, int], None]
Figures = dict[str, dict[str, Any]]  # metrics by level; "" where there is but one
Heard = tuple[Clips, ...]  # what one condition is scored on


@dataclass(frozen=True)
class Selection:
    """The songs of a task.

    Attributes:
        songs: What is measured.
        labels: The gender or class of each, by name; empty where the task has none.
        tags: Names of the tags that are measured.
        parts: ``"train"``, ``"validation"`` or ``"test"`` of each, by name; empty where the task deals its own.
        notes: What was left out, and how parts came about.
    """

    songs: list[Song]
    labels: Mapping[str, str] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    parts: Mapping[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def each_domain(clips: Mapping[str, Clips]) -> dict[str, Heard]:
    """Return a condition for each domain: its windows."""
    return {domain: (one,) for domain, one in clips.items()}


def each_pair(clips: Mapping[str, Clips]) -> dict[str, Heard]:
    """Return a condition for each domain of the query and each of the collection: the windows of both.

    The same domain on both sides comes first; the same songs are in all.
    """
    pairs = sorted(product(clips, repeat=2), key=lambda pair: pair[0] != pair[1])
    return {f"{query} → {collection}": (clips[query], clips[collection]) for query, collection in pairs}


@dataclass(frozen=True)
class SongTask:
    """One task.

    Attributes:
        select: Chooses the songs; says before the long work if there are too few (ConfigError).
        score: Takes what a condition is scored on, then the selection, the settings and the progress; returns the
            figures by level.
        conditions: Returns what is scored by the name of its condition: :func:`each_domain`, :func:`each_pair`.
        sung_only: Only windows count in which somebody sings.
        finished: The vectors are to be finished as for comparison by cosine.
    """

    select: Callable[[Sequence[Song], SongSettings], Selection]
    score: Callable[..., Figures]
    conditions: Callable[[Mapping[str, Clips]], dict[str, Heard]] = each_domain
    sung_only: bool = True
    finished: bool = False
