"""A small deterministic stand-in for a model, and small sounding files for it; used by subprocesses too."""

from __future__ import annotations

import copy
import time
from pathlib import Path

import numpy as np
import soundfile

from singalike.audio.decode import decode
from singalike.audio.windows import frame, window_starts
from singalike.model.card import Calibration
from singalike.model.embedding import Embedding, Windows

RATE_HZ = 8000
WINDOW_SECONDS, HOP_SECONDS = 0.5, 0.25
BANDS, DIMENSION = 64, 32


class FakeCard:
    def __init__(self, calibrated: bool, readouts: list[str]) -> None:
        self.readouts = readouts
        self.calibration = (
            Calibration(
                slope=10.0,
                intercept=-5.0,
                unknown_threshold=0.6,
                fitted_on="nothing",
                cohort_name="nobody",
                cohort_quantiles=[i / 100 for i in range(101)],
            )
            if calibrated
            else None
        )


class FakeModel:
    """A fixed random projection of the log-spectrum; `embedded` lists the files it was asked for.

    With a `readout` it is one of two encoders into one space, whose vectors differ a little.
    """

    def __init__(
        self, seed: int = 0, *, calibrated: bool = True, delay_seconds: float = 0.0, readout: str = ""
    ) -> None:
        self._seed = seed
        self.dimension, self.sample_rate_hz = DIMENSION, RATE_HZ
        self.card = FakeCard(calibrated, ["vocal", "mix"] if readout else [])
        self.readout, self.asked = readout, readout or None
        self.embedded: list[Path] = []
        self._delay_seconds = delay_seconds
        self._projection = np.random.default_rng(seed).normal(size=(BANDS, DIMENSION))

    def reading(self, readout: str) -> FakeModel:
        other = copy.copy(self)
        other.readout = other.asked = readout
        return other

    def keeping(self, readout: str) -> FakeModel:
        return self.reading(readout) if self.asked is None and readout in self.card.readouts else self

    @property
    def fingerprint(self) -> str:
        return f"{self._seed + (50 if self.readout == 'both' else 0):02d}" * 32

    def embed_recording(self, path: Path) -> Embedding:
        time.sleep(self._delay_seconds)
        self.embedded.append(path)
        audio = decode(path, sample_rate_hz=RATE_HZ)
        window = min(len(audio.samples), round(WINDOW_SECONDS * RATE_HZ))
        starts = window_starts(len(audio.samples), window=window, hop=round(HOP_SECONDS * RATE_HZ))
        vectors = self._encode(frame(audio.samples, starts, window))
        mean = vectors.mean(0)
        vector = (mean / np.linalg.norm(mean)).astype(np.float32)
        seconds = len(audio.samples) / RATE_HZ
        windows = Windows(vectors, starts / RATE_HZ, window / RATE_HZ)
        spread = float(1 - (vectors @ vector).mean())
        return Embedding(vector, spread, windows, seconds, seconds, audio.quality, self.fingerprint, self.readout)

    def _encode(self, waveforms: np.ndarray) -> np.ndarray:
        power = np.abs(np.fft.rfft(waveforms * np.hanning(waveforms.shape[1]), 2048))[:, :1024] ** 2
        bands = np.log(power.reshape(len(waveforms), BANDS, -1).mean(2) + 1e-3)
        rows = (bands - bands.mean(1, keepdims=True)) @ self._projection
        if self.readout == "mix":
            rows = rows + 0.1 * np.roll(rows, 1, axis=1)
        return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def voice(seed: int, *, take: int = 0, seconds: float = 1.5) -> np.ndarray:
    """A harmonic sound whose spectral envelope is `seed`'s and whose little noise is the take's."""
    rng = np.random.default_rng([seed, 1])
    t = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    f0_hz = 150.0
    harmonics = np.arange(1, int(RATE_HZ / 2 / f0_hz))
    levels_db = rng.normal(-10, 12, len(harmonics)) - 0.3 * harmonics
    phases = rng.uniform(0, 2 * np.pi, len(harmonics))
    sound = np.einsum(
        "h,ht->t",
        10 ** (levels_db / 20),
        np.sin(2 * np.pi * f0_hz * np.outer(harmonics, t) + phases[:, None]),
    )
    noise = np.random.default_rng([seed, 2, take]).normal(size=len(t)) * 0.01 * np.abs(sound).max()
    return (0.5 * (sound + noise) / np.abs(sound + noise).max()).astype(np.float32)


def write(path: Path, samples: np.ndarray) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, samples, RATE_HZ)
    return path


def sing_to(path: Path, seed: int, *, take: int = 0, seconds: float = 1.5) -> Path:
    return write(path, voice(seed, take=take, seconds=seconds))
