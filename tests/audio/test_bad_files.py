"""Bad files: each ends as a typed error that names the file, the reason and the way out, or as a flag."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile

from singalike.audio.decode import decode, from_array, info
from singalike.errors import NotFiniteError, SilentError, TooShortError, UnreadableError

RATE_HZ = 48000


def refuse(path: Path, reason: str) -> None:
    for read in (info, lambda p: decode(p, sample_rate_hz=16000)):
        with pytest.raises(UnreadableError, match=reason) as caught:
            read(path)
        assert caught.value.where == str(path)
        assert caught.value.hint


def test_missing(tmp_path):
    refuse(tmp_path / "none.wav", "no such file")


def test_a_name_that_no_file_can_have(tmp_path):
    refuse(tmp_path / "nul\0.wav", "cannot be opened")


def test_a_folder(tmp_path):
    refuse(tmp_path, "is a folder")


def test_a_pipe_is_refused_rather_than_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.wav")
    refuse(tmp_path / "pipe.wav", "not a regular file")


@pytest.mark.parametrize(("byte", "value", "reason"), [(20, 9, "not known"), (24, 1, "samples a second")])
def test_a_wav_with_a_damaged_header(tmp_path, byte, value, reason):
    """The format's number, and the rate: 1 Hz would become 16,000 times as long."""
    path = tmp_path / "damaged.wav"
    soundfile.write(path, 0.1 * np.ones(4 * RATE_HZ), RATE_HZ)
    content = bytearray(path.read_bytes())
    width = 2 if byte == 20 else 4
    content[byte : byte + width] = value.to_bytes(width, "little")
    path.write_bytes(content)
    refuse(path, reason)


def test_more_than_memory_holds(tmp_path, monkeypatch):
    path = tmp_path / "long.wav"
    soundfile.write(path, 0.1 * np.ones(RATE_HZ), RATE_HZ)

    def full(*_):
        raise MemoryError

    monkeypatch.setattr("singalike.audio.decode.read_excerpt", full)
    with pytest.raises(UnreadableError, match="too long for this machine's memory"):
        decode(path, sample_rate_hz=16000)


def test_zero_length(tmp_path):
    (tmp_path / "empty.wav").touch()
    refuse(tmp_path / "empty.wav", r"empty \(0 bytes\)")


def test_no_permission(tmp_path, monkeypatch):
    path = tmp_path / "locked.wav"
    path.write_bytes(b"RIFF")
    path.chmod(0)

    def deny(self, *_, **__):  # root may read anything, so the refusal is played
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "open", deny)
    refuse(path, "may not be read")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n" + bytes(range(256)) * 20, "a PDF document"),
        ("Ligne à ligne, rien à entendre.\n".encode() * 300, "a text file"),
        (b"#EXTM3U\n#EXTINF:10,\nother.wav\n", "a playlist"),
        (b"#EXTM3U\n\0#EXTINF:10,\nother.wav\n", "a playlist"),
        (b"ffconcat version 1.0\nfile other.wav\n", "a playlist"),
        (b"PK\x03\x04" + bytes(5000), "a zip archive"),
        (bytes(5000), "cannot|can be decoded"),
        (np.random.default_rng(0).bytes(20000), "can be decoded"),
    ],
)
@pytest.mark.parametrize("name", ["a.wav", "a.mp3", "a.raw"])
def test_something_else_under_an_audio_name(tmp_path, content, reason, name):
    path = tmp_path / name
    path.write_bytes(content)
    refuse(path, reason)


def test_a_video_without_sound(tmp_path):
    import av

    path = tmp_path / "mute.mp4"
    with av.open(str(path), "w") as file:
        stream = file.add_stream("mpeg4", rate=10)
        stream.width = stream.height = 32
        for _ in range(5):
            frame = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), format="rgb24")
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    refuse(path, "no audio stream")


@pytest.mark.parametrize("extension", ["wav", "flac", "ogg", "mp3"])
def test_a_header_without_audio(write, extension):
    path = write(f"a.{extension}", np.zeros(0, np.float32), RATE_HZ)
    with pytest.raises((TooShortError, UnreadableError)):
        decode(path, sample_rate_hz=16000)


