"""Sounds, and files of every container, made while the tests run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

Writer = Callable[..., Path]


def noisy_glide(seconds: float, sample_rate_hz: int, seed: int = 0) -> np.ndarray:
    """(T,) a gliding tone in noise: every moment differs from every other, so misplaced samples show."""
    t = np.arange(round(seconds * sample_rate_hz)) / sample_rate_hz
    noise = np.random.default_rng(seed).standard_normal(len(t))
    return (0.4 * np.sin(2 * np.pi * (300 + 40 * t) * t) + 0.03 * noise).astype(np.float32)


@pytest.fixture(scope="session")
def glide() -> Callable[..., np.ndarray]:
    return noisy_glide


@pytest.fixture
def write(tmp_path: Path) -> Writer:
    """Write (T,) or (T, C) samples by name: by libsndfile, or m4a, aac and webm by FFmpeg."""

    def write(name: str, samples: np.ndarray, sample_rate_hz: int, **options: str) -> Path:
        path = tmp_path / name
        if path.suffix in (".m4a", ".aac", ".webm") or "write_xing" in options:
            write_av(path, np.atleast_2d(samples.T), sample_rate_hz, options)
        elif path.suffix == ".opus":
            soundfile.write(path, samples, sample_rate_hz, format="OGG", subtype="OPUS")
        else:
            soundfile.write(path, samples, sample_rate_hz, **options)
        return path

    return write


def write_av(path: Path, rows: np.ndarray, sample_rate_hz: int, options: dict[str, str]) -> None:
    import av

    layout = {1: "mono", 2: "stereo"}[len(rows)]
    codec = {".webm": "libopus", ".mp3": "libmp3lame"}.get(path.suffix, "aac")
    variable_rate = {"flags": "+qscale", "global_quality": "236"} if path.suffix == ".mp3" else {}
    with av.open(str(path), "w", format="adts" if path.suffix == ".aac" else None, options=options) as file:
        stream = file.add_stream(codec, rate=sample_rate_hz, layout=layout, options=variable_rate)
        if not variable_rate:
            stream.bit_rate = 160_000
        for start in range(0, rows.shape[1], 960):
            block = np.ascontiguousarray(rows[:, start : start + 960], dtype=np.float32)
            frame = av.AudioFrame.from_ndarray(block, format="fltp", layout=layout)
            frame.sample_rate, frame.pts = sample_rate_hz, start
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
