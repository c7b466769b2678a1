"""The band that accompanies the virtual choir: chords, bass and drums in the melody's tempo and key."""

from __future__ import annotations

import numpy as np

from singalike.audio.chance import band_noise, stream
from singalike.audio.melody import BEATS_PER_BAR, Melody
from singalike.errors import ConfigError

_TABLE = 2048
# When the parts play, in beats of one bar.
_CHORD_BEATS = ((0.0,), (0.0, 2.0), (0.0, 1.0, 2.0, 3.0), (0.0, 1.5, 3.0))
_BASS_BEATS = ((0.0, 2.0), (0.0, 1.0, 2.0, 3.0), (0.0, 1.5, 2.0, 3.5), (0.0,))
_SNARE_BEATS = (1.0, 3.0)
_HAT_STEPS = (0.5, 1.0)


def accompany(melody: Melody, *, seed: int, sample_rate_hz: int) -> np.ndarray:
    """Play chords, bass and drums to a melody.

    Args:
        melody: Gives tempo, key, chords and length.
        seed: Which band: its instruments' timbres, patterns and balance.
        sample_rate_hz: Sample rate, at least 4000 Hz.

    Returns:
        (round(melody.seconds × sample_rate_hz),) float32, peak at 0.9.

    Raises:
        ConfigError: The sample rate is too low or the seed negative.
    """
    if sample_rate_hz < 4000:
        raise ConfigError(f"cannot play at {sample_rate_hz} Hz", hint="a sample rate of at least 4000 Hz")
    rng = stream("band", seed, melody.seed)
    out = np.zeros(round(melody.seconds * sample_rate_hz))
    for part in (_chords, _bass, _drums):
        sound = np.zeros_like(out)
        part(sound, melody, rng, sample_rate_hz)
        rms = float(np.sqrt(np.mean(sound**2)))
        out += sound / max(rms, 1e-9) * 10.0 ** (rng.uniform(-4.0, 2.0) / 20.0)
    return (out * (0.9 / np.abs(out).max())).astype(np.float32)


def _chords(out: np.ndarray, melody: Melody, rng: np.random.Generator, sample_rate_hz: int) -> None:
    """Add the chords: a pad that swells or strings that are plucked, three voices between C3 and B4."""
    plucked = rng.random() < 0.5
    beats = _CHORD_BEATS[rng.integers(1, len(_CHORD_BEATS)) if plucked else rng.integers(0, 2)]
    partials = np.exp(rng.normal(0.0, 0.5, 8)) / np.arange(1, 9) ** rng.uniform(0.8, 2.0)
    decay = rng.uniform(0.3, 1.2) if plucked else 4.0
    attack = 0.004 if plucked else rng.uniform(0.02, 0.12)
    octave = -12 if rng.random() < 0.6 else 0
    for start, seconds, degree in _events(melody, beats):
        for third in (0, 2, 4):
            tone = (melody.scale_midi(degree + third) % 12) + 60 + octave
            _add(out, start, _tone(tone, seconds, partials, attack, decay, sample_rate_hz), sample_rate_hz)


def _bass(out: np.ndarray, melody: Melody, rng: np.random.Generator, sample_rate_hz: int) -> None:
    """Add the bass: the root of each chord between E1 and Eb2."""
    beats = _BASS_BEATS[rng.integers(len(_BASS_BEATS))]
    partials = np.exp(rng.normal(0.0, 0.4, 6)) / np.arange(1, 7) ** rng.uniform(1.0, 2.5)
    decay = rng.uniform(0.4, 1.5)
    for start, seconds, degree in _events(melody, beats):
        root = (melody.scale_midi(degree) - 28) % 12 + 28
        _add(out, start, _tone(root, seconds, partials, 0.006, decay, sample_rate_hz), sample_rate_hz)


