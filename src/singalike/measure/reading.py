"""Results folders, checked field by field before anything is shown beside anything."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pydantic

from singalike.errors import ConfigError, NotFiniteError
from singalike.measure.results import CURVES, RESULTS, read_arrays, read_results, read_vectors, vectors_name
from singalike.measure.task_table import TASKS

NATIVE, BOTTLENECK = CONDITIONS = ("native", "16 kHz")
_BOTTLENECK_HZ = 16_000
Curve = tuple[np.ndarray, np.ndarray]  # false accepts, false rejects; each (P,)
_NAMES = ("keys", "voices", "kinds", "sessions")


class ModelFacts(pydantic.BaseModel):
    """Which model was measured."""

    name: str
    fingerprint: str
    sample_rate_hz: int


class DataFacts(pydantic.BaseModel):
    """What it was measured on; ``sha256`` is the same only for the same recordings and voices."""

    name: str
    recordings: int
    clips: int
    voices: int
    sha256: str
    failed: list[dict[str, Any]] = []


class TrialFacts(pydantic.BaseModel):
    """Which list of trials, how many, and how they were drawn."""

    sha256: str
    trials: int
    drawn: Any = None


class Measured(pydantic.BaseModel):
    """A ``results.json``: one model, one task, one dataset, a mapping of metrics for each condition."""

    task: str
    command: str
    created: str
    singalike: str
    model: ModelFacts
    data: DataFacts
    clip_seconds: float | None
    seed: int
    trials: TrialFacts | None = None
    results: list[dict[str, Any]]
    settings: dict[str, Any] = {}
    notes: list[str] = []
    folder: Path

    @pydantic.field_validator("task")
    @classmethod
    def _is_known(cls, task: str) -> str:
        if task not in TASKS:
            raise ValueError(f"no task {task!r}: one of {', '.join(TASKS)}")
        return task

    @property
    def name(self) -> str:
        """The folder's own name, for headings."""
        return self.folder.resolve().name

    def heard(self, condition: str) -> str:
        """Return the condition measured in place of another: what takes no more than 16 kHz hears the same in both."""
        narrow = self.model.sample_rate_hz <= _BOTTLENECK_HZ
        return NATIVE if condition == BOTTLENECK and narrow else condition

    def metrics(self, condition: str) -> dict[str, Any] | None:
        """Return the metrics under a condition; None where it was not measured."""
        return next((found for found in self.results if found["condition"] == self.heard(condition)), None)


@dataclass(frozen=True)
class Embeddings:
    """The clips' vectors and what is known of each clip.

    Attributes:
        vectors: (N, D), finite, no row zero; of a model's layers the first.
        voices: (N,) whose voice; of songs the artist.
        kinds: (N,) technique or kind; empty where unknown.
        sessions: (N,) sitting, emotion, pitch; empty where unknown.
        condition: ``"native"`` or ``"16 kHz"``; of songs ``"vocals"`` or ``"mixture"``.
    """

    vectors: np.ndarray
    voices: np.ndarray
    kinds: np.ndarray
    sessions: np.ndarray
    condition: str


@dataclass(frozen=True)
class Folder:
    """All of a results folder that a report shows."""

    measured: Measured
    curves: dict[str, Curve]
    embeddings: Embeddings | None

    def curve(self, condition: str) -> Curve | None:
        """Return the curve under a condition; None where there is none."""
        return self.curves.get(self.measured.heard(condition))


def read_folder(folder: Path) -> Folder:
    """Read and check a whole results folder; raises what the three functions below raise."""
    measured = read_measured(folder)
    curves = {condition: read_det(measured, condition) for condition in CONDITIONS}
    return Folder(measured, {c: curve for c, curve in curves.items() if curve}, read_embeddings(measured))


def read_measured(folder: Path) -> Measured:
    """Read and check ``results.json``.

    Raises:
        ConfigError: There is none, it is of another format or version, or a field does not fit (it is named).
        NotFiniteError: A figure is NaN or infinite.
    """
    document, path = read_results(folder), folder / RESULTS
    try:
        measured = Measured.model_validate({**document, "folder": folder})
    except pydantic.ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise ConfigError(f"{place}: {first['msg']}", where=path, hint="`singalike evaluate`") from error
    _check_results(measured, path)
    return measured


