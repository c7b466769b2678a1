"""Noise voices: each voice is noise through a filter of its own, each take another noise."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from singalike.audio.encode import write_audio

RATE_HZ = 22_050


def noise(voice: int, take: int, *, seconds: float, rate_hz: int = RATE_HZ) -> np.ndarray:
    """Return (T,) noise: steady for a voice, a little different for each take."""
    chance = np.random.default_rng([voice, take])
    spectrum = np.fft.rfft(chance.normal(size=round(seconds * rate_hz)))
    frequencies = np.linspace(0, 1, len(spectrum))
    colour = 1.0 + np.cos(2 * np.pi * (voice + 1) * frequencies + 0.3 * chance.normal())
    samples = np.fft.irfft(spectrum * colour, round(seconds * rate_hz))
    return (0.5 * samples / np.abs(samples).max()).astype(np.float32)


@pytest.fixture
def make_voices(tmp_path: Path) -> Callable[..., Path]:
    """Write ``<root>/voice<v>/take<t>.wav`` and return the root."""

    def make(name: str = "voices", *, voices: int = 4, takes: int = 3, seconds: float = 2.5) -> Path:
        for voice in range(voices):
            for take in range(takes):
                path = tmp_path / name / f"voice{voice}" / f"take{take}.wav"
                write_audio(path, noise(voice, take, seconds=seconds), sample_rate_hz=RATE_HZ)
        return tmp_path / name

    return make


@pytest.fixture(autouse=True)
def _fresh_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No vectors of another test."""
    monkeypatch.setenv("SINGALIKE_HOME", str(tmp_path / "home"))