def test_fifty_milliseconds_are_too_short_and_the_error_says_by_how_much(write, glide):
    path = write("a.wav", glide(0.05, RATE_HZ), RATE_HZ)
    with pytest.raises(TooShortError, match=r"lasts 0\.050 s; at least 0\.100 s"):
        decode(path, sample_rate_hz=16000)
    audio = decode(path, sample_rate_hz=16000, min_seconds=0.01)
    assert len(audio.samples) == 800
    assert "short" in audio.quality.flags


def test_under_a_second_is_flagged_but_an_excerpt_is_not(write, glide):
    path = write("a.wav", glide(0.9, RATE_HZ), RATE_HZ)
    assert decode(path, sample_rate_hz=None).quality.flags == ("short",)
    assert decode(path, sample_rate_hz=None, seconds=0.05).quality.flags == ()


@pytest.mark.parametrize("level", [0.0, 0.5, 5e-5])
def test_all_silent_whatever_the_offset(write, level):
    rng = np.random.default_rng(0)
    samples = np.full(RATE_HZ, level, np.float32) + 3e-5 * rng.uniform(-1, 1, RATE_HZ).astype(np.float32)
    path = write("a.wav", samples, RATE_HZ, subtype="FLOAT")
    with pytest.raises(SilentError, match="-80 dBFS"):
        decode(path, sample_rate_hz=16000)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 3e38])
def test_not_finite_names_the_first_sample_and_the_count(write, glide, value):
    samples = glide(1, RATE_HZ)
    samples[[1234, 1235, 40000]] = value
    path = write("a.wav", samples, RATE_HZ, subtype="FLOAT")
    with pytest.raises(NotFiniteError, match=r"3 of 48000 samples .* sample 1234$|3 of .* sample 1234 "):
        decode(path, sample_rate_hz=16000)
    with pytest.raises(NotFiniteError, match=r"1 of .* sample 40000"):
        decode(path, sample_rate_hz=None, offset_seconds=0.5)
    with pytest.raises(NotFiniteError, match="sample 1234"):
        from_array(samples, sample_rate_hz=RATE_HZ)
    assert decode(path, sample_rate_hz=16000, offset_seconds=0.3, seconds=0.3).quality.flags == ()


@pytest.mark.parametrize("extension", ["wav", "flac", "ogg", "opus", "mp3", "m4a", "webm"])
def test_truncated_keeps_what_is_there_and_says_so(write, glide, extension):
    options = {"movflags": "faststart"} if extension == "m4a" else {}
    path = write(f"a.{extension}", glide(8, RATE_HZ), RATE_HZ, **options)
    whole = decode(path, sample_rate_hz=16000)
    assert "truncated" not in whole.quality.flags
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size * 6 // 10)
    part = decode(path, sample_rate_hz=16000)
    assert part.quality.flags == ("truncated",)
    assert 3 < part.seconds < 6
    n = len(part.samples) - 800  # a codec's last frames fade
    assert np.corrcoef(part.samples[:n], whole.samples[:n])[0, 1] > 0.999
    excerpt = decode(path, sample_rate_hz=16000, offset_seconds=1, seconds=1)
    assert np.corrcoef(excerpt.samples, whole.samples[16000:32000])[0, 1] > 0.999
    with pytest.raises(TooShortError, match="of the file is missing"):
        decode(path, sample_rate_hz=16000, offset_seconds=6.5, seconds=1)


def test_an_m4a_without_its_index_is_unreadable(write, glide):
    path = write("a.m4a", glide(4, RATE_HZ), RATE_HZ)
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2)
    refuse(path, "can be decoded")


def test_damage_in_the_middle_keeps_what_lies_before(write, glide):
    path = write("a.flac", glide(8, RATE_HZ), RATE_HZ)
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 20000] = bytes(20000)
    path.write_bytes(content)
    audio = decode(path, sample_rate_hz=None)
    assert audio.quality.flags == ("truncated",)
    sound = glide(8, RATE_HZ)[: len(audio.samples)]
    assert audio.seconds > 2
    assert np.corrcoef(audio.samples[: 2 * RATE_HZ], sound[: 2 * RATE_HZ])[0, 1] > 0.999


