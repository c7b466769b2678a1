"""The pitch shift on a small synthetic voice whose F0, vowel and pauses are known."""

from __future__ import annotations

import math

import pytest
import torch

from singalike.augment.pitch_shift import PitchShift, asked_f0_hz, pitch_shift, shiftable
from singalike.augment.pitch_track import track_pitch
from singalike.errors import ConfigError

RATE_HZ = 44100
FORMANTS_HZ = ((700.0, 80.0), (1200.0, 90.0), (2600.0, 120.0))


def vowel(f0_hz: torch.Tensor, *, sample_rate_hz: int = RATE_HZ) -> torch.Tensor:
    """Sing /a/ on an F0 course (T,): harmonics under 5 kHz through three resonances."""
    s = 1j * torch.arange(50001, dtype=torch.float64) / 10  # every 0.1 Hz
    response = torch.ones_like(s)
    for centre, width in FORMANTS_HZ:
        response = response * centre**2 / (centre**2 + s**2 + width * s)
    level, lag = response.abs(), response.angle()
    phase = 2 * math.pi * (f0_hz.double() / sample_rate_hz).cumsum(0)
    tone = torch.zeros_like(phase)
    for number in range(1, int(5000 / float(f0_hz.max())) + 1):
        at = (10 * number * f0_hz).round().long()
        tone += level[at] / number * torch.cos(number * phase + lag[at])
    return (0.5 * tone / tone.abs().max()).float()


def steady(f0_hz: float, seconds: float = 1.0, sample_rate_hz: int = RATE_HZ) -> torch.Tensor:
    return vowel(torch.full((round(seconds * sample_rate_hz),), f0_hz), sample_rate_hz=sample_rate_hz)


def vibrato(f0_hz: float, semitones: float) -> torch.Tensor:
    time = torch.arange(RATE_HZ) / RATE_HZ
    return vowel(f0_hz * 2 ** (semitones / 12 * torch.sin(2 * math.pi * 5 * time)))


def shift(samples: torch.Tensor, ratio: float, range_ratio: float = 1.0, rate_hz: int = RATE_HZ) -> torch.Tensor:
    every = torch.ones(len(samples))
    return pitch_shift(samples, sample_rate_hz=rate_hz, ratio=ratio * every, range_ratio=range_ratio * every)


def formant_centres_hz(samples: torch.Tensor) -> torch.Tensor:
    """(B, 2): the centres of gravity of the energy in a band around F1 and F2 and in one around F3."""
    power = torch.fft.rfft(samples).abs().square()
    at = torch.linspace(0, RATE_HZ / 2, power.shape[1])
    centres = []
    for low, high in ((400.0, 1500.0), (2200.0, 3000.0)):
        band = (at >= low) & (at <= high)
        centres.append((power[:, band] * at[band]).sum(1) / power[:, band].sum(1))
    return torch.stack(centres, dim=1)


@pytest.mark.parametrize("sample_rate_hz", [16000, 44100, 48000])
@pytest.mark.parametrize("ratio", [1 / 1.3, 0.9, 1.0, 1.12, 1.3])
def test_the_median_lands_within_10_cents_and_the_length_stays(ratio: float, sample_rate_hz: int) -> None:
    clips = torch.stack([steady(f0_hz, sample_rate_hz=sample_rate_hz) for f0_hz in (110.0, 220.0, 440.0)])
    shifted = shift(clips, ratio, rate_hz=sample_rate_hz)
    assert shifted.shape == clips.shape
    median_hz = track_pitch(shifted, sample_rate_hz=sample_rate_hz).median_hz()
    cents = 1200 * torch.log2(median_hz / (ratio * torch.tensor([110.0, 220.0, 440.0])))
    assert cents.abs().max() < 10


@pytest.mark.parametrize("range_ratio", [1 / 1.5, 1.0, 1.5])
def test_the_range_around_the_median_is_scaled(range_ratio: float) -> None:
    clip = vibrato(200.0, 1.0)[None]
    before, after = (
        track_pitch(x, sample_rate_hz=RATE_HZ).f0_hz[0, 10:-10] for x in (clip, shift(clip, 1.2, range_ratio))
    )
    assert (after > 0).all()
    assert float(after.std() / before.std()) == pytest.approx(1.2 * range_ratio, rel=0.03)
    asked = asked_f0_hz(
        before, median_hz=before.median(), ratio=torch.tensor(1.2), range_ratio=torch.tensor(range_ratio)
    )
    assert torch.allclose(after, asked, rtol=0.01)


@pytest.mark.parametrize("ratio", [1 / 1.3, 1.3])
def test_the_vowel_stays_where_resampling_would_move_it(ratio: float) -> None:
    clip = vibrato(120.0, 0.5)[None]
    resampled = vibrato(120.0 * ratio, 0.5)[None]  # what the same vowel has at the new pitch
    moved = (formant_centres_hz(shift(clip, ratio)) / formant_centres_hz(resampled)).log2().abs()
    assert moved.max() < 0.05  # octaves; a shift that takes the formants along moves them by 0.38


def test_the_level_stays() -> None:
    clip = vibrato(180.0, 0.5)[None]
    for ratio in (1 / 1.3, 1.3):
        change_db = 20 * torch.log10(shift(clip, ratio).square().mean().sqrt() / clip.square().mean().sqrt())
        assert abs(float(change_db)) < 2


