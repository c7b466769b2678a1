"""What is asked of an evaluation, checked before anything long begins."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from singalike.errors import ConfigError

TASKS = ("similarity", "singers")
CROSSINGS = ("recording", "song", "session")
CLIP_SECONDS = 4.0


@dataclass(frozen=True)
class Settings:
    """What is asked of an evaluation.

    Attributes:
        task: ``"similarity"`` or ``"singers"``.
        reader: Name of a dataset reader; None reads a folder or table.
        split: Keep only this split.
        kinds: Keep only these kinds; empty keeps all.
        min_files: Leave out voices of fewer recordings.
        clip_seconds: Length of a clip; None takes what a list of trials says, or 4 s.
        shorten_silences: Shorten long silences first; None takes what a list of trials says, or does.
        bottleneck: Measure through 16 kHz, too, where the model takes more.
        seed: Draws trials, rankings, folds and the bootstrap.
        trials: A list of trials; None draws one.
        draw: How many trials to draw, half of them targets.
        cross: Both clips of a drawn target differ in this: ``"recording"``, ``"song"`` or ``"session"``.
        allow_identical: Accept or draw trials of a clip with itself.
        folds: Of the cross-validation over files.
        by: Measure groups, too: ``"kind"``, ``"session"`` or a column of the traits.
        traits: A table ``voice,gender,...`` of what is known of the singers.

    Raises:
        ConfigError: A value is unknown or out of range.
    """

    task: str
    reader: str | None = None
    split: str | None = None
    kinds: Collection[str] = ()
    min_files: int = 1
    clip_seconds: float | None = None
    shorten_silences: bool | None = None
    bottleneck: bool = True
    seed: int = 0
    trials: Path | None = None
    draw: int = 20_000
    cross: str | None = None
    allow_identical: bool = False
    folds: int = 5
    by: str | None = None
    traits: Path | None = None

    def __post_init__(self) -> None:
        if self.task not in TASKS:
            raise ConfigError(f"no task {self.task!r}", hint=f"one of {', '.join(TASKS)}")
        if self.cross is not None and self.cross not in CROSSINGS:
            raise ConfigError(f"trials cannot cross {self.cross!r}", hint=f"one of {', '.join(CROSSINGS)}")
        if self.draw < 2:
            raise ConfigError(f"{self.draw} trials", hint="at least one of one voice and one of two")
        if self.trials is not None and self.task != "similarity":
            raise ConfigError(f"the task {self.task} has no trials", where=self.trials)
        if self.by is not None and self.task != "similarity":
            raise ConfigError(f"the task {self.task} has no groups", hint="leave --by out")
        if self.traits is not None and self.by is None:
            raise ConfigError("traits are for groups", where=self.traits, hint="--by says which column")
        if self.min_files < 1:
            raise ConfigError(f"voices of at least {self.min_files} files", hint="at least 1")

    def as_dict(self) -> dict[str, Any]:
        """Return the settings JSON-ready; two runs with equal ones are the same evaluation."""
        paths = {name: None if (path := getattr(self, name)) is None else str(path) for name in ("trials", "traits")}
        return {**asdict(self), **paths, "kinds": sorted(self.kinds)}
