"""One recording to the vectors of its clips, cut without copying, embedded one by one, kept.

A recording is decoded at its own rate, its long silences are shortened, and the clips are marked there, so that
every model is given the same clips whatever rate it takes. Then the whole is resampled to the model's rate, in
the condition "16 kHz" by way of 16 kHz (Torres et al. 2023, §4.3.1), cut, and each clip is embedded alone.

Vectors are kept in ``home()/vectors``, one file a recording and condition, named by the content of the
recording, the model's fingerprint and the way of cutting: an interrupted evaluation goes on where it stopped, a
changed file or model is embedded again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from singalike.audio.decode import decode
from singalike.audio.resample import resample
from singalike.audio.silence import shorten_silences
from singalike.corpus.spans import clip_starts
from singalike.errors import InputError, ModelMismatchError, NotFiniteError
from singalike.measure.results import read_arrays, save_arrays
from singalike.measure.trial_names import Cut
from singalike.model.hub import home

if TYPE_CHECKING:
    from singalike.encoders.published import Baseline

NATIVE, BOTTLENECK = "native", "16 kHz"
BOTTLENECK_HZ = 16_000
_VERSION = 1  # of the cache: another way of cutting or embedding gets another number


@dataclass(frozen=True)
class Pieces:
    """The N clips of one recording under one condition.

    Attributes:
        starts_seconds: (N,) where each begins, after silences were shortened.
        vectors: (N, D) or (N, L, D) float32.
    """

    starts_seconds: np.ndarray
    vectors: np.ndarray


@dataclass(frozen=True)
class Waveform:
    """A recording at a model's rate and where its clips lie.

    Attributes:
        samples: (T,) float32, silences shortened.
        sample_rate_hz: Its rate.
        starts_seconds: (N,) where each clip begins.
        seconds: How long each is.
    """

    samples: np.ndarray
    sample_rate_hz: int
    starts_seconds: np.ndarray
    seconds: float

    def clip(self, start_seconds: float) -> np.ndarray:
        """Return the samples of the clip that begins at a time; no copy."""
        length = min(round(self.seconds * self.sample_rate_hz), len(self.samples))
        # Both roundings up would end a sample behind the last.
        first = min(round(start_seconds * self.sample_rate_hz), len(self.samples) - length)
        return self.samples[first : first + length]

    def through_bottleneck(self) -> Waveform:
        """Return the same with nothing left above 8 kHz: to 16 kHz and back."""
        narrow = resample(self.samples, from_hz=self.sample_rate_hz, to_hz=BOTTLENECK_HZ)
        wide = resample(narrow, from_hz=BOTTLENECK_HZ, to_hz=self.sample_rate_hz)
        return Waveform(wide, self.sample_rate_hz, self.starts_seconds, self.seconds)


def cut_recording(path: Path, cut: Cut, *, to_hz: int) -> Waveform:
    """Decode a recording and mark its clips.

    Args:
        path: The audio file.
        cut: How.
        to_hz: The rate wanted. Where the clips lie does not depend on it.

    Raises:
        InputError: The recording cannot be used.
    """
    audio = decode(path, sample_rate_hz=None)
    samples, rate = audio.samples, audio.sample_rate_hz
    if cut.shorten_silences:
        samples = shorten_silences(samples, sample_rate_hz=rate, relative_to="peak")
    if cut.seconds is None:
        starts, seconds = np.zeros(1, np.int64), len(samples) / rate
    elif cut.all_clips:
        clip, seconds = round(cut.seconds * rate), cut.seconds
        starts = np.arange(0, max(len(samples) - clip, 0) + 1, clip)
    else:
        starts, seconds = clip_starts(samples, sample_rate_hz=rate, clip_seconds=cut.seconds), cut.seconds
    return Waveform(resample(samples, from_hz=rate, to_hz=to_hz), to_hz, starts / rate, seconds)


@dataclass(frozen=True)
class ClipEmbedder:
    """Embeds the clips of recordings, or takes their vectors from the cache.

    Attributes:
        embedder: What embeds.
        cut: How recordings become clips.
        conditions: Some of :data:`NATIVE`, :data:`BOTTLENECK`.
        layers: Ask for the vectors of all layers.
    """

    embedder: Baseline
    cut: Cut
    conditions: tuple[str, ...]
    layers: bool = False

    def __call__(self, path: Path, content: str) -> tuple[dict[str, Pieces], dict[float, InputError]]:
        """Return the clips of a recording by condition, the same in each, and the errors of others by their start.

        Args:
            path: The audio file.
            content: The sha256 of its bytes.

        Raises:
            InputError: The recording cannot be used.
            ModelMismatchError: A file of the cache holds another model's vectors.
        """
        return self.embed_cut(content, lambda: cut_recording(path, self.cut, to_hz=self.embedder.sample_rate_hz))

    def embed_cut(self, content: str, cut: Callable[[], Waveform]) -> tuple[dict[str, Pieces], dict[float, InputError]]:
        """Do the same for whatever is cut, which is asked for only if its vectors are not kept.

        Args:
            content: A checksum of all that ``cut`` depends on but the model's rate and :attr:`cut`.
            cut: Gives the waveform at the model's rate.

        Raises:
            InputError: It cannot be used.
            ModelMismatchError: A file of the cache holds another model's vectors.
        """
        files = {condition: self._cache_file(content, condition) for condition in self.conditions}
        found = {condition: self._kept(file) for condition, file in files.items()}
        pieces = {condition: one for condition, one in found.items() if one is not None}
        if len(pieces) == len(files):
            return pieces, {}
        waveform = cut()
        errors: dict[float, InputError] = {}
        for condition in [name for name in files if name not in pieces]:
            heard = waveform if condition == NATIVE else waveform.through_bottleneck()
            pieces[condition], bad = self._embed(heard)
            if not bad:  # what failed is tried again, and its error told again
                self._keep(files[condition], pieces[condition])
            errors |= bad
        return {condition: _without(pieces[condition], errors) for condition in files}, errors

    def _embed(self, waveform: Waveform) -> tuple[Pieces, dict[float, InputError]]:
        embed = self.embedder.embed_layers if self.layers else self.embedder.embed
        vectors: dict[float, np.ndarray] = {}
        errors: dict[float, InputError] = {}
        for start in waveform.starts_seconds.tolist():
            try:
                clip = waveform.clip(start)
                vectors[start] = np.asarray(embed(clip, sample_rate_hz=waveform.sample_rate_hz), np.float32)
                if not np.isfinite(vectors[start]).all() or not vectors[start].any():
                    del vectors[start]
                    raise NotFiniteError(f"{self.embedder.name} gave a vector that is zero or not finite")
            except InputError as error:
                errors[start] = error
        stacked = np.stack(list(vectors.values())) if vectors else np.zeros((0, 0), np.float32)
        return Pieces(np.array(list(vectors)), stacked), errors

    def _cache_file(self, content: str, condition: str) -> Path:
        model = hashlib.sha256(self.embedder.fingerprint.encode()).hexdigest()
        key = (_VERSION, content, model, condition, self.cut, self.layers)
        return home() / "vectors" / model[:16] / f"{hashlib.sha256(repr(key).encode()).hexdigest()[:32]}.npz"

    def _kept(self, file: Path) -> Pieces | None:
        arrays = read_arrays(file)
        if arrays is None:
            return None
        if str(arrays["model"]) != self.embedder.fingerprint:
            raise ModelMismatchError(
                f"vectors of the model {str(arrays['model'])[:12]}, not of {self.embedder.fingerprint[:12]}",
                where=file,
                hint="something else wrote this file: remove it",
            )
        return Pieces(arrays["starts_seconds"], arrays["vectors"])

    def _keep(self, file: Path, pieces: Pieces) -> None:
        model = np.array(self.embedder.fingerprint)
        save_arrays(file, model=model, starts_seconds=pieces.starts_seconds, vectors=pieces.vectors)


def _without(pieces: Pieces, errors: dict[float, InputError]) -> Pieces:
    good = ~np.isin(pieces.starts_seconds, list(errors))
    return Pieces(pieces.starts_seconds[good], pieces.vectors[good])
