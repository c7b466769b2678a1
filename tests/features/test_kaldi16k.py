"""Kaldi's filter bank against its definition: frame by frame, band by band, in double precision.

The package kaldi-native-fbank 1.23 agrees with the definition written here to 3e-4 (no test needs it).
"""

from __future__ import annotations

import math

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from singalike.errors import TooShortError  # noqa: E402
from singalike.features import LogMel, mel_filters, preset, set_level  # noqa: E402

RATE_HZ, WINDOW, HOP, FFT, BANDS = 16_000, 400, 160, 512, 80
FLOOR = 2.0**-23  # what a float32 can add to 1


def _voice(samples: int, seed: int = 0) -> np.ndarray:
    """A gliding voice on a constant offset, with noise; its last eighth is digital silence."""
    time = np.arange(samples) / RATE_HZ
    tone = np.sin(2 * np.pi * (220 * time + 300 * time**2)) + 0.4 * np.sin(2 * np.pi * 3100 * time)
    noise = 0.05 * np.random.default_rng(seed).standard_normal(samples)
    return (0.1 * (tone + noise + 0.5) * (np.arange(samples) < 0.875 * samples)).astype(np.float32)


def _mel(hz: float) -> float:
    return 1127.0 * math.log(1.0 + hz / 700.0)


def _weights() -> np.ndarray:
    """Kaldi's MelBanks: peaks of 1, straight over mel, between 20 Hz and Nyquist; nothing of Nyquist's own bin."""
    low, high = _mel(20.0), _mel(8000.0)
    step = (high - low) / (BANDS + 1)
    weights = np.zeros((BANDS, FFT // 2 + 1))
    for band in range(BANDS):
        left, centre, right = (low + (band + i) * step for i in range(3))
        for k in range(FFT // 2):
            mel = _mel(k * RATE_HZ / FFT)
            if left < mel < right:
                weights[band, k] = (mel - left) / (centre - left) if mel <= centre else (right - mel) / (right - centre)
    return weights


def _frame(samples: np.ndarray) -> np.ndarray:
    """What Kaldi's ProcessWindow makes of the samples of a frame (400,), without dither."""
    frame = [float(value) for value in samples]
    mean = sum(frame) / WINDOW
    frame = [value - mean for value in frame]
    emphasised = [frame[i] - 0.97 * frame[max(i - 1, 0)] for i in range(WINDOW)]
    povey = [(0.5 - 0.5 * math.cos(2 * math.pi * i / (WINDOW - 1))) ** 0.85 for i in range(WINDOW)]
    return np.array(emphasised) * povey


def _log_mel(samples: np.ndarray) -> np.ndarray:
    """(M, F); frames stop where the samples do (snip edges)."""
    weights, columns, start = _weights(), [], 0
    while start + WINDOW <= len(samples):
        power = np.abs(np.fft.fft(np.concatenate([_frame(samples[start : start + WINDOW]), np.zeros(112)]))) ** 2
        columns.append([math.log(max(float(row @ power[: FFT // 2 + 1]), FLOOR)) for row in weights])
        start += HOP
    return np.array(columns).T


# 400 products of float32 are off by some 1e-7 of what they weigh. Where a band has a millionth of a frame's power, as
# the lowest has here beneath the offset, that is 1e-4 of its amplitude, 2e-4 of its logarithm; most are far nearer.
@pytest.mark.parametrize("samples", [400, 559, 560, 8000, 12_345])
def test_equals_the_definition_frame_by_frame(samples: int) -> None:
    x = _voice(samples)
    expected = _log_mel(x)
    expected -= expected.mean(1, keepdims=True)
    ours = LogMel(preset("kaldi16k"))(torch.from_numpy(x)[None]).numpy()
    assert ours.shape == (1, 1, *expected.shape)
    np.testing.assert_allclose(ours[0, 0], expected, atol=1e-3)
    assert np.abs(ours[0, 0] - expected).mean() < 2e-5


def test_power_equals_the_definition_before_the_means_go() -> None:
    x = _voice(4000)
    ours = LogMel(preset("kaldi16k")).mel_power(torch.from_numpy(x)[None])[0].clamp_min(FLOOR).log()
    np.testing.assert_allclose(ours.numpy(), _log_mel(x), atol=1e-3)
    assert (ours[:, -1] == math.log(FLOOR)).all()  # digital silence
    assert float(ours.amax() - ours[:, :20].amin()) > 5  # and much that is not


def test_filters_are_kaldis() -> None:
    filters = mel_filters(preset("kaldi16k"))
    np.testing.assert_allclose(filters, _weights(), atol=1e-6)
    assert (filters.max(1) > 0.3).all()  # no band falls between two bins


def test_neither_an_offset_nor_a_gain_is_heard() -> None:
    """Above the floor: noise in every band."""
    x = torch.randn(1, 8000, generator=torch.Generator().manual_seed(0))
    front_end = LogMel(preset("kaldi16k"))
    images = front_end(x)
    torch.testing.assert_close(images.mean(-1), torch.zeros(1, 1, BANDS), atol=1e-5, rtol=0)
    torch.testing.assert_close(front_end(4.0 * x), images, atol=1e-4, rtol=0)
    torch.testing.assert_close(front_end(x + 0.5), images, atol=1e-3, rtol=0)


def test_a_graph_has_the_same_numbers() -> None:
    front_end, x = LogMel(preset("kaldi16k")), torch.from_numpy(_voice(8000))[None]
    plain = front_end(x)
    before = set(front_end.state_dict())
    with front_end.for_graphs():
        assert torch.equal(front_end(x), plain)
    assert torch.equal(front_end(x), plain)
    assert set(front_end.state_dict()) == before == set()


@pytest.mark.parametrize(("samples", "frames"), [(400, 1), (559, 1), (560, 2), (38_400, 238), (64_000, 398)])
def test_frames_of_a_crop_and_of_a_window(samples: int, frames: int) -> None:
    assert preset("kaldi16k").frames(samples) == frames
    assert LogMel(preset("kaldi16k"))(torch.ones(1, samples)).shape == (1, 1, BANDS, frames)


def test_less_than_a_frame_is_refused() -> None:
    with pytest.raises(TooShortError, match="399 samples"):
        LogMel(preset("kaldi16k"))(torch.zeros(1, 399))


def test_silence_is_flat() -> None:
    p = preset("kaldi16k")
    images = LogMel(p)(set_level(torch.zeros(2, 4000), p.level))
    torch.testing.assert_close(images, torch.zeros(2, 1, BANDS, 23), atol=1e-5, rtol=0)
