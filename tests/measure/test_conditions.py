from __future__ import annotations

import numpy as np
import pytest

from singalike.audio.choir import melody, sing, singer
from singalike.audio.encode import write_audio
from singalike.audio.melody import Melody, Note
from singalike.corpus.accompaniments import Bands, Recordings
from singalike.errors import ConfigError, InputError, SilentError, TooShortError
from singalike.measure.codecs import MP3, OPUS, transcode
from singalike.measure.conditions import (
    GROUPS,
    PIECES,
    conditions,
    in_noise,
    in_room,
    lay_over,
    misleading_conditions,
    narrow,
    shift_pitch,
    shorten,
)

RATE_HZ = 24_000
ALL = {c.name: c for c in conditions(GROUPS, Bands())}


@pytest.fixture(scope="module")
def voice() -> np.ndarray:
    """(T,) 2.5 s of singing."""
    return sing(singer(4), melody(5, seconds=2.5), sample_rate_hz=RATE_HZ)


def db(samples: np.ndarray) -> float:
    return float(10 * np.log10(np.mean(np.square(samples, dtype=np.float64))))


def delay(samples: np.ndarray, of: np.ndarray) -> int:
    """Return by how many samples one lags behind another."""
    size = 2 * len(of)
    product = np.fft.rfft(samples, size) * np.conj(np.fft.rfft(of, size))
    lag = int(np.fft.irfft(product, size).argmax())
    return lag if lag < len(of) else lag - size


def f0_hz(samples: np.ndarray, *, near_hz: float) -> float:
    """Return the F0 of a steady note, within five semitones of a frequency, by its autocorrelation."""
    power = np.abs(np.fft.rfft(samples, 16 * len(samples))) ** 2
    lags = np.fft.irfft(power, 8 * 16 * len(samples))  # eight times as fine
    first, last = (round(8 * RATE_HZ / (near_hz * 2 ** (semitones / 12))) for semitones in (5, -5))
    return 8 * RATE_HZ / (first + int(lags[first:last].argmax()))


def share_above(samples: np.ndarray, hz: float, *, sample_rate_hz: int) -> float:
    """Return the share of the energy above a frequency."""
    power = np.abs(np.fft.rfft(samples)) ** 2
    return float(power[np.fft.rfftfreq(len(samples), 1 / sample_rate_hz) > hz].sum() / power.sum())


def test_all_conditions_have_names_of_their_own():
    assert list(ALL) == [
        "accompaniment -6 dB", "accompaniment 0 dB", "accompaniment +6 dB", "mp3 64 kbit/s", "opus 24 kbit/s",
        "room 0.4 s", "room 1.0 s", "noise +20 dB", "noise +10 dB", "pitch -4 semitones", "pitch -2 semitones",
        "pitch +2 semitones", "pitch +4 semitones", "sampled at 16 kHz", "sampled at 8 kHz",
        "1 s", "2 s", "4 s", "10 s",
        "1 s, drawn", "2 s, drawn", "4 s, drawn", "10 s, drawn",
    ]  # fmt: skip
    tests = misleading_conditions(Bands())
    assert [len(pieces) for pieces in tests.values()] == [PIECES] * 3
    every = [*ALL.values(), *(piece for pieces in tests.values() for piece in pieces)]
    assert len({c.name for c in every}) == len({c.identity for c in every}) == len(every)
    assert [c.name for c in conditions(["room"], Bands())] == ["room 0.4 s", "room 1.0 s"]
    with pytest.raises(ConfigError, match="no conditions rooms"):
        conditions(["rooms"], Bands())


@pytest.mark.parametrize("name", [name for name in ALL if not name.startswith(("4 s", "10 s"))])
def test_a_condition_is_a_function_of_samples_and_seed(voice, name):
    before = voice.copy()
    changed = ALL[name].change(voice, RATE_HZ, 7)
    np.testing.assert_array_equal(voice, before)
    np.testing.assert_array_equal(ALL[name].change(voice, RATE_HZ, 7), changed)
    random = name.startswith(("accompaniment", "room", "noise")) or name.endswith("drawn")
    assert np.array_equal(ALL[name].change(voice, RATE_HZ, 8), changed) is not random
    assert changed.dtype == np.float32
    assert np.isfinite(changed).all()


@pytest.mark.parametrize("ratio_db", [-6, 0, 6])
def test_the_voice_lies_over_the_accompaniment_by_the_ratio_asked_for(voice, ratio_db):
    name = f"accompaniment {ratio_db:+d} dB".replace("+0", "0")
    mix = ALL[name].change(voice, RATE_HZ, 7)
    assert db(voice) - db(mix - voice) == pytest.approx(ratio_db, abs=0.01)
    under = Bands()(7, len(voice), sample_rate_hz=RATE_HZ)
    assert np.corrcoef(mix - voice, under)[0, 1] > 0.9999


