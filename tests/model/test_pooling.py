"""What a recording's vector is the mean over: windows, all alike, or time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from singalike.model.card import Card, Pooling
from singalike.model.embedding import Embedding
from singalike.model.encoder import Model
from tiny_model import RATE_HZ, write_model


def _embedding(folder: Path, pooling: Pooling, samples: np.ndarray) -> Embedding:
    write_model(folder)
    Card.load(folder).model_copy(update={"pooling": pooling}).save(folder)
    return Model(folder).embed_recording(samples, sample_rate_hz=RATE_HZ)


def _noise(seconds: float) -> np.ndarray:
    """Noise that grows darker, so that windows differ."""
    noise = 0.1 * np.random.default_rng(0).normal(size=round(seconds * RATE_HZ))
    share = np.linspace(0, 1, len(noise))
    return ((1 - share) * noise + share * np.convolve(noise, np.ones(9) / 9, "same")).astype(np.float32)


def _over_time(e: Embedding) -> np.ndarray:
    """Of each millisecond that a window covers, the first such window's vector; their mean, normalised."""
    first: dict[int, int] = {}
    for i, start in enumerate(e.windows.starts_seconds):
        for millisecond in range(round(1000 * start), round(1000 * (start + e.windows.window_seconds))):
            first.setdefault(millisecond, i)
    mean = e.windows.vectors[list(first.values())].mean(0, dtype=np.float64)
    return np.asarray(mean / np.linalg.norm(mean))


def test_time_counts_once_where_windows_overlap(tmp_path: Path) -> None:
    e = _embedding(tmp_path / "model", "time", _noise(2.2))
    assert e.windows.starts_seconds.tolist() == [0.0, 0.5, 1.0, 1.2]
    np.testing.assert_allclose(e.vector, _over_time(e), atol=1e-6)
    alike = e.windows.vectors.mean(0) / np.linalg.norm(e.windows.vectors.mean(0))
    assert np.abs(e.vector - alike).max() > 1e-3


def test_after_a_silence_a_window_counts_whole(tmp_path: Path) -> None:
    """Windows without sound are left out, and cover nothing."""
    samples = _noise(6.2)
    samples[2 * RATE_HZ : 5 * RATE_HZ] = 0.0
    e = _embedding(tmp_path / "model", "time", samples)
    assert np.diff(e.windows.starts_seconds).max() > e.windows.window_seconds
    np.testing.assert_allclose(e.vector, _over_time(e), atol=1e-6)


def test_unless_a_card_says_so_windows_count_alike(tmp_path: Path) -> None:
    assert Card.load(write_model(tmp_path / "plain")).pooling == "windows"
    e = _embedding(tmp_path / "model", "windows", _noise(2.2))
    mean = e.windows.vectors.mean(0)
    np.testing.assert_allclose(e.vector, mean / np.linalg.norm(mean), atol=1e-6)


@pytest.mark.parametrize("seconds", [0.5, 1.0])
def test_of_one_window_they_are_the_same(tmp_path: Path, seconds: float) -> None:
    alike, over_time = (_embedding(tmp_path / p, p, _noise(seconds)) for p in ("windows", "time"))
    assert np.array_equal(alike.vector, over_time.vector)
