"""A click track, a tune in whole tones of a scale, and songs of both: small sounds of known tempo, beat and key."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from singalike.match.onsets import LISTEN_HZ
from singalike.match.parts import Parts

SCALE = (0, 2, 4, 5, 7, 9, 11)


def clicks(*, bpm: float, seconds: float, first_seconds: float = 0.0, rate_hz: int = LISTEN_HZ) -> np.ndarray:
    """A short noise on every beat, every fourth one louder."""
    rng = np.random.default_rng(0)
    out = np.zeros(round(seconds * rate_hz))
    sound = rng.normal(size=rate_hz // 50) * np.exp(-np.arange(rate_hz // 50) / (rate_hz / 300))
    for i, time in enumerate(np.arange(first_seconds, seconds - 0.05, 60.0 / bpm)):
        first = round(time * rate_hz)
        out[first : first + len(sound)] += sound * (0.2 if i % 4 else 0.35)
    return out.astype(np.float32)


def tune(*, tonic: int, bpm: float, seconds: float, rate_hz: int = LISTEN_HZ) -> np.ndarray:
    """One tone of the major scale on each beat, from ``tonic`` semitones over C4, up and down."""
    steps = (*SCALE, 12, *SCALE[::-1])
    out = np.zeros(round(seconds * rate_hz))
    beat = round(60.0 / bpm * rate_hz)
    times = np.arange(beat) / rate_hz
    for i, first in enumerate(range(0, len(out), beat)):
        hz = 261.626 * 2.0 ** ((tonic + steps[i % len(steps)]) / 12)
        note = sum(np.sin(2 * np.pi * h * hz * times) / h for h in (1, 2, 3)) * np.exp(-2.0 * times)
        out[first : first + beat] += 0.2 * note[: len(out) - first]
    return out.astype(np.float32)


def song(*, rate_hz: int = LISTEN_HZ, how: str = "made", **stems: np.ndarray) -> Parts:
    return Parts(Path("song"), how, {}, rate_hz, {name: np.atleast_2d(stem) for name, stem in stems.items()})
