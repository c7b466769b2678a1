"""Stretching leaves things in their places; true peaks lie between samples."""

from __future__ import annotations

import numpy as np
import pytest
from band import clicks

from singalike.audio.stretch import stretch
from singalike.match.peak import gain_under_ceiling, true_peak

RATE_HZ = 44_100


@pytest.mark.parametrize("ratio", [0.77, 0.93, 1.3])
def test_clicks_stay_on_the_beat_and_the_length_is_exact(ratio: float) -> None:
    samples = clicks(bpm=120, seconds=6.0, first_seconds=0.25, rate_hz=RATE_HZ)[None]
    made = stretch(samples, ratio=ratio, semitones=0, sample_rate_hz=RATE_HZ)
    assert made.shape == (1, round(ratio * samples.shape[1]))
    for beat in range(1, 11):
        places = [round(r * (0.25 + 0.5 * beat) * RATE_HZ) for r in (1, ratio)]
        middles = [_middle(sound[0], place) - place for sound, place in zip((samples, made), places, strict=True)]
        assert abs(middles[1] - middles[0]) < 0.002 * RATE_HZ


def _middle(samples: np.ndarray, place: int) -> float:
    times = np.arange(place - RATE_HZ // 10, place + RATE_HZ // 10)
    power = np.square(samples[times], dtype=np.float64)
    return float(power @ times / power.sum())


def test_a_tone_is_moved_by_semitones() -> None:
    tone = np.sin(2 * np.pi * 440 * np.arange(2 * RATE_HZ) / RATE_HZ).astype(np.float32)[None]
    made = stretch(tone, ratio=1.0, semitones=3, sample_rate_hz=RATE_HZ)[0, RATE_HZ // 2 : -RATE_HZ // 2]
    hz = np.abs(np.fft.rfft(made * np.hanning(len(made)))).argmax() * RATE_HZ / len(made)
    assert hz == pytest.approx(440 * 2 ** (3 / 12), abs=1.5)


def test_nothing_to_do_changes_nothing_and_the_same_call_gives_the_same() -> None:
    samples = np.random.default_rng(0).normal(0, 0.1, (2, RATE_HZ)).astype(np.float32)
    assert stretch(samples, ratio=1.0, semitones=0, sample_rate_hz=RATE_HZ) is samples
    once, twice = (stretch(samples, ratio=1.1, semitones=1, sample_rate_hz=RATE_HZ) for _ in range(2))
    np.testing.assert_array_equal(once, twice)


def test_the_peak_between_samples() -> None:
    # A quarter of the rate, sampled 45 degrees off its peaks: samples reach 0.707, the wave 1.
    wave = np.sin(np.pi / 2 * np.arange(4096) + np.pi / 4)[None]
    assert np.abs(wave).max() == pytest.approx(2**-0.5)
    assert true_peak(wave * np.hanning(4096), sample_rate_hz=RATE_HZ) == pytest.approx(1.0, abs=0.01)


def test_one_gain_and_only_downwards() -> None:
    assert gain_under_ceiling(0.5) == 1.0
    assert 2.0 * gain_under_ceiling(2.0) == pytest.approx(10 ** (-1 / 20))
