"""Silences cut as in the paper, against a slow reading of its text; windows with sound."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from singalike.audio.silence import shorten_silences, sounding_seconds, sounding_windows
from singalike.errors import ConfigError

RATE_HZ = 1000  # low, so that the slow reference is fast enough


def slow_reference(samples: np.ndarray, rate_hz: int) -> np.ndarray:
    """Sample by sample, in the order of the paper's sentences."""
    n = len(samples)
    silent = [abs(float(x)) < 0.005 for x in samples]
    position = 0
    while position < n:  # zero crossings: a dip under 20 ms with sound on both sides
        end = position
        while end < n and silent[end] == silent[position]:
            end += 1
        if silent[position] and position > 0 and end < n and end - position < 0.02 * rate_hz:
            silent[position:end] = [False] * (end - position)
            position = 0
        else:
            position = end
    out = list(samples)
    position = 0
    while position < n:  # bursts
        end = position
        while end < n and not silent[end]:
            end += 1
        if 0 < end - position < 0.2 * rate_hz:
            out[position:end] = [0.0] * (end - position)
            silent[position:end] = [True] * (end - position)
        position = max(end, position + 1)
    kept, length = [], 0
    for value, is_silent in zip(out, silent, strict=True):  # long silences
        length = length + 1 if is_silent else 0
        if length <= round(1.3 * rate_hz):
            kept.append(value)
    return np.array(kept, dtype=samples.dtype)


def noise(seconds: float, level: float, rate_hz: int = RATE_HZ, seed: int = 0) -> np.ndarray:
    signs = np.random.default_rng(seed).choice([-1, 1], round(seconds * rate_hz))
    return (level * signs).astype(np.float32)


pieces = st.lists(
    st.tuples(
        st.sampled_from([0.0, 0.0049, 0.0051, 0.5]),
        st.sampled_from([0.001, 0.019, 0.02, 0.021, 0.1, 0.199, 0.2, 0.201, 1.0, 1.299, 1.3, 1.301, 2.0]),
    ),
    max_size=8,
)


@settings(max_examples=60, deadline=None)
@given(pieces)
def test_shortening_agrees_with_the_text(parts):
    samples = np.concatenate([np.zeros(0, np.float32), *(noise(s, level) for level, s in parts)])
    expected = slow_reference(samples, RATE_HZ)
    result = shorten_silences(samples, sample_rate_hz=RATE_HZ)
    assert result.dtype == samples.dtype
    np.testing.assert_array_equal(result, expected)


def test_a_low_tone_is_not_silence_at_its_zero_crossings():
    tone = np.sin(2 * np.pi * 60 * np.arange(44100) / 44100).astype(np.float32)
    np.testing.assert_array_equal(shorten_silences(tone, sample_rate_hz=44100)[1:], tone[1:])


def test_threshold_is_of_full_scale_or_of_the_peak():
    samples = np.concatenate([noise(1, 0.1), noise(3, 0.002), noise(1, 0.1)])
    assert len(shorten_silences(samples, sample_rate_hz=RATE_HZ)) == 3300
    assert len(shorten_silences(samples, sample_rate_hz=RATE_HZ, relative_to="peak")) == 5000
    for gain in (0.001, 1000):
        quieter = shorten_silences(gain * samples, sample_rate_hz=RATE_HZ, relative_to="peak")
        assert len(quieter) == 5000
    with pytest.raises(ConfigError):
        shorten_silences(samples, sample_rate_hz=RATE_HZ, relative_to="loudness")  # type: ignore[arg-type]


def test_the_input_is_not_changed():
    samples = np.concatenate([noise(1, 0.0), noise(0.1, 0.5), noise(2, 0.0)])
    before = samples.copy()
    result = shorten_silences(samples, sample_rate_hz=RATE_HZ)
    np.testing.assert_array_equal(samples, before)
    assert len(result) == 1300
    assert not result.any()


def test_digital_silence_is_cut_whatever_the_threshold_is_of():
    for relative_to in ("full_scale", "peak"):
        out = shorten_silences(np.zeros(5000, np.float32), sample_rate_hz=RATE_HZ, relative_to=relative_to)
        assert len(out) == 1300


@pytest.mark.parametrize("gain", [1e-3, 1.0, 30.0])
@pytest.mark.parametrize("rate_hz", [8000, 22050, 44100])
def test_windows_with_a_fifth_of_sound_count(gain, rate_hz):
    # 10 s: sound in seconds 0-4, near-silence at -46 dB to 7, then 0.3 s of sound, then digital silence
    sound = [
        noise(4, 0.5, rate_hz),
        noise(3, 0.0025, rate_hz),
        noise(0.3, 0.5, rate_hz),
        noise(2.7, 0, rate_hz),
    ]
    samples = gain * np.concatenate(sound)
    starts = np.arange(10) * rate_hz
    mask = sounding_windows(samples, starts, rate_hz, sample_rate_hz=rate_hz)
    assert mask.tolist() == [True] * 4 + [False] * 3 + [True] + [False] * 2
    half = sounding_windows(samples, starts, rate_hz, sample_rate_hz=rate_hz, min_share=0.5)
    assert half.tolist() == [True] * 4 + [False] * 6
    assert sounding_seconds(samples, sample_rate_hz=rate_hz) == pytest.approx(4.3, abs=0.05)


def test_some_window_of_a_recording_with_any_sound_counts():
    samples = np.zeros(100 * RATE_HZ, np.float32)
    samples[55_100:55_150] = noise(0.05, 0.5)  # 0.05 s in 100 s: no window is a fifth full
    starts = np.arange(0, 96_001, 4000)
    mask = sounding_windows(samples, starts, 4000, sample_rate_hz=RATE_HZ)
    assert np.flatnonzero(mask).tolist() == [13]


def test_silence_has_no_sounding_window_and_no_windows_give_no_answers():
    silence = np.zeros(5000, np.float32)
    assert not sounding_windows(silence, np.array([0, 1000]), 1000, sample_rate_hz=RATE_HZ).any()
    assert sounding_seconds(silence, sample_rate_hz=RATE_HZ) == 0
    assert sounding_seconds(silence[:0], sample_rate_hz=RATE_HZ) == 0
    assert sounding_windows(silence, np.array([], int), 1000, sample_rate_hz=RATE_HZ).shape == (0,)


@given(st.integers(1, 3000), st.integers(1, 400), st.integers(0, 2**32 - 1))
def test_any_sound_at_all_gives_a_window_and_a_duration_within_the_recording(n, window, seed):
    rng = np.random.default_rng(seed)
    samples = rng.standard_normal(n).astype(np.float32) * (rng.uniform(size=n) < 0.02)
    samples[rng.integers(n)] = 0.1
    starts = np.arange(0, max(1, n - window + 1), window)
    starts = np.union1d(starts, [max(0, n - window)])
    assert sounding_windows(samples, starts, window, sample_rate_hz=RATE_HZ).any()
    assert 0 < sounding_seconds(samples, sample_rate_hz=RATE_HZ) <= n / RATE_HZ