def test_what_is_not_voiced_passes() -> None:
    noise = 0.02 * torch.randn(RATE_HZ, generator=torch.Generator().manual_seed(1))
    clip = torch.cat([noise, steady(200.0), noise])[None]
    shifted = shift(clip, 1.2)
    margin = RATE_HZ // 20
    assert not torch.equal(shifted, clip)
    for part in (slice(0, RATE_HZ - margin), slice(2 * RATE_HZ + margin, None)):
        torch.testing.assert_close(shifted[:, part], clip[:, part], rtol=0, atol=1e-5)


def test_clips_without_pitch_come_back_bit_for_bit() -> None:
    noise = torch.randn(RATE_HZ, generator=torch.Generator().manual_seed(2))
    click = torch.zeros(RATE_HZ)
    click[1000] = 1.0
    clips = torch.stack([torch.zeros(RATE_HZ), click, steady(200.0)])
    shifted = shift(clips, 1.2)
    assert torch.equal(shifted[:2], clips[:2])
    assert not torch.equal(shifted[2], clips[2])
    assert torch.isfinite(shift(noise[None], 1.2)).all()


@pytest.mark.parametrize("length", [1, 2, 100, 2205])
def test_short_clips_are_no_trouble(length: int) -> None:
    shifted = shift(steady(200.0)[None, :length], 1.3)
    assert shifted.shape == (1, length)
    assert torch.isfinite(shifted).all()


def test_a_range_that_would_reach_0_hz_leaves_the_clip() -> None:
    course = torch.cat([torch.full((RATE_HZ,), 400.0), torch.full((RATE_HZ // 4,), 100.0)])
    clips = torch.stack([vowel(course), steady(300.0, 1.25)])
    ratio, range_ratio = torch.ones(2), torch.full((2,), 1.5)
    track = track_pitch(clips, sample_rate_hz=RATE_HZ)
    assert shiftable(track, ratio=ratio, range_ratio=range_ratio).tolist() == [False, True]
    shifted = pitch_shift(clips, sample_rate_hz=RATE_HZ, ratio=ratio, range_ratio=range_ratio)
    assert torch.equal(shifted[0], clips[0])
    assert not torch.equal(shifted[1], clips[1])


def test_a_clip_alone_equals_the_clip_in_a_batch_and_the_same_twice() -> None:
    clips = torch.stack([steady(f0_hz) for f0_hz in (90.0, 200.0, 550.0)])
    ratio, range_ratio = torch.tensor([1.3, 0.8, 1.1]), torch.tensor([0.7, 1.4, 1.0])
    arguments = {"sample_rate_hz": RATE_HZ}
    together = pitch_shift(clips, ratio=ratio, range_ratio=range_ratio, **arguments)
    again = pitch_shift(clips, ratio=ratio, range_ratio=range_ratio, **arguments)
    alone = torch.cat(
        [
            pitch_shift(clips[i, None], ratio=ratio[i, None], range_ratio=range_ratio[i, None], **arguments)
            for i in range(3)
        ]
    )
    assert torch.equal(together, again)
    torch.testing.assert_close(together, alone, rtol=0, atol=1e-4)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")
def test_a_gpu_gives_the_same() -> None:
    clips = torch.stack([steady(f0_hz) for f0_hz in (90.0, 200.0, 550.0)])
    ratio = torch.tensor([1.3, 0.8, 1.1])
    here, there = (
        pitch_shift(clips.to(device), sample_rate_hz=RATE_HZ, ratio=ratio.to(device), range_ratio=ratio.to(device))
        for device in ("cpu", "cuda")
    )
    torch.testing.assert_close(here, there.cpu(), rtol=0, atol=1e-3)


def test_the_draw_follows_the_law() -> None:
    draw = PitchShift(probability=0.3).draw(torch.Generator().manual_seed(0), 20000)
    assert float(draw["chosen"].float().mean()) == pytest.approx(0.3, abs=0.02)
    for name, largest in (("ratio", 1.3), ("range_ratio", 1.5)):
        up = draw[name] > 1
        assert float(up.float().mean()) == pytest.approx(0.5, abs=0.02)
        for ratios in (draw[name][up], 1 / draw[name][~up]):
            assert 1 <= float(ratios.min()) < float(ratios.max()) <= largest + 1e-6
            assert float(ratios.mean()) == pytest.approx((1 + largest) / 2, abs=0.01)


def test_a_draw_can_be_repeated_and_leaves_the_others_untouched() -> None:
    clips = torch.stack([steady(f0_hz) for f0_hz in (100.0, 150.0, 200.0, 250.0, 300.0, 350.0)])
    transform = PitchShift()
    draw = transform.draw(torch.Generator().manual_seed(3), len(clips))
    draw["chosen"] = torch.tensor([True, False, True, True, False, False])
    shifted = transform.apply(clips, draw, sample_rate_hz=RATE_HZ)
    assert torch.equal(shifted, transform.apply(clips, draw, sample_rate_hz=RATE_HZ))
    changed = (shifted != clips).any(dim=1)
    assert torch.equal(changed, draw["chosen"])


@pytest.mark.parametrize("options", [{"method": "world"}, {"max_ratio": 0.9}, {"max_range_ratio": 0.5}])
def test_impossible_options_are_refused(options: dict) -> None:
    with pytest.raises(ConfigError):
        PitchShift(**options)
