"""The virtual choir as others use it: same seeds, same sound; pitch, formants, levels and lengths as asked."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from singalike.audio.choir import Melody, Note, accompany, in_range, melody, sing, singer, song
from singalike.errors import ConfigError

RATE = 16_000


def steady(seed: int, **changes: object):
    """Return a singer without vibrato, drift and scooping, whose pitch can be measured."""
    still = {"vibrato_cents": 0.0, "drift_cents": 0.0, "intonation_cents": 0.0, "scoop_semitones": 0.0}
    return replace(singer(seed), **{**still, **changes})


def scale_of(person, *, vowel: str = "a") -> Melody:
    """Return four long notes over the singer's range."""
    low, high = person.range
    return Melody(tuple(Note(m, 0.3 + i, 1.0, vowel) for i, m in enumerate((low, low + 5, high - 3, high))))


def autocorrelation_f0_hz(samples: np.ndarray) -> float:
    """Return F0 by the first high peak of the autocorrelation, refined by a parabola."""
    n = len(samples)
    power = np.abs(np.fft.rfft(samples, 2 * n)) ** 2
    r = np.fft.irfft(power)[:n] / np.arange(n, 0, -1)
    lags = np.arange(RATE // 900, RATE // 55)
    peaks = [k for k in lags if r[k] > r[k - 1] and r[k] >= r[k + 1]]
    best = max(r[k] for k in peaks)
    k = next(k for k in peaks if r[k] > 0.95 * best)
    return RATE / (k + 0.5 * (r[k - 1] - r[k + 1]) / (r[k - 1] - 2 * r[k] + r[k + 1]))


def sounding_rms(samples: np.ndarray, frames: np.ndarray) -> float:
    return float(np.sqrt(np.mean(np.square(samples[: frames.size * 320].reshape(-1, 320)[frames]))))


def test_the_same_seeds_give_the_same_samples():
    first = song(singer(3), melody(4, seconds=3), seed=5, sample_rate_hz=RATE)
    again = song(singer(3), melody(4, seconds=3), seed=5, sample_rate_hz=RATE)
    np.testing.assert_array_equal(first.mix, again.mix)
    np.testing.assert_array_equal(
        sing(singer(3), melody(4), sample_rate_hz=RATE), sing(singer(3), melody(4), sample_rate_hz=RATE)
    )
    assert melody(4) == melody(4)


def test_other_seeds_are_other_singers_tunes_bands_and_takes():
    people = [singer(seed) for seed in range(100)]
    assert len({person.tract_cm for person in people}) == 100
    assert len({person.name for person in people}) > 95
    assert melody(1).notes != melody(2).notes
    tune = melody(1, seconds=3)
    assert not np.array_equal(*(accompany(tune, seed=s, sample_rate_hz=RATE) for s in (0, 1)))
    assert not np.array_equal(*(sing(people[0], tune, sample_rate_hz=RATE, take=t) for t in (0, 1)))


def test_longer_tracts_sing_lower():
    people = [singer(seed) for seed in range(200)]
    correlation = np.corrcoef([p.tract_cm for p in people], [sum(p.range) for p in people])[0, 1]
    assert correlation < -0.8


@pytest.mark.parametrize("seed", range(6))
def test_sustained_notes_have_the_pitch_of_the_melody(seed):
    person = steady(seed)
    tune = scale_of(person)
    samples = sing(person, tune, sample_rate_hz=RATE)
    for note in tune.notes:
        middle = round((note.start_seconds + 0.5) * RATE)
        f0_hz = autocorrelation_f0_hz(samples[middle - 3200 : middle + 3200].astype(np.float64))
        asked_hz = 440 * 2 ** ((note.midi - 69) / 12)
        assert abs(1200 * np.log2(f0_hz / asked_hz)) < 20


def test_a_melody_by_hand_is_sung_when_and_as_high_as_written():
    person = steady(2, attack_seconds=0.02, release_seconds=0.04, tract_cm=17.0)
    low = person.range[0]
    tune = Melody((Note(low, 0.5, 1.0), Note(low + 7, 2.0, 1.0, "i")), tempo_bpm=60, seconds=4.0)
    assert in_range(person, tune) is tune
    samples = sing(person, tune, sample_rate_hz=RATE)
    assert len(samples) == 4 * RATE
    rms = np.sqrt(np.mean(samples.reshape(-1, RATE // 20) ** 2, axis=1))  # 50 ms each
    assert rms[:9].max() < 0.01 < 0.05 < rms[12:28].min()
    assert rms[35:39].max() < 0.05 < rms[42:58].min()


@pytest.mark.parametrize("seed", range(5))
def test_melodies_move_into_the_range_and_no_further(seed):
    person = singer(seed)
    for number in range(30):
        tune = melody(number)
        sung = in_range(person, tune)
        pitches = [note.midi for note in sung.notes]
        assert len({b.midi - a.midi for a, b in zip(tune.notes, sung.notes, strict=True)}) == 1
        assert abs((min(pitches) + max(pitches)) / 2 - sum(person.range) / 2) <= 6
        if max(pitches) - min(pitches) <= person.range[1] - person.range[0]:
            assert person.range[0] <= min(pitches) <= max(pitches) <= person.range[1]
            assert in_range(person, sung) is sung


def test_formants_scale_with_the_length_of_the_tract():
    def envelope_db(tract_cm: float) -> np.ndarray:
        person = steady(5, tract_cm=tract_cm, cluster=0.0, breath_db=-60.0, nasality_octaves=0.0, rd=0.6)
        glide = tuple(Note(40 + i % 5, 0.3 + 0.3 * i, 0.3, "a") for i in range(15))
        samples = sing(replace(person, range=(38, 46)), Melody(glide), sample_rate_hz=RATE)
        power = np.abs(np.fft.rfft(samples)) ** 2
        freqs_hz = np.fft.rfftfreq(len(samples), 1 / RATE)
        return np.array([10 * np.log10(power[np.abs(freqs_hz - f) < 90].mean()) for f in grid_hz])

    grid_hz = 400 * 2 ** (np.arange(0, 3.2, 0.02))
    long, short = envelope_db(18.0), envelope_db(14.0)
    # The same envelope, moved up in log frequency by the ratio of the lengths.
    shifts = np.arange(0, 35)
    likeness = [np.corrcoef(long[: len(long) - 35], short[s : s + len(short) - 35])[0, 1] for s in shifts]
    found = 2 ** (0.02 * shifts[int(np.argmax(likeness))])
    assert found == pytest.approx(18 / 14, rel=0.06)
    assert max(likeness) > 0.9


@pytest.mark.parametrize("rate", [8000, 44_100, 48_000])
def test_every_sample_rate_hears_the_same_song(rate):
    person, tune = singer(8), melody(9, seconds=4.0)
    reference, other = (sing(person, tune, sample_rate_hz=hz) for hz in (RATE, rate))
    assert (len(reference), len(other)) == (4 * RATE, 4 * rate)
    shared = int(4.0 * 0.4 * min(rate, RATE))  # bins of 0.25 Hz, up to 80 % of the lower Nyquist frequency
    a, b = np.fft.rfft(reference)[:shared], np.fft.rfft(other)[:shared]
    assert np.abs(np.vdot(a, b)) / np.linalg.norm(a) / np.linalg.norm(b) > 0.98


@pytest.mark.parametrize("seed", range(4))
def test_peaks_lengths_and_types(seed):
    tune = melody(seed, seconds=2.5 + seed)
    samples = sing(singer(seed), tune, sample_rate_hz=RATE)
    band = accompany(tune, seed=seed, sample_rate_hz=RATE)
    for sound in (samples, band):
        assert sound.shape == (round(tune.seconds * RATE),)
        assert sound.dtype == np.float32
        assert np.isfinite(sound).all()
        assert 0.85 < np.abs(sound).max() <= 0.9 + 1e-6


@pytest.mark.parametrize("level_db", [-6.0, 0.0, 12.0])
def test_a_mix_is_the_sum_of_its_parts_at_the_asked_level(level_db):
    made = song(singer(1), melody(2, seconds=5), seed=3, sample_rate_hz=RATE, vocal_to_accompaniment_db=level_db)
    np.testing.assert_array_equal(made.mix, made.vocals + made.accompaniment)
    assert np.abs(made.mix).max() <= 0.99
    energy = np.square(made.vocals[: len(made.vocals) // 320 * 320].reshape(-1, 320)).sum(axis=1)
    frames = energy > 1e-4 * energy.max()
    ratio = sounding_rms(made.vocals, frames) / sounding_rms(made.accompaniment, frames)
    assert 20 * np.log10(ratio) == pytest.approx(level_db, abs=0.1)


def test_the_vocals_of_a_song_are_what_sing_gives():
    person, tune = singer(1), melody(2, seconds=4)
    vocals = song(person, tune, seed=3, sample_rate_hz=RATE).vocals
    alone = sing(person, tune, sample_rate_hz=RATE)
    np.testing.assert_allclose(vocals / np.abs(vocals).max(), alone / np.abs(alone).max(), atol=1e-6)


def test_impossible_requests_are_refused():
    tune = melody(0, seconds=3)
    for refused in (
        lambda: singer(-1),
        lambda: melody(0, seconds=0.5),
        lambda: sing(singer(0), tune, sample_rate_hz=1000),
        lambda: accompany(tune, seed=0, sample_rate_hz=1000),
        lambda: accompany(tune, seed=-1, sample_rate_hz=RATE),
        lambda: Melody(()),
        lambda: Melody((Note(60, 0, 1), Note(62, 0.5, 1))),
        lambda: Melody((Note(60, 0, 1, "qx"),)),
        lambda: Melody((Note(60, 0, -1),)),
        lambda: Melody((Note(60, 0, 1),), key="H dur"),
    ):
        with pytest.raises(ConfigError):
            refused()
