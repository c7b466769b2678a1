from __future__ import annotations

import numpy as np
import pytest
import soundfile
from toys import Toy, WrongToy

from singalike.audio import blocks
from singalike.errors import ConfigError, InputError, NotFiniteError, SilentError, TooShortError, UnreadableError
from singalike.separate import chunks
from singalike.separate.files import separate_file

RATE_HZ = 8000


def read(path):
    samples, rate_hz = soundfile.read(path, dtype="float32", always_2d=True)
    return samples.T, rate_hz


@pytest.mark.parametrize("channels", [1, 2, 6])
@pytest.mark.parametrize(("format", "extension"), [("float", "wav"), ("wav16", "wav"), ("flac", "flac")])
def test_stems_on_disk_add_up_at_the_files_rate_and_length(noise, write, tmp_path, channels, format, extension):
    mix = noise(2.345, 22_050, channels)
    toy = Toy(sample_rate_hz=RATE_HZ, stems=("drums", "bass", "vocals", "other"))
    made = separate_file(write("song.wav", mix, 22_050), toy, tmp_path / "out", format=format)
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == sorted(f"{stem}.{extension}" for stem in toy.stems)
    stems = {name: read(path) for name, path in made.stems.items()}
    assert {rate for _, rate in stems.values()} == {22_050}
    assert {stem.shape for stem, _ in stems.values()} == {mix.shape}
    np.testing.assert_allclose(sum(stem for stem, _ in stems.values()), mix, atol=1e-4)
    assert (made.sample_rate_hz, made.channels, made.frames) == (22_050, *mix.shape)


@pytest.mark.parametrize("name", ["song.flac", "song.mp3", "song.ogg"])
def test_other_containers_keep_their_length_too(noise, write, tmp_path, name):
    path = write(name, noise(1.5, 44_100), 44_100, None)
    made = separate_file(path, Toy(1.0), tmp_path / "out")
    with blocks.open_blocks(path) as whole:
        decoded = np.concatenate(list(whole), axis=1)
    np.testing.assert_array_equal(read(made.stems["vocals"])[0], decoded)


def test_ten_minutes_take_no_more_memory_than_a_chunk(noise, tmp_path, monkeypatch):
    """What the reader holds and what the separator is given are bounded by the chunk, not by the file."""
    minute = noise(60.0, RATE_HZ, 1)
    path = tmp_path / "long.wav"
    with soundfile.SoundFile(path, "w", RATE_HZ, 1, subtype="PCM_16") as file:
        for _ in range(10):
            file.write(minute.T)
    held, read_at_once = [], []
    cut = chunks._Window.cut

    def watched_cut(self, start, stop):
        result = cut(self, start, stop)
        held.append(self._held.size)
        return result

    straight = blocks._StraightSoundFile.blocks

    def watched_blocks(self):
        for block in straight(self):
            read_at_once.append(block.size)
            yield block

    monkeypatch.setattr(chunks._Window, "cut", watched_cut)
    monkeypatch.setattr(blocks._StraightSoundFile, "blocks", watched_blocks)
    toy = Toy(chunk_seconds=10.0, overlap_seconds=2.0)
    made = separate_file(path, toy, tmp_path / "out")
    assert made.frames == 600 * RATE_HZ
    assert {size for _, size in toy.shapes} == {10 * RATE_HZ}
    assert max(held) <= 10 * RATE_HZ + max(read_at_once)
    assert max(read_at_once) <= 1 << 14
    assert soundfile.info(made.stems["vocals"]).frames == made.frames


def test_what_is_beyond_full_scale_is_kept_by_floats_and_said_by_16_bits(noise, write, tmp_path):
    path = write("loud.wav", 3.0 * noise(1.0, RATE_HZ), RATE_HZ)
    floats = separate_file(path, Toy(0.9), tmp_path / "a")
    assert floats.flags == ()
    np.testing.assert_allclose(sum(read(p)[0] for p in floats.stems.values()), read(path)[0], atol=1e-6)
    integers = separate_file(path, Toy(0.9), tmp_path / "b", format="wav16")
    assert integers.flags == ("clipped",)
    assert np.abs(read(integers.stems["vocals"])[0]).max() <= 1.0


def test_flags_of_the_file_are_passed_on(noise, write, tmp_path):
    path = write("cut.wav", noise(2.0, RATE_HZ), RATE_HZ)
    path.write_bytes(path.read_bytes()[:-20_000])
    assert separate_file(path, Toy(), tmp_path / "out").flags == ("truncated",)


def test_bad_files_leave_nothing_behind(noise, write, tmp_path):
    late = noise(3.0, RATE_HZ)
    late[1, -1] = np.nan
    bad = {
        write("nan.wav", late, RATE_HZ): NotFiniteError,
        write("silent.wav", np.zeros((2, RATE_HZ)), RATE_HZ): SilentError,
        write("short.wav", noise(0.05, RATE_HZ), RATE_HZ): TooShortError,
        tmp_path / "none.wav": UnreadableError,
    }
    for path, error in bad.items():
        toy = Toy()
        with pytest.raises(error) as caught:
            separate_file(path, toy, tmp_path / "out")
        assert caught.value.where == str(path)
        assert not toy.shapes  # found before any work
        assert not list((tmp_path / "out").glob("*"))


def test_a_separator_that_fails_leaves_nothing_behind(noise, write, tmp_path):
    path = write("song.wav", noise(2.0, RATE_HZ), RATE_HZ)
    with pytest.raises(InputError, match="made NaN") as caught:
        separate_file(path, WrongToy(np.full(RATE_HZ, np.nan, np.float32)), tmp_path / "out")
    assert caught.value.where == str(path)
    assert list((tmp_path / "out").iterdir()) == []


def test_more_than_a_format_holds(noise, write, tmp_path):
    path = write("nine.wav", noise(0.5, RATE_HZ, 9), RATE_HZ)
    with pytest.raises(InputError, match="9 channels at 8000 Hz cannot be written as flac"):
        separate_file(path, Toy(), tmp_path / "out", format="flac")
    with pytest.raises(ConfigError, match="no format 'mp3'"):
        separate_file(path, Toy(), tmp_path / "out", format="mp3")


def test_beyond_4_gb_the_container_is_rf64(noise, write, tmp_path, monkeypatch):
    monkeypatch.setattr("singalike.separate.files._WAV_BYTES", 10_000)
    made = separate_file(write("song.wav", noise(1.0, RATE_HZ), RATE_HZ), Toy(1.0), tmp_path / "out")
    assert soundfile.info(made.stems["vocals"]).format == "RF64"
    assert blocks.survey(made.stems["vocals"]).frames == RATE_HZ
