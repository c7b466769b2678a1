"""What is asked of an evaluation on songs, checked before anything long begins."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

from singalike.errors import ConfigError
from singalike.evaluate.artist_similarity import VERSIONS
from singalike.evaluate.windows import LEVELS, check_levels

TRACK_TASKS = ("singer-identification", "query-by-singer")  # their items are whole songs
SONG_TASKS = ("gender", "artists", "artist-similarity", "tags", "instruments", "genres", *TRACK_TASKS)
VOCALS, MIXTURE, BOTH = "vocals", "mixture", "both"
DOMAINS = (VOCALS, MIXTURE, BOTH)


@dataclass(frozen=True)
class SongSettings:
    """What is asked of an evaluation on songs.

    Attributes:
        task: One of :data:`SONG_TASKS`.
        reader: Name of a dataset reader; None reads a folder or table of songs.
        options: Of the reader, ``name=value``.
        split: Keep only this split; None keeps all.
        kinds: Keep only these kinds of recordings, where the reader's dataset is not of songs; empty keeps all.
        domain: ``"vocals"``, ``"mixture"`` or ``"both"``; None takes what all songs have.
        levels: Seconds that a scored item lasts, or ``"song"``; not for :data:`TRACK_TASKS`.
        window_seconds: Length of the windows that a song's vector is the mean of; for :data:`TRACK_TASKS` alone.
        shares: Of the training songs (artists).
        version: How query and answer are made (artist-similarity).
        top_tags: How many of the commonest tags are measured (tags).
        seed: Draws parts, episodes, classifiers and the bootstrap.

    Raises:
        ConfigError: A value is unknown or out of range, or is for another task.
    """

    task: str
    reader: str | None = None
    options: tuple[str, ...] = ()
    split: str | None = None
    kinds: tuple[str, ...] = ()
    domain: str | None = None
    levels: tuple[str, ...] = LEVELS
    window_seconds: float = 1.0
    shares: tuple[float, ...] = (1.0,)
    version: str = "two-songs"
    top_tags: int = 50
    seed: int = 0

    def __post_init__(self) -> None:
        if self.task not in SONG_TASKS:
            raise ConfigError(f"no task {self.task!r} on songs", hint=f"one of {', '.join(SONG_TASKS)}")
        if self.domain not in (None, *DOMAINS):
            raise ConfigError(f"no domain {self.domain!r}", hint=f"one of {', '.join(DOMAINS)}")
        if self.version not in VERSIONS:
            raise ConfigError(f"no version {self.version!r}", hint=f"one of {', '.join(VERSIONS)}")
        check_levels(self.levels)
        if not all(math.isfinite(share) and 0 < share <= 1 for share in self.shares):
            raise ConfigError(f"shares of the training part: {list(self.shares)}", hint="over 0 and at most 1")
        if self.top_tags < 1:
            raise ConfigError(f"the {self.top_tags} commonest tags", hint="at least 1")
        owner = {"shares": "artists", "version": "artist-similarity", "top_tags": "tags"}
        for name, task in owner.items():
            if self.task != task and getattr(self, name) != type(self).__dataclass_fields__[name].default:
                raise ConfigError(f"{name} is for the task {task}, not {self.task}")
        if self.task in TRACK_TASKS and self.levels != LEVELS:
            raise ConfigError(f"levels are not for the task {self.task}: its items are whole songs")
        if self.task not in TRACK_TASKS and self.window_seconds != 1.0:
            raise ConfigError(f"the task {self.task} is scored at its levels, from windows of 1 s")
        if not 0.5 <= self.window_seconds < math.inf:
            raise ConfigError(f"windows of {self.window_seconds:g} s", hint="at least 0.5 s")
        if self.options and self.reader is None:
            raise ConfigError(f"options of a reader, but no reader: {', '.join(self.options)}")

    def reader_options(self) -> dict[str, str | int]:
        """Return the reader's options by name; whole numbers are numbers.

        Raises:
            ConfigError: One has no ``=``.
        """
        found: dict[str, str | int] = {}
        for option in self.options:
            name, equals, value = option.partition("=")
            if not (name and equals):
                raise ConfigError(f"a reader's option is name=value, not {option!r}")
            found[name] = int(value) if value.isdecimal() else value
        return found

    def as_dict(self) -> dict[str, Any]:
        """Return the settings JSON-ready; two runs with equal ones are the same evaluation."""
        asked = asdict(self)
        if self.task in TRACK_TASKS:
            del asked["levels"]
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asked.items()}