@pytest.mark.parametrize("frames", [1 << 26, 1 << 16])  # the file in one read, and in several
@pytest.mark.parametrize("extension", ["ogg", "opus"])
def test_a_lost_page_is_said_and_nothing_is_read_twice(write, glide, extension, frames, monkeypatch):
    """The seconds of the page are missing, and nothing stands in for them."""
    monkeypatch.setattr("singalike.audio.readers._LARGE", frames)
    path = write(f"a.{extension}", glide(10.0, RATE_HZ), RATE_HZ)
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 200] = bytes(200)
    path.write_bytes(content)
    in_one_go, _ = soundfile.read(path, dtype="float32")
    assert len(in_one_go) < 9.9 * RATE_HZ
    audio = decode(path, sample_rate_hz=None)
    assert audio.quality.flags == ("truncated",)
    np.testing.assert_allclose(audio.samples, in_one_go - in_one_go.mean(), atol=1e-6)


@pytest.mark.parametrize("size", [0, 0xFFFFFFFF])
def test_a_wav_written_to_a_pipe_promises_nothing(write, glide, size):
    path = write("a.wav", glide(2, RATE_HZ), RATE_HZ)
    content = bytearray(path.read_bytes())
    content[4:8] = size.to_bytes(4, "little")
    path.write_bytes(content)
    assert decode(path, sample_rate_hz=None).quality.flags == ()


def test_a_header_that_promises_terabytes_does_not_take_them(write, glide):
    path = write("a.flac", glide(2, RATE_HZ), RATE_HZ)
    content = bytearray(path.read_bytes())
    content[21] |= 0x0F  # the upper bits of STREAMINFO's 36-bit number of samples
    path.write_bytes(content)
    audio = decode(path, sample_rate_hz=None)
    assert audio.quality.flags == ("truncated",)
    assert audio.seconds == pytest.approx(2, abs=0.4)


@pytest.mark.parametrize(
    ("real", "claimed"),
    [("wav", "mp3"), ("mp3", "wav"), ("flac", "ogg"), ("m4a", "wav"), ("ogg", "txt"), ("wav", "raw")],
)
def test_the_content_counts_not_the_extension(write, glide, tmp_path, real, claimed):
    path = write(f"a.{real}", glide(2, RATE_HZ), RATE_HZ)
    right = decode(path, sample_rate_hz=16000)
    shutil.copy(path, tmp_path / f"b.{claimed}")
    wrong = decode(tmp_path / f"b.{claimed}", sample_rate_hz=16000)
    np.testing.assert_array_equal(wrong.samples, right.samples)
    assert right.quality.flags == ()
    assert wrong.quality.flags == ("wrong_extension",)
    shutil.copy(path, tmp_path / "c")
    assert decode(tmp_path / "c", sample_rate_hz=16000).quality.flags == ()


def test_a_name_that_looks_like_a_protocol_is_a_file(write, glide, tmp_path, monkeypatch):
    write("a.m4a", glide(1, RATE_HZ), RATE_HZ).rename(tmp_path / "concat:a.m4a|b.m4a")
    monkeypatch.chdir(tmp_path)
    assert decode("concat:a.m4a|b.m4a", sample_rate_hz=None).seconds == pytest.approx(1, abs=0.01)


def test_a_file_with_a_dead_left_channel_is_its_right_one(write, glide):
    sound = glide(2, RATE_HZ)
    stereo = np.stack([np.zeros_like(sound), sound], axis=1)
    audio = decode(write("a.wav", stereo, RATE_HZ), sample_rate_hz=None)
    assert audio.quality.flags == ("dead_channel",)
    np.testing.assert_allclose(audio.samples, sound - sound.mean(), atol=1e-4)


def test_soundfile_is_not_asked_for_what_it_cannot_do(write, glide):
    path = write("a.webm", glide(1, RATE_HZ), RATE_HZ)
    with pytest.raises(soundfile.SoundFileError):
        soundfile.info(path)
    assert decode(path, sample_rate_hz=None).seconds == pytest.approx(1, abs=0.02)
