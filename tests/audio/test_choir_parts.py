"""The parts of the virtual choir against their sources: pulse, resonances, performance, tunes and band."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from singalike.audio.band import accompany
from singalike.audio.chance import band_noise, stream
from singalike.audio.glottis import glottal_spectrum, lf_pulse, pulse_train
from singalike.audio.melody import SCALES, TONICS, Melody, Note, melody
from singalike.audio.performance import perform
from singalike.audio.singer import singer
from singalike.audio.vocal_tract import REFERENCE_CM, bandwidths, higher_poles, transfer

RATE = 16_000


@pytest.mark.parametrize("rd", [0.4, 1.0, 1.8, 2.7])
def test_the_glottal_pulse_closes_and_gets_darker_with_rd(rd):
    pulse = lf_pulse(rd, 8192)
    assert pulse.min() == pytest.approx(-1.0, abs=0.02)
    flow = np.cumsum(pulse) / 8192
    assert abs(flow[-1]) < 0.002 * flow.max()  # the flow returns to zero
    assert flow.min() > -0.002 * flow.max()
    # Rd itself, by its definition: peak flow over its declination, (1/0.11) · Up · F0 / Ee (Fant 1995).
    assert flow.max() / 0.11 == pytest.approx(rd, rel=0.12)


def test_pressed_voices_are_brighter_than_breathy_ones():
    harmonics = np.array([100.0, 3000.0])
    pressed, breathy = np.abs(glottal_spectrum(np.array([0.5, 2.5]), np.array([100.0, 100.0]), harmonics))
    assert pressed[1] / pressed[0] > 10 * breathy[1] / breathy[0]


def test_the_spectrum_of_the_pulse_is_its_fourier_series():
    pulse = lf_pulse(1.0, 4096)
    series = np.fft.rfft(pulse)[1:30] / 4096
    table = glottal_spectrum(np.array([1.0]), np.array([200.0]), 200.0 * np.arange(1, 30))[0]
    np.testing.assert_allclose(np.abs(table), np.abs(series), rtol=0.02, atol=1e-5)


def test_pulses_hold_every_harmonic_below_nyquist_and_nothing_else():
    f0_hz = np.full(RATE, 250.0)
    spectrum = np.abs(np.fft.rfft(pulse_train(np.cumsum(f0_hz) / RATE, f0_hz, sample_rate_hz=RATE))) / RATE
    expected = np.zeros_like(spectrum)
    expected[0], expected[250:7800:250] = 1.0, 1.0
    np.testing.assert_allclose(spectrum, expected, atol=1e-6)


def test_a_neutral_tract_peaks_at_odd_multiples_of_500_hz():
    formants_hz = 500.0 + 1000.0 * np.arange(8)[None]
    freqs_hz = np.arange(0.0, 8000.0, 5.0)
    response = transfer(freqs_hz, formants_hz, bandwidths(formants_hz))[0] * higher_poles(freqs_hz, REFERENCE_CM)
    level_db = 20 * np.log10(np.abs(response))
    peaks = freqs_hz[1:-1][(level_db[1:-1] > level_db[:-2]) & (level_db[1:-1] > level_db[2:])]
    np.testing.assert_allclose(peaks[:5], [500, 1500, 2500, 3500, 4500], atol=40)
    assert level_db[0] == pytest.approx(0.0, abs=0.1)
    # A tube without losses would stand at 0 dB between its resonances, however high; losses lower it a little.
    np.testing.assert_allclose(level_db[[200, 400, 600]], 0.0, atol=1.0)


def test_noise_is_the_same_at_every_rate():
    low, high = (band_noise(stream("test", 1), 2 * hz, sample_rate_hz=hz) for hz in (RATE, 3 * RATE))
    below = np.fft.rfft(high)[: RATE - 1] / 3
    np.testing.assert_allclose(below, np.fft.rfft(low)[: RATE - 1], atol=1e-2)
    assert low.std() == pytest.approx(0.9, abs=0.02)


def test_vibrato_sets_in_late_at_the_singers_rate_and_extent():
    person = replace(
        singer(0),
        vibrato_hz=5.5,
        vibrato_cents=60.0,
        vibrato_delay_seconds=0.5,
        vibrato_irregularity=0.0,
        drift_cents=0.0,
    )
    act = perform(person, Melody((Note(60, 0.5, 3.0),)), 0)
    cents = 1200 * np.log2(act.f0_hz / np.median(act.f0_hz))
    assert np.ptp(cents[700:990]) < 5
    swing = cents[1400:3400]
    strength = np.abs(np.fft.rfft(swing - swing.mean(), 20_000))
    assert np.argmax(strength) / 20.0 == pytest.approx(5.5, abs=0.15)
    assert 30 < np.ptp(swing) / 2 < 130


def test_high_notes_raise_the_first_formant():
    act = perform(singer(0), Melody((Note(84, 0.5, 1.0, "i"), Note(48, 2.0, 1.0, "i"))), 0)
    high, low = act.formants_hz[1000], act.formants_hz[2500]
    assert high[0] >= act.f0_hz[1000] > 1.3 * low[0]
    assert (np.diff(act.formants_hz[:, :2], axis=1) > 0).all()


def test_stops_close_the_voice_and_nasals_do_not():
    def voice_before(consonant: str) -> float:
        notes = (Note(60, 0.5, 1.0, "a"), Note(62, 1.5, 1.0, "a", consonant))
        return float(perform(singer(0), Melody(notes), 0).voice[1400:1500].min())

    assert voice_before("t") < 0.02 < 0.15 < voice_before("m")


@pytest.mark.parametrize("seed", range(20))
def test_tunes_are_in_their_key_on_their_beats_and_in_time(seed):
    tune = melody(seed)
    tonic, mode = tune.key.split()
    assert 8 <= tune.seconds <= 12
    assert {(note.midi - TONICS.index(tonic)) % 12 for note in tune.notes} <= set(SCALES[mode])
    assert tune.notes[-1].end_seconds <= tune.seconds - 0.25 + 1e-9
    beats = np.array([note.start_seconds for note in tune.notes[1:]]) / tune.beat_seconds * 2
    np.testing.assert_allclose(beats, np.rint(beats), atol=1e-6)
    assert len({note.midi for note in tune.notes}) > 2


@pytest.mark.parametrize("seconds", [2.0, 3.3, 30.0])
def test_tunes_have_the_asked_length(seconds):
    for seed in range(50):
        assert melody(seed, seconds=seconds).seconds == seconds


def test_transposing_takes_the_key_along():
    tune = Melody((Note(60, 0, 1),), key="Bb minor").transposed(3)
    assert (tune.key, tune.notes[0].midi) == ("Db minor", 63)


@pytest.mark.parametrize("tempo_bpm", [75.0, 100.0, 132.0])
def test_the_band_keeps_the_tempo(tempo_bpm):
    tune = Melody((Note(60, 0, 20),), tempo_bpm=tempo_bpm)
    samples = accompany(tune, seed=1, sample_rate_hz=RATE)
    frames = samples[: len(samples) // 80 * 80].reshape(-1, 80)  # 5 ms
    level = np.log(np.square(np.diff(frames, axis=1)).mean(axis=1) + 1e-6)
    rises = np.maximum(level[2:] - level[:-2], 0)
    half_beat = 30.0 / tempo_bpm / 0.005  # in frames
    spread = {}
    for stretch in (1.0, 0.93, 1.07):
        phases = np.exp(2j * np.pi * np.arange(len(rises)) / (half_beat * stretch))
        spread[stretch] = abs((rises * phases).sum()) / rises.sum()
    assert spread[1.0] > 3 * max(spread[0.93], spread[1.07])


@pytest.mark.parametrize("key", ["C major", "Eb major", "Gb minor"])
def test_the_band_plays_the_chords_of_the_key(key):
    tune = Melody((Note(60, 0, 9.6),), tempo_bpm=100, key=key, chords=(0, 3, 4, 0), seconds=9.6)
    samples = accompany(tune, seed=2, sample_rate_hz=RATE)
    tonic, mode = key.split()
    for bar, degree in enumerate(tune.chords):
        part = samples[round(bar * 2.4 * RATE) : round((bar + 1) * 2.4 * RATE)]
        power = np.abs(np.fft.rfft(part * np.hanning(len(part)))) ** 2
        midi = 69 + 12 * np.log2(np.fft.rfftfreq(len(part), 1 / RATE)[1:] / 440)
        heard = (midi > 47.5) & (midi < 72.5)
        chroma = np.bincount(np.rint(midi[heard]).astype(int) % 12, power[1:][heard], 12)
        scale = SCALES[mode]
        triad = {(TONICS.index(tonic) + scale[(degree + third) % 7]) % 12 for third in (0, 2, 4)}
        assert set(np.argsort(chroma)[-3:]) == triad
