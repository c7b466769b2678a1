from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from singalike.audio.encode import write_audio
from singalike.corpus.cache import Preparation, cache_all, cached
from singalike.errors import UnreadableError

RATE_HZ = 16_000


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    time = np.arange(2 * RATE_HZ) / RATE_HZ
    return write_audio(tmp_path / "a.wav", 0.25 * np.sin(2 * np.pi * 440 * time), sample_rate_hz=RATE_HZ)


def test_samples_are_normalised_and_kept(recording: Path, tmp_path: Path) -> None:
    path = cached(recording, Preparation(RATE_HZ), tmp_path / "cache")
    samples = np.load(path)
    assert samples.dtype == np.int16
    assert len(samples) == 2 * RATE_HZ
    assert np.abs(samples).max() == 32_767
    before = path.stat().st_mtime_ns
    assert cached(recording, Preparation(RATE_HZ), tmp_path / "cache") == path
    assert path.stat().st_mtime_ns == before
    assert [p.suffix for p in (tmp_path / "cache").iterdir()] == [".npy"]


def test_a_changed_file_and_another_preparation_are_done_anew(recording: Path, tmp_path: Path) -> None:
    first = cached(recording, Preparation(RATE_HZ), tmp_path / "cache")
    assert cached(recording, Preparation(8000), tmp_path / "cache") != first
    write_audio(recording, np.random.default_rng(0).normal(0, 0.1, RATE_HZ), sample_rate_hz=RATE_HZ)
    assert cached(recording, Preparation(RATE_HZ), tmp_path / "cache") != first


def test_speed_moves_pitch_and_length_together(recording: Path, tmp_path: Path) -> None:
    samples = np.load(cached(recording, Preparation(RATE_HZ, speed=1.25), tmp_path / "cache"))
    assert len(samples) == round(2 * RATE_HZ / 1.25)
    peak_hz = np.abs(np.fft.rfft(samples)).argmax() * RATE_HZ / len(samples)
    assert peak_hz == pytest.approx(440 * 1.25, abs=1)


def test_long_silences_are_shortened(tmp_path: Path) -> None:
    sound = np.random.default_rng(0).normal(0, 0.1, RATE_HZ)
    path = write_audio(
        tmp_path / "a.wav", np.concatenate([sound, np.zeros(5 * RATE_HZ), sound]), sample_rate_hz=RATE_HZ
    )
    assert len(np.load(cached(path, Preparation(RATE_HZ), tmp_path))) == pytest.approx(3.3 * RATE_HZ, abs=RATE_HZ // 10)
    assert len(np.load(cached(path, Preparation(RATE_HZ, shorten_silences=False), tmp_path))) == 7 * RATE_HZ


def test_a_bad_file_does_not_stop_the_others(recording: Path, tmp_path: Path) -> None:
    missing, steps = tmp_path / "missing.wav", []
    done, failed = cache_all(
        [missing, recording], Preparation(RATE_HZ), tmp_path / "cache", progress=lambda i, n: steps.append((i, n))
    )
    assert list(done) == [recording]
    assert [type(error) for error in failed] == [UnreadableError]
    assert steps == [(1, 2), (2, 2)]
