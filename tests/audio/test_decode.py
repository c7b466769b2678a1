"""Good files: every container, rate and channel count; excerpts; arrays."""

from __future__ import annotations

import shutil
import tracemalloc

import numpy as np
import pytest
import soundfile

from singalike.audio.decode import decode, from_array, info
from singalike.audio.encode import write_audio
from singalike.errors import ConfigError, SilentError, TooShortError

RATE_HZ = 48000  # the one rate that every codec here takes
CONTAINERS = {
    "wav": "wav",
    "flac": "flac",
    "aiff": "aiff",
    "ogg": "ogg",
    "opus": "ogg",
    "mp3": "mp3",
    "m4a": "mp4",
    "webm": "matroska",
}


def centred(samples: np.ndarray) -> np.ndarray:
    return samples - samples.mean()


@pytest.mark.parametrize(("extension", "container"), CONTAINERS.items())
def test_every_container_tells_the_same(write, glide, extension, container):
    sound = glide(3, RATE_HZ)
    path = write(f"a.{extension}", sound, RATE_HZ)
    header, audio = info(path), decode(path, sample_rate_hz=None)
    assert (header.sample_rate_hz, header.channels, header.container) == (RATE_HZ, 1, container)
    assert header.seconds == pytest.approx(3, abs=0.01)
    assert audio.samples.dtype == np.float32
    assert audio.sample_rate_hz == RATE_HZ
    assert audio.quality.flags == ()
    assert len(audio.samples) == pytest.approx(len(sound), abs=0.02 * RATE_HZ)
    n = min(len(sound), len(audio.samples))
    assert np.corrcoef(audio.samples[:n], sound[:n])[0, 1] > 0.99  # one sample of delay already costs 0.01
    assert np.std(audio.samples[:n]) == pytest.approx(np.std(sound), rel=0.03)


def test_raw_aac_is_read_though_its_delay_is_not_known(write, glide):
    sound = glide(3, RATE_HZ)
    samples = decode(write("a.aac", sound, RATE_HZ), sample_rate_hz=None).samples
    assert max(np.corrcoef(samples[d : d + RATE_HZ], sound[:RATE_HZ])[0, 1] for d in (1024, 2048)) > 0.99


def test_an_mp3_that_does_not_state_its_length_is_read_to_its_end(write, glide):
    # Loud noise first: the bit rate there, taken for that of the whole, would end the file too early.
    quiet = 0.01 * glide(6, RATE_HZ)
    quiet[:RATE_HZ] = 0.3 * np.random.default_rng(0).uniform(-1, 1, RATE_HZ)
    path = write("a.mp3", quiet, RATE_HZ, write_xing="0")
    audio = decode(path, sample_rate_hz=None)
    assert audio.seconds == pytest.approx(6, abs=0.1)
    assert "truncated" not in audio.quality.flags
    part = decode(path, sample_rate_hz=None, offset_seconds=4, seconds=1).samples
    np.testing.assert_allclose(centred(part), centred(audio.samples[4 * RATE_HZ : 5 * RATE_HZ]), atol=1e-5)


@pytest.mark.parametrize("extension", ["wav", "flac", "ogg", "opus", "mp3"])
def test_the_whole_is_what_libsndfile_reads_in_one_go(write, glide, extension):
    # Reading an mp3 block by block clicks at the joints.
    path = write(f"a.{extension}", glide(3, RATE_HZ), RATE_HZ)
    expected, _ = soundfile.read(path, dtype="float32")
    np.testing.assert_allclose(decode(path, sample_rate_hz=None).samples, centred(expected), atol=1e-6)