def _drums(out: np.ndarray, melody: Melody, rng: np.random.Generator, sample_rate_hz: int) -> None:
    """Add kick on one and three, snare on two and four, hi-hat on beats or half beats."""
    kick_hz, snare_hz = rng.uniform(45.0, 70.0), rng.uniform(160.0, 240.0)
    snap, hiss = rng.uniform(0.3, 1.0), rng.uniform(0.1, 0.4)
    hat_step = _HAT_STEPS[rng.integers(len(_HAT_STEPS))]
    noise = band_noise(rng, sample_rate_hz, sample_rate_hz=sample_rate_hz).astype(np.float64)
    bright = _high_passed(noise, 5000.0, sample_rate_hz)
    times = np.arange(sample_rate_hz // 4) / sample_rate_hz
    sweep = np.sin(2 * np.pi * (kick_hz * times + 4.0 * (1.0 - np.exp(-times / 0.02)) * kick_hz * 0.02))
    kick = 2.0 * sweep * np.exp(-times / 0.08)
    snare = (snap * noise[: len(times)] + np.sin(2 * np.pi * snare_hz * times)) * np.exp(-times / 0.06)
    hat = hiss * bright[: len(times)] * np.exp(-times / 0.02)
    for beat in np.arange(0.0, melody.seconds / melody.beat_seconds, hat_step):
        start = beat * melody.beat_seconds
        _add(out, start, hat, sample_rate_hz)
        if beat % BEATS_PER_BAR in _SNARE_BEATS:
            _add(out, start, snare, sample_rate_hz)
        elif beat % 2 == 0:
            _add(out, start, kick, sample_rate_hz)


def _events(melody: Melody, beats: tuple[float, ...]) -> list[tuple[float, float, int]]:
    """Return (start in seconds, length in seconds, chord degree) of every stroke of a pattern."""
    events = []
    n_bars = int(np.ceil(melody.seconds / melody.beat_seconds / BEATS_PER_BAR))
    for bar in range(n_bars):
        degree = melody.chords[bar % len(melody.chords)] if melody.chords else 0
        for beat, following in zip(beats, (*beats[1:], float(BEATS_PER_BAR)), strict=True):
            start = (bar * BEATS_PER_BAR + beat) * melody.beat_seconds
            events.append((start, (following - beat) * melody.beat_seconds, degree))
    return events


def _tone(
    midi: float, seconds: float, partials: np.ndarray, attack: float, decay: float, sample_rate_hz: int
) -> np.ndarray:
    """Return one tone: partials below Nyquist, read from a table, with attack, decay and a short release."""
    f0_hz = 440.0 * 2.0 ** ((midi - 69.0) / 12.0)
    audible = partials[: max(1, int(0.49 * sample_rate_hz / f0_hz))]
    cycle = np.arange(_TABLE) / _TABLE
    table = np.sin(2.0 * np.pi * np.outer(np.arange(1, len(audible) + 1), cycle)).T @ audible
    times = np.arange(int(seconds * sample_rate_hz)) / sample_rate_hz
    position = (times * f0_hz) % 1.0 * _TABLE
    wave = np.interp(position, np.arange(_TABLE + 1), np.append(table, table[0]))
    return wave * np.minimum(times / attack, 1.0) * np.exp(-times / decay) * np.clip((seconds - times) / 0.03, 0, 1)


def _high_passed(samples: np.ndarray, cutoff_hz: float, sample_rate_hz: int) -> np.ndarray:
    """Return samples (T,) without what lies below a frequency, which is lowered to fit under Nyquist."""
    cutoff_hz = min(cutoff_hz, 0.3 * sample_rate_hz)
    freqs_hz = np.fft.rfftfreq(len(samples), 1.0 / sample_rate_hz)
    return np.fft.irfft(np.fft.rfft(samples) * np.clip(freqs_hz / cutoff_hz, 0.0, 1.0) ** 4, len(samples))


def _add(out: np.ndarray, start_seconds: float, sound: np.ndarray, sample_rate_hz: int) -> None:
    """Add a sound to ``out`` (T,) in place, cut off at its end."""
    first = round(start_seconds * sample_rate_hz)
    room = out[first : first + len(sound)]
    room += sound[: len(room)]
