from __future__ import annotations

import numpy as np
import pytest

from singalike.audio.choir import melody, singer, song
from singalike.errors import TooShortError
from singalike.evaluate.si_sdr import si_sdr_db
from singalike.separate.chunks import separate_array
from singalike.separate.repet import Repet

RATE_HZ = 16_000


@pytest.fixture(scope="module")
def repet() -> Repet:
    return Repet()


@pytest.fixture(scope="module")
def sung():
    return song(singer(1), melody(1, seconds=8.0), seed=1, sample_rate_hz=RATE_HZ)


@pytest.mark.parametrize("channels", [1, 2, 6])
def test_stems_add_up(repet, sung, channels):
    gains = np.linspace(1.0, 0.5, channels, dtype=np.float32)[:, None]
    mix = gains * sung.mix[None, : 3 * RATE_HZ]
    stems = repet.separate(mix, sample_rate_hz=RATE_HZ)
    assert {stem.shape for stem in stems.values()} == {mix.shape}
    np.testing.assert_allclose(stems["vocals"] + stems["accompaniment"], mix, atol=1e-6)


def test_a_voice_over_a_loop_is_heard_better(repet):
    """Eight bars of one second; what sounds in every bar is the loop, what sounds in one is the voice."""
    generator = np.random.default_rng(0)
    loop = np.tile(0.2 * generator.standard_normal(RATE_HZ), 8)
    t = np.arange(RATE_HZ) / RATE_HZ
    tones = [np.sin(2 * np.pi * hz * t + 2.0 * np.sin(2 * np.pi * 5 * t)) for hz in 300 * 2 ** (np.arange(8) / 5)]
    voice = 0.2 * np.concatenate(tones)
    vocals = repet.separate((loop + voice)[None], sample_rate_hz=RATE_HZ)["vocals"][0]
    assert si_sdr_db(vocals, voice) > si_sdr_db(loop + voice, voice) + 10.0


def test_the_choirs_voice_is_heard_better(repet, sung):
    stems = separate_array(sung.mix, repet, sample_rate_hz=RATE_HZ)
    for name, truth in (("vocals", sung.vocals), ("accompaniment", sung.accompaniment)):
        assert si_sdr_db(stems[name][0], truth) > si_sdr_db(sung.mix, truth) + 2.0, name


def test_the_end_is_as_quiet_as_the_rest(repet, sung):
    """A length that is no multiple of the hop: the last samples must not blow up."""
    for cut in (1, 77, 1500):
        mix = sung.mix[None, : 3 * RATE_HZ - cut]
        vocals = repet.separate(mix, sample_rate_hz=RATE_HZ)["vocals"]
        assert np.abs(vocals).max() < 1.5 * np.abs(mix).max()


def test_nothing_below_100_hz_is_voice(repet):
    t = np.arange(4 * RATE_HZ) / RATE_HZ
    mix = np.sin(2 * np.pi * (40 + 10 * t) * t)[None]  # a gliding bass: 40 to 120 Hz, never the same twice
    vocals = repet.separate(mix[:, : 2 * RATE_HZ], sample_rate_hz=RATE_HZ)["vocals"]  # up to 80 Hz
    assert np.abs(vocals[:, 2000:-2000]).max() < 0.01


def test_the_same_twice_and_the_fingerprint_is_the_settings(repet, sung, monkeypatch):
    mix = sung.mix[None, : 3 * RATE_HZ]
    again = Repet().separate(mix, sample_rate_hz=RATE_HZ)
    np.testing.assert_array_equal(repet.separate(mix, sample_rate_hz=RATE_HZ)["vocals"], again["vocals"])
    assert Repet().fingerprint == repet.fingerprint
    monkeypatch.setattr("singalike.separate.repet._MARGIN", 3.0)
    assert Repet().fingerprint != repet.fingerprint


def test_too_short_to_repeat(repet, noise):
    with pytest.raises(TooShortError, match=r"lasts 1.900 s; repet needs at least 2.0 s"):
        repet.separate(noise(1.9, RATE_HZ), sample_rate_hz=RATE_HZ)
    assert repet.separate(noise(2.0, RATE_HZ), sample_rate_hz=RATE_HZ)["vocals"].shape == (2, 2 * RATE_HZ)


def test_a_silent_stretch_of_a_song_stays_silent(repet, sung):
    mix = np.concatenate([np.zeros(2 * RATE_HZ, np.float32), sung.mix[: 3 * RATE_HZ]])[None]
    stems = repet.separate(mix, sample_rate_hz=RATE_HZ)
    assert all(np.isfinite(stem).all() for stem in stems.values())
    assert np.abs(stems["vocals"][:, :RATE_HZ]).max() < 1e-6