@pytest.mark.parametrize("extension", [*CONTAINERS, "aac"])
@pytest.mark.parametrize("to_hz", [None, 16000, 44100])
def test_an_excerpt_equals_that_part_of_the_whole(write, glide, extension, to_hz):
    path = write(f"a.{extension}", glide(6, RATE_HZ), RATE_HZ)
    whole = decode(path, sample_rate_hz=to_hz)
    for offset, seconds in ((0.0, 0.5), (0.0107, 0.25), (1.23456, 2.0), (4.3211, 1.0)):
        part = decode(path, sample_rate_hz=to_hz, offset_seconds=offset, seconds=seconds)
        assert len(part.samples) == round(seconds * whole.sample_rate_hz)
        first = round(offset * whole.sample_rate_hz)
        expected = whole.samples[first : first + len(part.samples)]
        np.testing.assert_allclose(centred(part.samples), centred(expected), atol=2e-4)
    rest = decode(path, sample_rate_hz=to_hz, offset_seconds=5.0).samples
    expected = whole.samples[5 * whole.sample_rate_hz :]
    np.testing.assert_allclose(centred(rest), centred(expected), atol=2e-4)


@pytest.mark.parametrize("rate_hz", [8000, 11025, 22050, 32000, 44100, 96000, 44099])
def test_every_rate_comes_at_the_rate_asked_for(write, glide, rate_hz):
    sound = glide(2, rate_hz)
    audio = decode(write("a.wav", sound, rate_hz, subtype="FLOAT"), sample_rate_hz=16000)
    assert len(audio.samples) == 32000
    tone = 0.4 * np.sin(2 * np.pi * (300 + 40 * np.arange(32000) / 16000) * np.arange(32000) / 16000)
    assert np.corrcoef(audio.samples, tone)[0, 1] > 0.99


@pytest.mark.parametrize("channels", [1, 2, 6])
def test_channels_are_averaged(write, glide, channels):
    sound = np.stack([glide(1, RATE_HZ, seed=c) for c in range(channels)], axis=1)
    audio = decode(write("a.wav", sound, RATE_HZ, subtype="FLOAT"), sample_rate_hz=None)
    np.testing.assert_allclose(audio.samples, centred(sound.mean(axis=1)), atol=1e-6)


@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE"])
def test_all_sample_formats_have_full_scale_one(write, glide, subtype):
    sound = glide(1, RATE_HZ)
    audio = decode(write("a.wav", sound, RATE_HZ, subtype=subtype), sample_rate_hz=None)
    np.testing.assert_allclose(audio.samples, centred(sound), atol=0.01 if subtype == "PCM_U8" else 1e-4)


@pytest.mark.parametrize("extension", ["wav", "opus", "mp3", "m4a"])
def test_peaks_above_full_scale_are_not_cut(write, glide, extension):
    sound = np.clip(6 * glide(2, RATE_HZ), -1, 1)  # coding a square wave overshoots
    options = {"subtype": "FLOAT"} if extension == "wav" else {}
    path = write(f"a.{extension}", 1.2 * sound if extension == "wav" else sound, RATE_HZ, **options)
    assert decode(path, sample_rate_hz=None).quality.peak > 1.05


def test_an_excerpt_up_to_the_very_end_is_there_whatever_the_rounding(write, glide):
    path = write("a.wav", glide(2, 44099), 44099)
    seconds = info(path).seconds
    assert seconds is not None
    for length in np.linspace(0.3, 1.7, 29):
        audio = decode(path, sample_rate_hz=16000, offset_seconds=seconds - length, seconds=length)
        assert len(audio.samples) == round(length * 16000)


@pytest.mark.parametrize("to_hz", [None, 16000])
@pytest.mark.parametrize("extension", CONTAINERS)
def test_an_excerpt_past_the_end_is_refused_with_the_numbers(write, glide, extension, to_hz):
    path = write(f"a.{extension}", glide(2, RATE_HZ), RATE_HZ)
    with pytest.raises(TooShortError, match=r"1\.000 s from 1\.500 s on .* ends at 2\.0\d\d s") as caught:
        decode(path, sample_rate_hz=to_hz, offset_seconds=1.5, seconds=1)
    assert caught.value.where == str(path)
    assert not caught.value.hint
    with pytest.raises(TooShortError, match=r"from 9\.000 s on"):
        decode(path, sample_rate_hz=to_hz, offset_seconds=9)
    with pytest.raises(TooShortError, match=r"1\.000 s from 9\.000 s on"):
        decode(path, sample_rate_hz=to_hz, offset_seconds=9, seconds=1)


