"""Files appear whole or not at all."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile

from singalike.audio.decode import decode
from singalike.audio.encode import write_audio
from singalike.errors import ConfigError


@pytest.mark.parametrize("extension", ["wav", "flac", "ogg", "WAV"])
@pytest.mark.parametrize("channels", [1, 2])
def test_what_is_written_is_read_again(tmp_path, glide, extension, channels):
    sound = np.stack([glide(1, 44100, seed=c) for c in range(channels)])
    path = write_audio(tmp_path / "new" / f"a.{extension}", sound[0] if channels == 1 else sound, sample_rate_hz=44100)
    audio = decode(path, sample_rate_hz=None)
    assert soundfile.info(path).channels == channels
    assert audio.sample_rate_hz == 44100
    assert audio.quality.flags == ()
    assert np.corrcoef(audio.samples, sound.mean(axis=0))[0, 1] > 0.99
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_a_failure_leaves_the_old_file_and_no_other(tmp_path, glide, monkeypatch):
    path = write_audio(tmp_path / "a.wav", glide(1, 16000), sample_rate_hz=16000)
    before = path.read_bytes()

    def fail(file, *_, **__):
        file.write_bytes(b"half")
        raise OSError("disk full")

    monkeypatch.setattr(soundfile, "write", fail)
    with pytest.raises(OSError, match="disk full"):
        write_audio(path, glide(2, 16000), sample_rate_hz=16000)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_what_exceeds_full_scale_is_cut_not_wrapped(tmp_path):
    samples = np.linspace(-2, 2, 16000, dtype=np.float32)
    path = write_audio(tmp_path / "a.wav", samples, sample_rate_hz=16000)
    np.testing.assert_allclose(soundfile.read(path)[0], np.clip(samples, -1, 1), atol=1e-4)


@pytest.mark.parametrize("name", ["a.mp3", "a", "a.wav.part"])
def test_other_extensions_are_refused(tmp_path, name):
    with pytest.raises(ConfigError, match=r"use \.wav, \.flac, \.ogg"):
        write_audio(tmp_path / name, np.zeros(10), sample_rate_hz=16000)
    assert not list(tmp_path.iterdir())
