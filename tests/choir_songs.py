"""A tiny collection of songs for tests: the virtual choir with its band, and the band's parts."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from singalike.audio.choir import melody, singer, song
from singalike.audio.encode import write_audio


def sing_songs(folder: Path, *, singers: int, songs: int, sample_rate_hz: int, seconds: float) -> Path:
    """Write ``<folder>/<singer>/<song>/{mixture,vocals,accompaniment,drums,bass,other}.wav`` and return the folder.

    Bass, other and drums are what the band plays below 150 Hz, up to 500 Hz and above: they add up to it.
    """
    for who in range(singers):
        for number in range(songs):
            seed = 10 * who + number
            made = song(singer(who), melody(seed, seconds=seconds), seed=seed, sample_rate_hz=sample_rate_hz)
            parts = {"mixture": made.mix, "vocals": made.vocals, "accompaniment": made.accompaniment}
            parts |= _bands(made.accompaniment, sample_rate_hz)
            louder = 0.7 / np.abs(made.mix).max()
            for name, samples in parts.items():
                path = folder / f"singer{who}" / f"song{number}" / f"{name}.wav"
                write_audio(path, louder * samples, sample_rate_hz=sample_rate_hz)
    return folder


def _bands(samples: np.ndarray, sample_rate_hz: int) -> dict[str, np.ndarray]:
    spectrum = np.fft.rfft(samples)
    hz = np.fft.rfftfreq(len(samples), 1 / sample_rate_hz)
    ranges = {"bass": hz < 150, "other": (hz >= 150) & (hz < 500), "drums": hz >= 500}
    return {name: np.fft.irfft(spectrum * inside, len(samples)) for name, inside in ranges.items()}