def _check_results(measured: Measured, path: Path) -> None:
    """Check that each condition is there once, with the task's first metric, and every figure a finite number."""
    shown = [metric for metric, _ in TASKS[measured.task].columns]
    # A curve is of so many trials.
    needed = (shown[0], "trials") if (measured.folder / CURVES).is_file() else (shown[0],)
    seen: set[str] = set()
    for found in measured.results:
        condition = found.get("condition")
        if not isinstance(condition, str) or condition in seen:
            raise ConfigError(f"condition {condition!r} is no name or there twice", where=path)
        seen.add(condition)
        numbers = [*needed, *(key for key in shown[1:] if found.get(key) is not None)]
        if missing := [key for key in numbers if not isinstance(found.get(key), (int, float))]:
            raise ConfigError(f"no {', '.join(missing)} under {condition}", where=path, hint="run the evaluation again")
        for key, value in found.items():
            if not all(math.isfinite(number) for number in _numbers(value)):
                raise NotFiniteError(f"{key} under {condition} is not finite", where=path)


def _numbers(value: object) -> Iterator[float]:
    """Yield the numbers of a JSON value, however deep."""
    if isinstance(value, (int, float)):
        yield value
    elif isinstance(value, (list, dict)):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _numbers(part)


def read_embeddings(measured: Measured) -> Embeddings | None:
    """Read the vectors of a results folder: native ones, or those of vocals; None where there are none.

    Raises:
        ConfigError: The file is damaged, lacks an array, or their lengths differ.
        ModelMismatchError: The vectors are of another model than the results.
        NotFiniteError: A vector is NaN, infinite or zero; the message names the clip.
    """
    files = measured.folder.glob(vectors_name("*"))
    path = max(files, key=lambda file: (file.name == vectors_name(NATIVE), file.name), default=None)
    if path is None:
        return None
    named = {vectors_name(condition): condition for condition in CONDITIONS}
    condition = named.get(path.name, path.stem.partition("-")[2])
    try:
        return _embeddings(read_vectors(measured.folder, condition), path, condition)
    except KeyError as error:
        raise ConfigError(f"no array {error}", where=path, hint="run the evaluation again") from error


def read_det(measured: Measured, condition: str) -> Curve | None:
    """Read false accepts and false rejects (P,) of a condition; None where there are none.

    Raises:
        ConfigError: The file is damaged, or the two differ in length.
        NotFiniteError: A rate is not a number in [0, 1].
    """
    path = measured.folder / CURVES
    if not path.is_file():
        return None
    arrays = read_arrays(path)
    if arrays is None:
        raise ConfigError("a damaged file", where=path, hint="run the evaluation again")
    accepts, rejects = (arrays.get(f"{condition}_false_{what}") for what in ("accepts", "rejects"))
    if accepts is None or rejects is None:
        return None
    if accepts.ndim != 1 or accepts.shape != rejects.shape:
        raise ConfigError(f"false accepts {accepts.shape}, false rejects {rejects.shape}", where=path)
    if not all(((rates >= 0) & (rates <= 1)).all() for rates in (accepts, rejects)):  # NaN is neither
        raise NotFiniteError(f"a rate under {condition} is not between 0 and 1", where=path)
    return accepts, rejects


def _embeddings(arrays: dict[str, np.ndarray], path: Path, condition: str) -> Embeddings:
    vectors = arrays["vectors"][:, 0] if arrays["vectors"].ndim == 3 else arrays["vectors"]
    names = {name: arrays[name].astype(str) for name in _NAMES}
    count = len(vectors) if vectors.ndim == 2 else 0
    if not count or any(values.shape != (count,) for values in names.values()):
        shapes = ", ".join(f"{name} {values.shape}" for name, values in names.items())
        raise ConfigError(f"arrays of different lengths: vectors {arrays['vectors'].shape}, {shapes}", where=path)
    usable = np.isfinite(vectors).all(axis=1) & (vectors != 0).any(axis=1)
    if not usable.all():
        bad = names["keys"][int(np.argmin(usable))]
        raise NotFiniteError(f"the vector of {bad} is zero or not finite", where=path)
    del names["keys"]
    return Embeddings(vectors, **names, condition=condition)
