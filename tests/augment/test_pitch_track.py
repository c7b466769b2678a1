"""The F0 tracker: on tones whose F0 is known, and beside Praat's."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from singalike.augment import praat
from singalike.augment.pitch_track import track_pitch

RATE_HZ = 44100


def harmonic_tone(f0_hz: torch.Tensor, *, sample_rate_hz: int, amplitudes: tuple[float, ...]) -> torch.Tensor:
    """Sum harmonics of a given F0 course (T,)."""
    phase = 2 * math.pi * (f0_hz.double() / sample_rate_hz).cumsum(0)
    tone = sum(a * torch.sin((i + 1) * phase) for i, a in enumerate(amplitudes))
    return (0.2 * tone).float()


def steady(f0_hz: float, *, sample_rate_hz: int = RATE_HZ, amplitudes=(1.0, 0.6, 0.4, 0.2)) -> torch.Tensor:
    course = torch.full((sample_rate_hz // 2,), f0_hz)
    return harmonic_tone(course, sample_rate_hz=sample_rate_hz, amplitudes=amplitudes)


def cents(a: float, b: float) -> float:
    return abs(1200 * math.log2(a / b))


@pytest.mark.parametrize("sample_rate_hz", [16000, 22050, 44100, 48000])
@pytest.mark.parametrize("f0_hz", [80.0, 113.0, 220.0, 391.0, 590.0])
def test_median_of_a_steady_tone_is_within_5_cents(f0_hz: float, sample_rate_hz: int) -> None:
    track = track_pitch(steady(f0_hz, sample_rate_hz=sample_rate_hz)[None], sample_rate_hz=sample_rate_hz)
    assert cents(float(track.median_hz()), f0_hz) < 5
    assert track.voiced.float().mean() > 0.9


def test_a_weak_or_missing_fundamental_is_still_the_pitch() -> None:
    for amplitudes in ((0.05, 1.0, 1.0, 0.5), (0.0, 1.0, 1.0, 0.8, 0.5)):
        track = track_pitch(steady(150.0, amplitudes=amplitudes)[None], sample_rate_hz=RATE_HZ)
        assert cents(float(track.median_hz()), 150.0) < 5


def test_a_glide_is_followed_frame_by_frame() -> None:
    course = torch.linspace(120.0, 300.0, RATE_HZ)
    tone = harmonic_tone(course, sample_rate_hz=RATE_HZ, amplitudes=(1.0, 0.7, 0.5))
    track = track_pitch(tone[None], sample_rate_hz=RATE_HZ)
    inner = slice(5, -5)
    at = torch.arange(track.f0_hz.shape[1])[inner] * track.hop
    assert torch.allclose(track.f0_hz[0, inner], course[at], rtol=0.01)


def test_frames_cover_the_clip() -> None:
    for length in (1, 439, 440, 441, 10000):
        track = track_pitch(torch.zeros(1, length), sample_rate_hz=RATE_HZ)
        frames = track.f0_hz.shape[1]
        assert (frames - 1) * track.hop >= length - 1


def test_silence_and_noise_have_no_pitch() -> None:
    noise = torch.randn(1, RATE_HZ, generator=torch.Generator().manual_seed(0))
    track = track_pitch(torch.cat([torch.zeros(1, RATE_HZ), 0.1 * noise]), sample_rate_hz=RATE_HZ)
    assert not track.voiced[0].any()
    assert track.voiced[1].float().mean() < 0.1
    assert torch.isnan(track.median_hz()[0])
    assert torch.isinf(track.minimum_hz()[0])


def test_the_pause_between_two_notes_is_unvoiced() -> None:
    pause = torch.zeros(RATE_HZ // 2)
    clip = torch.cat([steady(200.0), pause, steady(300.0)])
    track = track_pitch(clip[None], sample_rate_hz=RATE_HZ)
    middle = slice(60, 90)  # 0.6 to 0.9 s
    assert not track.voiced[0, middle].any()
    assert cents(float(track.f0_hz[0, 25]), 200.0) < 5
    assert cents(float(track.f0_hz[0, 125]), 300.0) < 5


def test_a_clip_alone_equals_the_clip_in_a_batch() -> None:
    clips = torch.stack([steady(f0_hz) * gain for f0_hz, gain in ((100.0, 1.0), (250.0, 0.01), (500.0, 3.0))])
    together = track_pitch(clips, sample_rate_hz=RATE_HZ).f0_hz
    alone = torch.cat([track_pitch(clip[None], sample_rate_hz=RATE_HZ).f0_hz for clip in clips])
    torch.testing.assert_close(together, alone, rtol=1e-5, atol=0)


def test_gain_does_not_change_the_track() -> None:
    clip = steady(180.0)[None]
    loud, soft = (track_pitch(clip * gain, sample_rate_hz=RATE_HZ).f0_hz for gain in (1.0, 0.01))
    torch.testing.assert_close(loud, soft, rtol=1e-4, atol=0)


def test_praat_hears_the_same_median() -> None:
    pytest.importorskip("parselmouth")
    vibrato = 220 * 2 ** (0.5 / 12 * torch.sin(2 * math.pi * 5.5 * torch.arange(RATE_HZ) / RATE_HZ))
    tone = harmonic_tone(vibrato, sample_rate_hz=RATE_HZ, amplitudes=(1.0, 0.8, 0.3))
    ours = float(track_pitch(tone[None], sample_rate_hz=RATE_HZ).median_hz())
    theirs = float(np.median(praat.voiced_f0_hz(tone.numpy(), sample_rate_hz=RATE_HZ)))
    assert cents(ours, theirs) < 5
