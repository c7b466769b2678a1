"""The vectors of clips after something was done to them, kept as those of :mod:`.cutting` are.

A recording is decoded once for all conditions that are not kept yet, cut as for the clean clips, and each clip is
changed at the recording's own rate, resampled to the model's and embedded alone. What is random in a change follows
from the content of the recording and the clip's start, never from its name or place.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from singalike.audio.decode import info
from singalike.audio.resample import resample
from singalike.checksum import sha256
from singalike.corpus.recordings import Recording
from singalike.errors import InputError, ModelMismatchError, NotFiniteError
from singalike.measure.clips import Clips, Progress
from singalike.measure.conditions import Condition
from singalike.measure.cutting import Waveform, cut_recording
from singalike.measure.results import read_arrays, save_arrays
from singalike.measure.trial_names import Cut
from singalike.model.hub import home

if TYPE_CHECKING:
    from singalike.encoders.published import Baseline

_VERSION = 1  # of the cache: another way of changing or embedding gets another number

Vectors = dict[float, np.ndarray]  # by the clip's start


@dataclass(frozen=True)
class Changed:
    """The clips under one condition.

    Attributes:
        vectors: (N, D) float32, in the order of the clean clips; zero where not heard.
        heard: (N,) bool, False where the condition could not be made or the result not embedded.
        why: Why the first of those is missing; empty where none is.
    """

    vectors: np.ndarray
    heard: np.ndarray
    why: str


def embed_changed(
    embedder: Baseline,
    clips: Clips,
    recordings: Mapping[str, Recording],
    cut: Cut,
    conditions: Sequence[Condition],
    *,
    progress: Progress | None = None,
) -> dict[str, Changed]:
    """Embed clips under conditions; a clip that fails is missing under that condition only.

    Args:
        embedder: What embeds.
        clips: N clean clips.
        recordings: By key.
        cut: How the clips were cut.
        conditions: What is done to them.
        progress: Called after each recording.

    Returns:
        By the name of the condition.

    Raises:
        ModelMismatchError: A file of the cache holds another model's vectors.
    """
    embed = _Embedder(embedder, cut)
    owners = (clips.keys if cut.seconds is None else clips.recordings).tolist()
    starts = clips.starts_seconds.tolist()
    mine: dict[str, list[int]] = {}
    for place, owner in enumerate(owners):
        mine.setdefault(owner, []).append(place)
    shape = len(owners), clips.vectors.shape[1]
    found = {c.name: Changed(np.zeros(shape, np.float32), np.zeros(len(owners), bool), "") for c in conditions}
    why: dict[str, str] = {}
    for done, (owner, places) in enumerate(mine.items(), start=1):
        try:
            vectors, errors = embed(recordings[owner].path, [starts[place] for place in places], conditions)
        except (InputError, OSError) as error:  # it went away, or was changed, since the clean clips were embedded
            vectors, errors = {}, {condition.name: error for condition in conditions}
        for name, of_clips in vectors.items():
            for place in places:
                if (vector := of_clips.get(starts[place])) is not None:
                    found[name].vectors[place], found[name].heard[place] = vector, True
        why = {
            name: f"{owner}: {getattr(error, 'what', error)}" for name, error in errors.items()
        } | why  # the first stays
        if progress:
            progress(done, len(mine), owner)
    return {name: Changed(one.vectors, one.heard, why.get(name, "")) for name, one in found.items()}


@dataclass(frozen=True)
class _Embedder:
    embedder: Baseline
    cut: Cut

    def __call__(
        self, path: Path, starts: Sequence[float], conditions: Sequence[Condition]
    ) -> tuple[dict[str, Vectors], dict[str, InputError]]:
        """Return the vectors of the clips of a recording and the first error, both by condition."""
        content = sha256(path)
        files = {condition.name: self._file(content, condition) for condition in conditions}
        kept = {name: self._kept(file, starts) for name, file in files.items()}
        found = {name: vectors for name, vectors in kept.items() if vectors is not None}
        missing = [condition for condition in conditions if condition.name not in found]
        errors: dict[str, InputError] = {}
        if not missing:
            return found, errors
        waveform = cut_recording(path, self.cut, to_hz=info(path).sample_rate_hz)
        for condition in missing:
            vectors: Vectors = {}
            for start in starts:
                try:
                    vectors[start] = self._embed(waveform, start, content, condition)
                except InputError as error:
                    errors.setdefault(condition.name, error)
            if len(vectors) == len(starts):  # what failed is tried again, and its error told again
                self._keep(files[condition.name], vectors)
            found[condition.name] = vectors
        return found, errors

    def _embed(self, waveform: Waveform, start: float, content: str, condition: Condition) -> np.ndarray:
        rate, to_hz = waveform.sample_rate_hz, self.embedder.sample_rate_hz
        seed = int(hashlib.sha256(f"{content}@{start:.2f}".encode()).hexdigest()[:8], 16)
        samples = resample(condition.change(waveform.clip(start), rate, seed), from_hz=rate, to_hz=to_hz)
        vector = np.asarray(self.embedder.embed(samples, sample_rate_hz=to_hz), np.float32)
        if not np.isfinite(vector).all() or not vector.any():
            raise NotFiniteError(f"{self.embedder.name} gave a vector that is zero or not finite")
        return vector

    def _file(self, content: str, condition: Condition) -> Path:
        model = hashlib.sha256(self.embedder.fingerprint.encode()).hexdigest()
        key = ("changed", _VERSION, content, model, condition.identity, self.cut)
        return home() / "vectors" / model[:16] / f"{hashlib.sha256(repr(key).encode()).hexdigest()[:32]}.npz"

    def _kept(self, file: Path, starts: Sequence[float]) -> Vectors | None:
        arrays = read_arrays(file)
        if arrays is None or not set(starts) <= set(arrays["starts_seconds"].tolist()):
            return None
        if str(arrays["model"]) != self.embedder.fingerprint:
            raise ModelMismatchError(
                "vectors of another model", where=file, hint="something else wrote this file: remove it"
            )
        return dict(zip(arrays["starts_seconds"].tolist(), arrays["vectors"], strict=True))

    def _keep(self, file: Path, vectors: Vectors) -> None:
        model, starts = np.array(self.embedder.fingerprint), np.array(list(vectors))
        save_arrays(file, model=model, starts_seconds=starts, vectors=np.stack(list(vectors.values())))
