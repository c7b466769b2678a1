"""What is said about a recording: dead and inverted channels, DC, clipping, bandwidth."""

from __future__ import annotations

import functools

import numpy as np
import pytest

from singalike.audio.decode import decode, from_array
from singalike.audio.quality import FLAGS, bandwidth_hz, clipped_share
from singalike.audio.resample import resample
from singalike.errors import SilentError

RATE_HZ = 44100


@functools.cache
def voice(f0_hz: float, seconds: float = 1.5, *, tilt_db: float = -9.0, noise_db: float = -75.0) -> np.ndarray:
    """(T,) harmonics falling by ``tilt_db`` an octave with vibrato, over the noise of a quiet room."""
    t = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    phase = 2 * np.pi * f0_hz * t + 0.3 * np.sin(2 * np.pi * 5.5 * t)
    partials = np.arange(1, int(0.45 * RATE_HZ / f0_hz))
    out = sum(10 ** (tilt_db / 20 * np.log2(k)) * np.sin(k * phase + k * k) for k in partials)
    out = out / np.abs(out).max() * (0.6 + 0.3 * np.sin(2 * np.pi * 0.4 * t))
    return (out + 10 ** (noise_db / 20) * np.random.default_rng(0).standard_normal(len(t))).astype(np.float32)


def flags(samples: np.ndarray, sample_rate_hz: int = RATE_HZ) -> tuple[str, ...]:
    return from_array(samples, sample_rate_hz=sample_rate_hz).quality.flags


def to_16_bit(samples: np.ndarray) -> np.ndarray:
    return (np.round(np.clip(samples, -1, 1) * 32767) / 32768).astype(np.float32)


@pytest.mark.parametrize("f0_hz", [65, 110, 220, 440, 880])
@pytest.mark.parametrize("gain", [1.0, 0.05])
def test_a_clean_voice_has_no_flags(f0_hz, gain):
    assert flags(to_16_bit(gain * voice(f0_hz))) == ()


@pytest.mark.parametrize("dead", [0, 1])
@pytest.mark.parametrize("noise_db", [-200.0, -90.0])
def test_dead_channel_is_left_out(dead, noise_db):
    sound = voice(220)
    noise = 10 ** (noise_db / 20) * np.random.default_rng(1).standard_normal(len(sound))
    stereo = np.stack([sound, noise.astype(np.float32)])[:: 1 if dead else -1]
    audio = from_array(stereo, sample_rate_hz=RATE_HZ)
    assert audio.quality.flags == ("dead_channel",)
    np.testing.assert_allclose(audio.samples, sound - sound.mean(), atol=1e-5)


def test_a_quiet_channel_is_not_dead():
    sound = voice(220)
    assert flags(np.stack([sound, 0.01 * sound])) == ()


def test_channels_that_cancel_are_not_taken_for_silence():
    sound = voice(220)
    audio = from_array(np.stack([sound, -0.99 * sound]), sample_rate_hz=RATE_HZ)
    assert audio.quality.flags == ("inverted_channel",)
    np.testing.assert_allclose(audio.samples, sound - sound.mean(), atol=1e-5)


@pytest.mark.parametrize(("other", "flag"), [(0.0, "dead_channel"), (-0.95, "inverted_channel"), (0.7, None)])
def test_all_channels_are_mixed_where_asked_and_what_is_wrong_is_still_said(write, other, flag):
    sound = voice(220)
    path = write("a.wav", np.stack([sound, other * sound], axis=1), RATE_HZ, subtype="FLOAT")
    audio = decode(path, sample_rate_hz=None, channels="all")
    assert audio.quality.flags == (() if flag is None else (flag,))
    np.testing.assert_allclose(audio.samples, (1 + other) / 2 * (sound - sound.mean()), atol=1e-5)


def test_channels_that_leave_nothing_are_no_sound_where_all_are_asked_for(write):
    sound = voice(220)
    path = write("a.wav", np.stack([sound, -sound], axis=1), RATE_HZ)
    with pytest.raises(SilentError) as error:
        decode(path, sample_rate_hz=None, channels="all")
    assert "cancel each other out" in error.value.hint
    assert decode(path, sample_rate_hz=None).quality.flags == ("inverted_channel",)


