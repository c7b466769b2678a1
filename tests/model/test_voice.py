"""Where there is a voice: windows in which none is heard are left out, recordings without one are refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.special import expit

from singalike.errors import NoVoiceError
from singalike.library import Library
from singalike.measure.embedders import OurModel
from singalike.model.card import Card
from singalike.model.encoder import Model
from singalike.model.voice import VoiceDetector
from tiny_model import RATE_HZ, write_model

VOICE_HZ, MUSIC_HZ = 220.0, 1500.0


def tone(hz: float, seconds: float) -> np.ndarray:
    return 0.3 * np.sin(2 * np.pi * hz * np.arange(round(seconds * RATE_HZ)) / RATE_HZ).astype(np.float32)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A model for which low tones are voices and high ones are not."""
    place = write_model(tmp_path / "model")
    plain = Model(place)
    voice, music = (plain.embed(tone(hz, 1.0), sample_rate_hz=RATE_HZ) for hz in (VOICE_HZ, MUSIC_HZ))
    weights = 20 * (voice - music)
    detector = VoiceDetector(weights=weights.tolist(), bias=0.0, least=0.25, fitted_on="two tones")
    Card.load(place).model_copy(update={"voice": detector, "pooling": "time"}).save(place)
    return place


def test_probability_is_the_logistic_of_a_line() -> None:
    detector = VoiceDetector(weights=[3.0, -800.0], bias=0.5, least=0.5, fitted_on="nothing")
    vectors = np.array([[1.0, 0.0], [0.0, 1.0], [0.0, -1.0], [0.6, 0.001]], np.float32)
    np.testing.assert_allclose(detector.probability(vectors), expit(vectors @ [3.0, -800.0] + 0.5), atol=1e-6)


def test_windows_without_a_voice_are_left_out(folder: Path) -> None:
    model = Model(folder)
    song = np.concatenate([tone(MUSIC_HZ, 3.0), tone(VOICE_HZ, 2.5), tone(MUSIC_HZ, 2.0)])
    heard = model.embed_recording(song, sample_rate_hz=RATE_HZ)
    alone = model.embed(tone(VOICE_HZ, 2.5), sample_rate_hz=RATE_HZ)
    everything = model.hearing_anything().embed_recording(song, sample_rate_hz=RATE_HZ)
    assert heard.windows.starts_seconds.min() >= 2.0
    assert heard.windows.starts_seconds.max() <= 5.5
    assert heard.voice_seconds is not None
    assert 2.5 <= heard.voice_seconds <= 3.5  # windows of a second reach half over either end
    assert everything.voice_seconds is None
    assert len(everything.windows.vectors) > len(heard.windows.vectors)
    assert heard.vector @ alone > 0.98 > 0.9 > everything.vector @ alone


def test_what_a_recording_says_does_not_depend_on_music_far_from_the_voice(folder: Path) -> None:
    model = Model(folder)
    short, long = (np.concatenate([tone(VOICE_HZ, 3.0), tone(MUSIC_HZ, seconds)]) for seconds in (2.0, 20.0))
    np.testing.assert_array_equal(model.embed(short, sample_rate_hz=RATE_HZ), model.embed(long, sample_rate_hz=RATE_HZ))


def test_a_recording_without_a_voice_is_refused_unless_any_sound_will_do(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(NoVoiceError, match=r"no voice is heard.*any_sound=True"):
        Model(folder).embed(tone(MUSIC_HZ, 2.0), sample_rate_hz=RATE_HZ)
    vector = Model(folder, any_sound=True).embed(tone(MUSIC_HZ, 2.0), sample_rate_hz=RATE_HZ)
    assert np.linalg.norm(vector) == pytest.approx(1.0, abs=1e-5)


def test_a_library_counts_what_has_no_voice_as_failed(folder: Path, tmp_path: Path) -> None:
    import soundfile

    music = tmp_path / "music"
    music.mkdir()
    soundfile.write(music / "instrumental.wav", tone(MUSIC_HZ, 2.0), RATE_HZ)
    soundfile.write(music / "song.wav", tone(VOICE_HZ, 2.0), RATE_HZ)
    with Library(tmp_path / "library", model=Model(folder)) as library:
        summary = library.add(music)
    assert (summary.added, [(f.path.name, f.code) for f in summary.failed]) == (1, [("instrumental.wav", "no-voice")])
    with Library(tmp_path / "library", model=Model(folder, any_sound=True)) as library:
        assert library.add(music).added == 1
        assert len(library) == 2


def test_whoever_measures_says_that_there_is_a_voice(folder: Path) -> None:
    clip = tone(MUSIC_HZ, 2.0)
    expected = Model(folder, any_sound=True).embed(clip, sample_rate_hz=RATE_HZ)
    np.testing.assert_array_equal(OurModel(Model(folder)).embed(clip, sample_rate_hz=RATE_HZ), expected)