def test_a_silent_excerpt_of_a_sounding_file_is_read_on_demand(write, glide):
    path = write("a.wav", np.concatenate([glide(1, RATE_HZ), np.zeros(RATE_HZ, np.float32)]), RATE_HZ)
    with pytest.raises(SilentError):
        decode(path, sample_rate_hz=16000, offset_seconds=1.2, seconds=0.5)
    audio = decode(path, sample_rate_hz=16000, offset_seconds=1.2, seconds=0.5, allow_silence=True)
    assert audio.samples.shape == (8000,)
    assert audio.quality.flags == ()
    assert audio.quality.bandwidth_hz == 0


@pytest.mark.parametrize(
    "request_",
    [
        {"offset_seconds": -1},
        {"offset_seconds": float("nan")},
        {"seconds": 0},
        {"seconds": float("inf")},
        {"sample_rate_hz": 0},
    ],
)
def test_impossible_requests_are_configuration_errors(write, glide, request_):
    path = write("a.wav", glide(1, RATE_HZ), RATE_HZ)
    with pytest.raises(ConfigError):
        decode(path, **{"sample_rate_hz": 16000, **request_})


def test_an_array_is_treated_as_the_file_it_came_from(write, glide):
    sound = np.stack([glide(1.5, 44100), glide(1.5, 44100, seed=1)]) + 0.05
    audio = decode(write("a.wav", sound.T, 44100, subtype="FLOAT"), sample_rate_hz=16000)
    same = from_array(sound, sample_rate_hz=44100, to_hz=16000)
    np.testing.assert_array_equal(same.samples, audio.samples)
    assert same.quality == audio.quality
    assert same.quality.flags == ("dc_offset",)


@pytest.mark.parametrize("dtype", [np.int16, np.int32, np.uint8])
def test_integer_arrays_are_scaled(glide, dtype):
    sound = glide(1, RATE_HZ)
    limits = np.iinfo(dtype)
    integers = np.round(sound * limits.max / (2 if limits.min == 0 else 1) + (limits.min == 0) * 128).astype(dtype)
    audio = from_array(integers, sample_rate_hz=RATE_HZ)
    np.testing.assert_allclose(audio.samples, centred(sound), atol=0.01)


@pytest.mark.parametrize("shape", [(1000, 2), (2, 2, 1000), (0, 1000), ()])
def test_arrays_that_are_no_waveform_are_refused(shape):
    with pytest.raises(ConfigError):
        from_array(np.ones(shape, np.float32), sample_rate_hz=16000)


def test_an_array_is_not_changed(glide):
    sound = glide(1, 16000) + 0.2
    before = sound.copy()
    from_array(sound, sample_rate_hz=16000)
    np.testing.assert_array_equal(sound, before)


def test_a_name_need_not_be_utf_8(tmp_path):
    odd = tmp_path / "\udcff.wav"
    try:
        soundfile.write(tmp_path / "plain.wav", np.sin(np.arange(8000) / 9), 8000)
        shutil.copy(tmp_path / "plain.wav", odd)
    except OSError:
        pytest.skip("this file system takes names that are text only")
    plain = decode(tmp_path / "plain.wav", sample_rate_hz=8000).samples
    np.testing.assert_array_equal(decode(odd, sample_rate_hz=8000).samples, plain)


def test_memory_is_that_of_the_channels_twice(tmp_path):
    samples = np.random.default_rng(0).uniform(-0.5, 0.5, (2, 30 * 44_100)).astype(np.float32)
    path = write_audio(tmp_path / "long.wav", samples, sample_rate_hz=44_100)
    decode(path, sample_rate_hz=16_000, seconds=1.0)  # what is imported and set up once does not count
    tracemalloc.start()
    try:
        decode(path, sample_rate_hz=16_000)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 2.2 * samples.nbytes