@pytest.mark.parametrize("offset", [0.02, -0.3, 5.0])
@pytest.mark.parametrize("to_hz", [None, 16000])
def test_dc_is_removed_and_said(offset, to_hz):
    sound = voice(220)
    audio = from_array(sound + np.float32(offset), sample_rate_hz=RATE_HZ, to_hz=to_hz)
    clean = from_array(sound, sample_rate_hz=RATE_HZ, to_hz=to_hz)
    assert audio.quality.flags == ("dc_offset",)
    np.testing.assert_allclose(audio.samples, clean.samples, atol=2e-6 * max(1, abs(offset)))
    assert abs(audio.samples.mean()) < 1e-4


@pytest.mark.parametrize("gain_db", [3, 6, 20])
@pytest.mark.parametrize("later_gain", [1.0, 0.1])
def test_clipping_is_heard_at_any_later_level(gain_db, later_gain):
    sound = voice(220)
    driven = np.clip(sound / np.abs(sound).max() * 10 ** (gain_db / 20), -1, 1)
    assert "clipped" in flags(to_16_bit(driven * later_gain))


def test_clipped_share_counts_the_samples_in_flat_tops():
    samples = np.tile(np.float32([0, 0.5, 1, 1, 1, 1, 0.5, 0, -0.5, -1, -1, -0.5]), 100)
    assert clipped_share(samples) == pytest.approx(4 / 12)
    assert clipped_share(-samples) == pytest.approx(4 / 12)
    assert clipped_share(np.ones(100, np.float32)) == 0
    assert clipped_share(np.float32([1, 1, 1, 0, -1, -1, -1])) == pytest.approx(6 / 7)


@pytest.mark.parametrize(("source_hz", "limit_hz"), [(8000, 4000), (11025, 5512), (16000, 8000)])
def test_what_was_recorded_at_a_low_rate_is_narrow_however_it_is_stored(write, source_hz, limit_hz):
    sound = resample(voice(150), from_hz=RATE_HZ, to_hz=source_hz)
    stored = resample(sound, from_hz=source_hz, to_hz=RATE_HZ)
    files = [
        write("low.wav", sound, source_hz),
        write("high.wav", stored, RATE_HZ),
        write("a.mp3", stored, RATE_HZ),
        write("a.m4a", stored, RATE_HZ),
    ]
    for path in files:
        quality = decode(path, sample_rate_hz=16000).quality
        assert quality.flags == ("narrow_band",), path.name
        assert 0.85 * limit_hz < quality.bandwidth_hz < 1.05 * limit_hz, path.name


@pytest.mark.parametrize("rate_hz", [22050, 32000, 48000])
def test_full_band_noise_reaches_the_nyquist_rate_and_a_tone_itself(rate_hz):
    noise = np.random.default_rng(0).standard_normal(rate_hz).astype(np.float32)
    assert bandwidth_hz(noise, sample_rate_hz=rate_hz) == pytest.approx(rate_hz / 2, rel=0.01)
    tone = np.sin(2 * np.pi * 1000 * np.arange(rate_hz) / rate_hz).astype(np.float32)
    assert 1000 <= bandwidth_hz(tone, sample_rate_hz=rate_hz) < 1400
    assert bandwidth_hz(np.zeros(rate_hz, np.float32), sample_rate_hz=rate_hz) == 0


def test_flags_come_in_their_order_and_json_ready():
    sound = np.clip(resample(voice(150, 0.5), from_hz=RATE_HZ, to_hz=8000) * 4, -0.5, 0.5) + 0.1
    quality = from_array(np.stack([sound, 0 * sound]), sample_rate_hz=8000).quality
    assert quality.flags == ("dead_channel", "dc_offset", "clipped", "narrow_band", "short")
    assert list(quality.flags) == sorted(quality.flags, key=FLAGS.index)
    assert quality.as_dict() == {
        "flags": list(quality.flags),
        "bandwidth_hz": quality.bandwidth_hz,
        "peak": quality.peak,
    }


@pytest.mark.shared
def test_real_full_band_voices_are_neither_narrow_nor_clipped(shared_data):
    paths = sorted((shared_data / "eval" / "gtsinger").rglob("*.flac"))[::12]
    assert paths
    for path in paths:
        quality = decode(path, sample_rate_hz=None).quality
        assert not {"narrow_band", "clipped"} & set(quality.flags), path.name