def test_a_silent_accompaniment_is_an_error(voice):
    with pytest.raises(SilentError):
        lay_over(voice, np.zeros_like(voice), ratio_db=0)


def test_misleading_pieces_are_the_same_under_every_clip(voice):
    pieces = misleading_conditions(Bands())["misleading accompaniment 0 dB"]
    other = np.sin(np.arange(2 * len(voice)) / 9).astype(np.float32)
    under = [piece.change(voice, RATE_HZ, 7) - voice for piece in pieces]
    under_other = [(piece.change(other, RATE_HZ, 8) - other)[: len(voice)] for piece in pieces]
    alike = np.corrcoef(under, under_other)[:PIECES, PIECES:]
    assert np.diag(alike).min() > 0.999
    assert np.abs(alike - np.diag(np.diag(alike))).max() < 0.5


@pytest.mark.parametrize(("codec", "bit_rate"), [(MP3, 64_000), (OPUS, 24_000)])
@pytest.mark.parametrize("rate_hz", [RATE_HZ, 44_100, 96_000])
def test_codecs_lose_a_little_and_shift_nothing(codec, bit_rate, rate_hz):
    clip = sing(singer(4), melody(5, seconds=2.0), sample_rate_hz=rate_hz)
    heard = transcode(clip, sample_rate_hz=rate_hz, codec=codec, bit_rate=bit_rate)
    assert heard.shape == clip.shape
    assert abs(delay(heard, clip)) <= 1e-4 * rate_hz  # Opus' own low band lags by less than a tenth of a millisecond
    assert 0.95 < np.corrcoef(heard, clip)[0, 1] < 0.99999
    coarse = transcode(clip, sample_rate_hz=rate_hz, codec=codec, bit_rate=bit_rate // 3)
    assert np.corrcoef(coarse, clip)[0, 1] < np.corrcoef(heard, clip)[0, 1]


@pytest.mark.parametrize("decay_seconds", [0.4, 1.0])
def test_a_room_decays_by_60_db_and_is_as_strong_as_the_direct_sound(decay_seconds):
    click = np.zeros(2 * RATE_HZ, np.float32)
    click[100] = 1.0
    heard = in_room(click, RATE_HZ, 3, decay_seconds=decay_seconds)
    assert db(heard) == pytest.approx(db(click), abs=0.01)
    direct, tail = heard[100], heard[101:]
    assert np.square(tail).sum() == pytest.approx(direct**2, rel=0.01)
    assert not np.abs(heard[:99]).max() > 1e-5
    # Schroeder's backward integration; a straight line between -5 and -25 dB, carried on to -60 dB.
    decay_db = 10 * np.log10(np.cumsum(np.square(tail[::-1], dtype=np.float64))[::-1] / np.square(tail).sum() + 1e-12)
    early, late = (int(np.argmax(decay_db < level)) for level in (-5, -25))
    assert 3 * (late - early) / RATE_HZ == pytest.approx(decay_seconds, rel=0.1)


@pytest.mark.parametrize("ratio_db", [20, 10])
def test_noise_is_pink_and_lies_the_ratio_under_the_clip(ratio_db):
    clip = np.sin(2 * np.pi * 440 * np.arange(4 * RATE_HZ) / RATE_HZ).astype(np.float32)
    added = in_noise(clip, RATE_HZ, 3, ratio_db=ratio_db) - clip
    assert db(clip) - db(added) == pytest.approx(ratio_db, abs=0.01)
    octaves = [share_above(added, hz, sample_rate_hz=RATE_HZ) for hz in (100, 200, 1600, 3200)]
    assert octaves[0] - octaves[1] == pytest.approx(octaves[2] - octaves[3], rel=0.15)  # as much in every octave


@pytest.mark.parametrize("semitones", [-4, 2])
@pytest.mark.parametrize(("who", "midi"), [(5, 45), (8, 74)])
def test_pitch_is_shifted_by_semitones(semitones, who, midi):
    pytest.importorskip("torch")
    asked_hz = 440 * 2 ** ((midi - 69) / 12)
    sung = sing(singer(who), Melody((Note(midi, 0.1, 0.9, "a"),), seconds=1.1), sample_rate_hz=RATE_HZ)
    shifted = shift_pitch(sung, RATE_HZ, 0, semitones=semitones)
    before, after = (f0_hz(x[4000:-6000], near_hz=asked_hz) for x in (sung, shifted))
    assert before == pytest.approx(asked_hz, rel=0.02)
    assert 12 * np.log2(after / before) == pytest.approx(semitones, abs=0.15)


def test_pitch_that_is_not_there_is_an_error():
    pytest.importorskip("torch")
    noise = np.random.default_rng(0).normal(size=RATE_HZ).astype(np.float32)
    with pytest.raises(InputError, match="no pitch"):
        shift_pitch(noise, RATE_HZ, 0, semitones=2)


@pytest.mark.parametrize("through_hz", [16_000, 8000])
def test_a_lower_rate_leaves_nothing_above_its_half_and_all_below(through_hz):
    noise = np.random.default_rng(0).normal(size=2 * RATE_HZ).astype(np.float32)
    heard = narrow(noise, RATE_HZ, 0, through_hz=through_hz)
    assert heard.shape == noise.shape
    assert share_above(noise, through_hz / 2, sample_rate_hz=RATE_HZ) > 0.3
    assert share_above(heard, 1.02 * through_hz / 2, sample_rate_hz=RATE_HZ) < 1e-6
    low = np.fft.rfftfreq(len(noise), 1 / RATE_HZ) < 0.85 * through_hz / 2
    expected = np.fft.rfft(noise)[low]
    assert np.linalg.norm(np.fft.rfft(heard)[low] - expected) < 0.01 * np.linalg.norm(expected)


def test_a_rate_that_is_no_higher_stays_as_it_is(voice):
    assert narrow(voice, 16_000, 0, through_hz=16_000) is voice


@pytest.mark.parametrize("seconds", [1, 2])
def test_the_first_stretch_that_sounds_is_cut_out(seconds):
    tone = np.sin(np.arange(3 * RATE_HZ) / 9).astype(np.float32)
    clip = np.concatenate((np.zeros(2 * RATE_HZ, np.float32), tone))
    found = shorten(clip, RATE_HZ, 0, seconds=seconds)
    assert len(found) == seconds * RATE_HZ
    start = 2 * RATE_HZ - len(found) // 2  # half of it sounds
    np.testing.assert_array_equal(found, clip[start : start + len(found)])
    np.testing.assert_array_equal(shorten(tone, RATE_HZ, 0, seconds=seconds), tone[: len(found)])


def test_a_stretch_is_drawn_among_those_that_sound():
    tone = np.sin(np.arange(3 * RATE_HZ) / 9).astype(np.float32)
    clip = np.concatenate((np.zeros(2 * RATE_HZ, np.float32), tone, np.zeros(2 * RATE_HZ, np.float32)))
    cut = [shorten(clip, RATE_HZ, seed, seconds=1, drawn=True) for seed in range(40)]
    # The tone is nowhere the same: where a stretch begins can be told.
    windows = np.lib.stride_tricks.sliding_window_view(clip, RATE_HZ)[:: RATE_HZ // 10]
    starts = [int(np.flatnonzero((windows == found).all(1))[0]) for found in cut]
    assert min(starts) >= 15  # in tenths of a second: half of it sounds
    assert max(starts) <= 45
    assert len(set(starts)) > 10
    again = shorten(clip, RATE_HZ, 7, seconds=1, drawn=True)
    np.testing.assert_array_equal(again, cut[7])


@pytest.mark.parametrize("drawn", [False, True])
def test_nothing_is_cut_out_of_silence(drawn: bool):
    with pytest.raises(SilentError):
        shorten(np.zeros(3 * RATE_HZ, np.float32), RATE_HZ, 0, seconds=1, drawn=drawn)


def test_what_sounds_nowhere_for_long_is_cut_where_it_sounds_most():
    clip = np.zeros(5 * RATE_HZ, np.float32)
    clip[3 * RATE_HZ : 3 * RATE_HZ + 2400] = 0.5
    assert np.count_nonzero(shorten(clip, RATE_HZ, 0, seconds=1)) == 2400
    with pytest.raises(TooShortError, match="not 10 s"):
        shorten(clip, RATE_HZ, 0, seconds=10)


def test_recordings_of_a_folder_are_accompaniments(tmp_path):
    for number in range(2):
        ramp = np.linspace(0.1, 0.9, 40 * 8000) * (-1) ** np.arange(40 * 8000) ** (number + 1)
        write_audio(tmp_path / f"song{number}.wav", ramp, sample_rate_hz=8000)
    music = Recordings(tmp_path)
    assert music.count == 2
    first, second = (music(number, 8000, sample_rate_hz=8000) for number in (0, 2))
    assert not np.allclose(first, second)  # the same file, from another second on
    np.testing.assert_array_equal(music(0, 4000, sample_rate_hz=8000), first[:4000])
    long = music(0, 35 * 8000, sample_rate_hz=8000)
    np.testing.assert_array_equal(long[30 * 8000 :], long[: 5 * 8000])  # repeated
    before = music.identity
    write_audio(tmp_path / "song1.wav", np.ones(8000) * 0.5, sample_rate_hz=8000)
    assert Recordings(tmp_path).identity != before
    (tmp_path / "song1.wav").unlink()
    with pytest.raises(ConfigError, match="at least two"):
        Recordings(tmp_path)


def test_as_many_accompaniments_mislead_as_there_are(tmp_path):
    for number in range(2):
        write_audio(tmp_path / f"{number}.wav", np.sin(np.arange(8000) / (9 + number)), sample_rate_hz=8000)
    assert [len(pieces) for pieces in misleading_conditions(Recordings(tmp_path)).values()] == [2, 2, 2]
