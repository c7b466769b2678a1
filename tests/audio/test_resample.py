"""Resampling against sines in closed form."""

from __future__ import annotations

import numpy as np
import pytest

from singalike.audio.resample import resample
from singalike.errors import ConfigError


@pytest.mark.parametrize(("from_hz", "to_hz"), [(44100, 16000), (48000, 44100), (8000, 48000), (44099, 16000)])
@pytest.mark.parametrize("frequency_hz", [100.0, 1234.5, 3400.0])
def test_a_sine_stays_that_sine_without_delay(from_hz, to_hz, frequency_hz):
    def sine(rate_hz: int) -> np.ndarray:
        return np.sin(2 * np.pi * frequency_hz * np.arange(rate_hz) / rate_hz + 0.3)

    out = resample(sine(from_hz).astype(np.float32), from_hz=from_hz, to_hz=to_hz)
    assert out.dtype == np.float32
    assert out.shape == (to_hz,)
    inner = slice(to_hz // 10, -to_hz // 10)  # the filter sees zeros beyond the ends
    np.testing.assert_allclose(out[inner], sine(to_hz)[inner], atol=1e-4)


def test_what_lies_above_the_new_nyquist_rate_is_gone():
    tone = np.sin(2 * np.pi * 9000 * np.arange(44100) / 44100).astype(np.float32)
    assert np.abs(resample(tone, from_hz=44100, to_hz=16000)[1000:-1000]).max() < 1e-4


@pytest.mark.parametrize("n", [0, 1, 7, 1000, 44101])
@pytest.mark.parametrize(("from_hz", "to_hz"), [(44100, 16000), (16000, 44100), (16000, 16000)])
def test_the_length_is_rounded(n, from_hz, to_hz):
    assert len(resample(np.ones(n, np.float32), from_hz=from_hz, to_hz=to_hz)) == round(n * to_hz / from_hz)


@pytest.mark.parametrize(("from_hz", "to_hz"), [(0, 16000), (16000, 0), (-1, 16000)])
def test_rates_are_positive(from_hz, to_hz):
    with pytest.raises(ConfigError):
        resample(np.ones(10, np.float32), from_hz=from_hz, to_hz=to_hz)
