from __future__ import annotations

import numpy as np
import pytest

from singalike.audio.blocks import open_blocks, survey
from singalike.audio.excerpt import read_excerpt
from singalike.errors import NotFiniteError, SilentError, TooShortError, UnreadableError

RATE_HZ = 44_100
CONTAINERS = ["a.wav", "a.flac", "a.ogg", "a.opus", "a.mp3", "a.m4a", "a.webm", "a.aac"]


def whole(path):
    with open_blocks(path) as blocks:
        return np.concatenate(list(blocks), axis=1), blocks.sample_rate_hz


@pytest.mark.parametrize("name", CONTAINERS)
def test_blocks_are_the_samples_that_decode_reads(write, glide, name):
    rate_hz = 48_000
    path = write(name, glide(2.5, rate_hz), rate_hz)
    samples, found_hz = whole(path)
    assert found_hz == rate_hz
    np.testing.assert_array_equal(samples.T, read_excerpt(path, None, 0.0, None).channels)
    assert survey(path).frames == samples.shape[1]


def test_channels_stay_apart_and_blocks_are_short(write):
    six = np.random.default_rng(0).uniform(-0.9, 0.9, (3 * RATE_HZ, 6)).astype(np.float32)
    path = write("six.wav", six, RATE_HZ, subtype="FLOAT")
    with open_blocks(path) as blocks:
        parts = list(blocks)
    assert max(part.shape[1] for part in parts) < RATE_HZ
    np.testing.assert_array_equal(np.concatenate(parts, axis=1), six.T)


def test_a_survey_tells_rate_channels_and_length(write, glide):
    found = survey(write("a.wav", np.stack([glide(0.5, RATE_HZ)] * 2, axis=1), RATE_HZ))
    assert (found.sample_rate_hz, found.channels, found.frames, found.flags) == (RATE_HZ, 2, RATE_HZ // 2, ("short",))
    assert found.seconds == 0.5


def test_a_truncated_file_gives_what_there_is_and_is_flagged(write, glide):
    path = write("a.wav", glide(3.0, RATE_HZ), RATE_HZ)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    found = survey(path)
    assert found.flags == ("truncated",)
    assert found.seconds == pytest.approx(1.5, abs=0.01)


def test_a_damaged_flac_gives_what_comes_before(write, glide):
    path = write("a.flac", glide(3.0, RATE_HZ), RATE_HZ)
    good, _ = whole(path)
    content = bytearray(path.read_bytes())
    content[len(content) // 2 : len(content) // 2 + 20_000] = bytes(20_000)
    path.write_bytes(content)
    samples, _ = whole(path)
    assert RATE_HZ < samples.shape[1] < 1.6 * RATE_HZ
    np.testing.assert_array_equal(samples, good[:, : samples.shape[1]])
    assert "truncated" in survey(path).flags


def test_bad_files_are_refused_by_name(write, glide, tmp_path):
    tone = glide(2.0, RATE_HZ)
    tone[RATE_HZ + 5] = np.nan
    bad = {
        write("nan.wav", tone, RATE_HZ, subtype="FLOAT"): (NotFiniteError, "sample 44105 is NaN"),
        write("dc.wav", np.full(RATE_HZ, 0.5), RATE_HZ): (SilentError, "no sound"),
        write("short.wav", glide(0.05, RATE_HZ), RATE_HZ): (TooShortError, r"lasts 0.050 s; at least 0.100 s"),
        write("empty.wav", np.zeros((0, 1)), RATE_HZ): (TooShortError, "lasts 0.000 s"),
        tmp_path / "none.wav": (UnreadableError, "no such file"),
    }
    (tmp_path / "noise.mp3").write_bytes(np.random.default_rng(0).bytes(30_000))
    bad[tmp_path / "noise.mp3"] = (UnreadableError, "can be decoded")
    for path, (kind, reason) in bad.items():
        with pytest.raises(kind, match=reason) as caught:
            survey(path)
        assert caught.value.where == str(path)


def test_one_channel_that_sounds_is_enough(write, glide):
    stereo = np.stack([np.zeros(RATE_HZ), glide(1.0, RATE_HZ)], axis=1)
    assert survey(write("right.wav", stereo, RATE_HZ)).channels == 2
