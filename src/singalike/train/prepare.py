"""From a table or folder to what the loop reads: recordings, split, decoded samples, teacher's vectors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from singalike.corpus.cache import Preparation, cache_all
from singalike.corpus.choir_voices import CHOIR, choir_recordings
from singalike.corpus.readers import open_voices, read_dataset
from singalike.corpus.recordings import Recording, read_recordings
from singalike.corpus.splits import check_disjoint, split_voices
from singalike.errors import ConfigError, InputError
from singalike.model.hub import home
from singalike.train.recipe import Recipe
from singalike.train.sung import made_to_sing
from singalike.train.teacher import centre, teach

Progress = Callable[[str, int, int], None]
SPEED_MARK = " ×"  # in the name of a voice made by another speed


def quiet(stage: str, done: int, of: int) -> None:
    """Tell nobody how far it is."""


@dataclass(frozen=True)
class Part:
    """Recordings with their decoded samples (``.npy``), and the teacher's vectors (N, E) where there is one."""

    recordings: list[Recording]
    samples: list[Path]
    teacher: np.ndarray | None

    @property
    def voices(self) -> list[str]:
        """Names of the voices, in the order of their labels."""
        return sorted({r.voice for r in self.recordings})

    @property
    def labels(self) -> np.ndarray:
        """One label a recording (N,)."""
        number = {voice: i for i, voice in enumerate(self.voices)}
        return np.array([number[r.voice] for r in self.recordings], dtype=np.int64)

    @property
    def centre(self) -> np.ndarray:
        """The centre (E,) of what the teacher says of them."""
        assert self.teacher is not None
        return centre(self.teacher, [r.voice for r in self.recordings], [r.kind == "sung" for r in self.recordings])


@dataclass(frozen=True)
class Prepared:
    """The two parts, and the files that were left out, with the reason."""

    train: Part
    validation: Part
    failed: list[InputError]


def prepare(recipe: Recipe, data: Path, *, sample_rate_hz: int, progress: Progress) -> Prepared:
    """Read, split by voice, decode, change speeds, ask the teacher; everything is kept and resumed.

    Raises:
        ConfigError: a part would be empty, or the data cannot be read as the recipe says.
    """
    training, validation = split(recipe, read(recipe, data))
    if recipe.data.choir_singers:
        training += choir_recordings(
            home() / "choir", singers=recipe.data.choir_singers, songs=recipe.data.choir_songs,
            sample_rate_hz=sample_rate_hz, progress=lambda i, n: progress("choir", i, n),
        )  # fmt: skip
    failed: list[InputError] = []
    parts = []
    for name, recordings, speeds in (
        ("train", training, (1.0, *recipe.data.speeds)),
        ("validation", validation, (1.0,)),
    ):
        part, bad = _decode(
            recipe,
            recordings,
            speeds,
            sample_rate_hz,
            lambda i, n, name=name: progress(f"decode {name}", i, n),
        )
        if len(part.recordings) < 2:
            raise ConfigError(f"{len(part.recordings)} usable recording(s) to {name} on", where=data, hint="add voices")
        parts.append(part)
        failed += bad
    if recipe.data.teacher:
        parts[0] = _teach(parts[0], recipe.data.teacher, progress)
    if recipe.data.sung_copies:
        parts[0] = _make_sing(parts[0], sample_rate_hz, progress)
    return Prepared(parts[0], parts[1], failed)


def read(recipe: Recipe, data: Path) -> list[Recording]:
    """Read the recordings with the recipe's reader.

    Raises:
        ConfigError: they cannot be read, or only those with a commercial licence are wanted and the reader cannot tell.
    """
    if recipe.data.commercial_only and recipe.data.reader != "open-voices":
        raise ConfigError(
            f"data.commercial_only: the reader {recipe.data.reader} does not tell which licences permit it",
            hint="leave out what they do not permit, and say data.commercial_only=false",
        )
    if recipe.data.reader == "open-voices":
        root = data.parent if data.suffix == ".csv" else data
        sources = {"common-voice", "utau", "vocobox", "pjs"} if recipe.data.commercial_only else None
        return open_voices.read(root, commercial=recipe.data.commercial_only, sources=sources)
    return read_recordings(data) if recipe.data.reader == "table" else read_dataset(recipe.data.reader, data)


def split(recipe: Recipe, recordings: Sequence[Recording]) -> tuple[list[Recording], list[Recording]]:
    """Split by voice, or as the table's ``split`` column says; no voice is in both."""
    if not any(r.split for r in recordings):
        share = recipe.data.validation_share
        recordings = split_voices(recordings, seed=recipe.seed, shares=(1.0 - share, share, 0.0))
    check_disjoint(recordings)
    return [r for r in recordings if r.split == "train"], [r for r in recordings if r.split == "validation"]


def _decode(
    recipe: Recipe, recordings: Sequence[Recording], speeds: Sequence[float], sample_rate_hz: int,
    progress: Callable[[int, int], None],
) -> tuple[Part, list[InputError]]:  # fmt: skip
    kept, samples, failed = [], [], []
    for speed in speeds:
        preparation = Preparation(sample_rate_hz, recipe.data.shorten_silences, speed)
        done, bad = cache_all([r.path for r in recordings], preparation, home() / "samples", progress=progress)
        # At another speed, what fails at its own is told already.
        told = {error.where for error in failed}
        failed += [_at_speed(error, speed) for error in bad if error.where not in told]
        for recording in recordings:
            if recording.path in done:
                other = recording if speed == 1.0 else replace(recording, voice=f"{recording.voice}{SPEED_MARK}{speed}")
                kept.append(other)
                samples.append(done[recording.path])
    return Part(kept, samples, None), failed


def _at_speed(error: InputError, speed: float) -> InputError:
    return error if speed == 1.0 else type(error)(f"at {speed:g} times its speed: {error.what}", where=error.where)


def _teach(part: Part, name: str, progress: Progress) -> Part:
    teacher = teach(part.samples, name, progress=lambda i, n: progress("teacher", i, n))
    return replace(part, teacher=teacher)


def _make_sing(part: Part, sample_rate_hz: int, progress: Progress) -> Part:
    """Add a sung copy of every real recording: the same voice, and what the teacher said of the original."""
    own = [i for i, r in enumerate(part.recordings) if r.source != CHOIR]
    copies = made_to_sing(
        [part.samples[i] for i in own],
        sample_rate_hz=sample_rate_hz,
        progress=lambda i, n: progress("sung copies", i, n),
    )
    copied = [replace(part.recordings[i], session=f"{part.recordings[i].session} sung") for i in own]
    teacher = None if part.teacher is None else np.concatenate([part.teacher, part.teacher[own]])
    return Part(part.recordings + copied, part.samples + copies, teacher)
