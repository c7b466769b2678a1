from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))  # the toys


@pytest.fixture
def noise() -> Callable[..., np.ndarray]:
    """(C, T) float32 noise within ±0.5, of which every moment differs."""

    def noise(seconds: float, sample_rate_hz: int, channels: int = 2, seed: int = 0) -> np.ndarray:
        generator = np.random.default_rng(seed)
        return generator.uniform(-0.5, 0.5, (channels, round(seconds * sample_rate_hz))).astype(np.float32)

    return noise


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write (C, T) samples as a 32-bit wav, or another format by name and subtype."""

    def write(name: str, samples: np.ndarray, sample_rate_hz: int, subtype: str | None = "FLOAT") -> Path:
        import soundfile

        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, samples.T, sample_rate_hz, subtype=subtype)
        return path

    return write
