"""A mix: the voice as it is, the band on its beats, nothing over the ceiling; and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from band import clicks, song, tune

from singalike.audio.resample import resample
from singalike.errors import ConfigError, InputError, SilentError
from singalike.match.alignment import align, listen
from singalike.match.crossmix import SAMPLE_RATE_HZ, Settings, mix
from singalike.match.parts import Parts
from singalike.match.peak import true_peak


def _query(bpm: float = 100.0, seconds: float = 10.0, tonic: int = 0) -> Parts:
    return song(vocals=tune(tonic=tonic, bpm=bpm, seconds=seconds))


def _match(bpm: float = 110.0, seconds: float = 12.0, tonic: int = 0) -> Parts:
    return song(accompaniment=tune(tonic=tonic, bpm=bpm, seconds=seconds) + clicks(bpm=bpm, seconds=seconds))


def _aligned(query: Parts, match: Parts):
    return align(listen(query, voice=True), listen(match, voice=False))


def test_the_voice_is_untouched_but_for_one_gain() -> None:
    query, match = _query(), _match()
    mixed = mix(query, match, _aligned(query, match), Settings())
    voice = resample(query.stems["vocals"][0], from_hz=query.sample_rate_hz, to_hz=SAMPLE_RATE_HZ)
    np.testing.assert_array_equal(mixed.voice, np.stack([voice, voice]))
    sung = mixed.samples / np.float32(mixed.mix_gain) - np.float32(mixed.accompaniment_gain) * mixed.accompaniment
    np.testing.assert_allclose(sung, mixed.vocal_gain * mixed.voice, atol=1e-6)
    assert (mixed.vocal_gain, mixed.accompaniment_gain) == (1.0, 0.44)


def test_at_44100_hz_the_voice_is_bit_identical() -> None:
    voice = tune(tonic=0, bpm=100.0, seconds=8.0, rate_hz=SAMPLE_RATE_HZ)
    query, match = song(rate_hz=SAMPLE_RATE_HZ, vocals=voice), _match()
    mixed = mix(query, match, _aligned(query, match), Settings())
    np.testing.assert_array_equal(mixed.voice[0], voice)


def test_beats_of_the_band_fall_on_those_of_the_voice() -> None:
    query, match = song(vocals=clicks(bpm=100, seconds=12.0)), _match(bpm=110)
    mixed = mix(query, match, _aligned(query, match), Settings())
    size = 2 * mixed.voice.shape[1]
    power = [np.fft.rfft(np.square(part[0], dtype=np.float64), size) for part in (mixed.voice, mixed.accompaniment)]
    correlation = np.fft.irfft(power[1] * np.conj(power[0]))
    near = np.r_[correlation[-4000:], correlation[:4000]]
    assert abs(int(near.argmax()) - 4000) < 0.030 * SAMPLE_RATE_HZ


def test_loud_parts_are_turned_down_together() -> None:
    query, match = _query(), _match()
    loud = [song(**{name: 8 * stem for name, stem in one.stems.items()}) for one in (query, match)]
    mixed = mix(*loud, _aligned(query, match), Settings())
    assert mixed.mix_gain < 1
    assert true_peak(mixed.samples, sample_rate_hz=SAMPLE_RATE_HZ) <= 10 ** (-1 / 20) * 1.0001


def test_equally_loud_where_the_voice_sounds() -> None:
    query, match = _query(), _match()
    mixed = mix(query, match, _aligned(query, match), Settings(balance="rms"))
    magnitude = np.abs(mixed.voice).max(axis=0)
    sounding = magnitude > 0.01 * magnitude.max()
    voice, band = (np.sqrt(np.mean(part[:, sounding] ** 2)) for part in (mixed.voice, mixed.accompaniment))
    assert mixed.accompaniment_gain * band == pytest.approx(voice, rel=1e-4)


def test_the_key_is_moved_only_if_asked() -> None:
    query, match = _query(), _match(tonic=2)
    found = _aligned(query, match)
    assert found.key_shift == -2
    assert mix(query, match, found, Settings()).key_shift == 0
    assert mix(query, match, found, Settings(key_shift="auto")).key_shift == -2


def test_a_short_accompaniment_ends_and_the_voice_goes_on() -> None:
    query, match = _query(seconds=10.0), _match(bpm=100.0, seconds=6.0)
    mixed = mix(query, match, _aligned(query, match), Settings())
    assert mixed.samples.shape == (2, 10 * SAMPLE_RATE_HZ)
    assert 3.0 < mixed.accompanied_seconds <= 6.0
    assert not mixed.accompaniment[:, round(mixed.accompanied_seconds * SAMPLE_RATE_HZ) :].any()


def test_too_far_a_tempo_is_refused_with_the_numbers() -> None:
    query, match = _query(bpm=100), _match(bpm=140)
    found = _aligned(query, match)
    assert all(number in found.refused for number in ("140.", "100.", "1.40", "0.77", "1.30"))
    with pytest.raises(InputError, match=r"1\.40"):
        mix(query, match, found, Settings())


def test_no_beat_in_the_voice_is_looked_for_in_the_rest_of_its_song() -> None:
    times = np.arange(12 * 22_050) / 22_050
    held = (0.3 * np.sin(2 * np.pi * 220 * times)).astype(np.float32)
    heard = listen(song(vocals=held, accompaniment=clicks(bpm=96, seconds=12.0)), voice=True)
    assert heard.heard_in == "accompaniment"
    with pytest.raises(InputError, match="--query-tempo BPM"):
        listen(song(vocals=held), voice=True, option="--query-tempo BPM")
    assert listen(song(vocals=held), voice=True, bpm=90.0).tempo.bpm == pytest.approx(90.0, rel=0.02)


def test_a_voice_without_a_band_tells_its_own_beat() -> None:
    quiet = np.zeros(12 * 22_050, np.float32)
    assert listen(song(vocals=clicks(bpm=96, seconds=12.0), accompaniment=quiet), voice=True).heard_in == "vocals"


def test_a_second_silence_and_nonsense_are_refused() -> None:
    with pytest.raises(InputError, match=r"lasts 1\.0 s"):
        listen(song(vocals=clicks(bpm=120, seconds=1.0)), voice=True)
    with pytest.raises(SilentError):
        listen(song(vocals=np.zeros(22_050 * 8, np.float32)), voice=True)
    with pytest.raises(ConfigError, match="no tempo"):
        listen(song(vocals=clicks(bpm=120, seconds=8.0)), voice=True, bpm=1.0)
    for wrong in ({"balance": "loud"}, {"key_shift": 4}, {"key_shift": "up"}):
        with pytest.raises(ConfigError):
            Settings(**wrong)
