"""The virtual choir: any number of singers, each from a seed, singing any melody at any sample rate.

    singer(7)  melody(3) ──► performance (pitch, loudness, vowels over time) ──► sing ──► song, with a band

The voice is a source–filter model. Pulses carry pitch, vibrato, jitter and shimmer; breath hisses while the
glottis is open; both pass a vocal tract that moves from vowel to vowel; consonants add noises of their own.

    singer · melody      who sings, what is sung
    performance          how it is sung, from intonation (pitch) and articulation (vowels, consonants)
    voice                its sound, from glottis (pulses) and vocal_tract (resonances)
    booth · band         microphone and room; chords, bass and drums

Everything follows from seeds: the same call gives the same samples. A song's mood (effort, larynx height,
vibrato) and its booth follow from singer, melody and take. How hard the singers are to tell apart is measured
by benchmarks/choir_difficulty.py.

References, given in full where they are used (glottis, vocal_tract, singer): G. Fant et al. 1985, 1995 (glottal
pulse); D. H. Klatt 1980, Klatt & Klatt 1990 (cascade of formants, noise, breath); G. E. Peterson, H. L. Barney
1952 (vowels); G. Fant 1960, 1972 (higher poles, bandwidths); J. Sundberg 1987, E. Prame 1994, 1997 (singing);
F. Roers et al. 2009 (tract lengths); J. Dang, K. Honda 1997 (antiformant).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from singalike.audio.band import accompany
from singalike.audio.booth import record
from singalike.audio.chance import stream
from singalike.audio.melody import Melody, Note, melody
from singalike.audio.performance import in_range, perform
from singalike.audio.singer import Singer, singer
from singalike.audio.voice import vocalise
from singalike.errors import ConfigError

__all__ = ["Melody", "Note", "Singer", "Song", "accompany", "in_range", "melody", "sing", "singer", "song"]

_PEAK = 0.9
_MIX_PEAK = 0.989


@dataclass(frozen=True)
class Song:
    """A song: ``mix`` is exactly ``vocals + accompaniment``, each (T,) float32."""

    mix: np.ndarray
    vocals: np.ndarray
    accompaniment: np.ndarray


def sing(singer: Singer, melody: Melody, *, sample_rate_hz: int, take: int = 0) -> np.ndarray:
    """Let a singer sing a melody, moved into the singer's range where need be (see :func:`in_range`).

    Args:
        singer: Who sings.
        melody: What is sung.
        sample_rate_hz: Sample rate; a higher one only adds what lies above the lower one's Nyquist frequency.
        take: Another take is another mood, another booth, other small deviations.

    Returns:
        (round(melody.seconds × sample_rate_hz),) float32, peak at 0.9.

    Raises:
        ConfigError: The sample rate is below 4000 Hz or the take is negative.
    """
    return _sung(singer, in_range(singer, melody), sample_rate_hz=sample_rate_hz, take=take)


def song(
    singer: Singer,
    melody: Melody,
    *,
    seed: int,
    sample_rate_hz: int,
    vocal_to_accompaniment_db: float = 0.0,
    take: int = 0,
) -> Song:
    """Let a singer sing a melody with a band.

    Args:
        singer: Who sings.
        melody: What is sung.
        seed: Which band plays (see :func:`accompany`).
        sample_rate_hz: Sample rate.
        vocal_to_accompaniment_db: RMS of vocals over RMS of accompaniment, both where the vocals sound.
        take: Which take of the singer (see :func:`sing`).

    Returns:
        Mix, vocals and accompaniment, scaled alike where the mix would pass 0.99.

    Raises:
        ConfigError: As :func:`sing`.
    """
    melody = in_range(singer, melody)  # the band plays in the singer's key
    vocals = _sung(singer, melody, sample_rate_hz=sample_rate_hz, take=take)
    accompaniment = accompany(melody, seed=seed, sample_rate_hz=sample_rate_hz)
    sounding = _sounding(vocals, sample_rate_hz=sample_rate_hz)
    ratio = _rms(vocals[sounding]) / max(_rms(accompaniment[sounding]), 1e-9)
    accompaniment = accompaniment * np.float32(ratio * 10.0 ** (-vocal_to_accompaniment_db / 20.0))
    scale = np.float32(min(1.0, _MIX_PEAK / np.abs(vocals + accompaniment).max()))
    vocals, accompaniment = vocals * scale, accompaniment * scale
    return Song(vocals + accompaniment, vocals, accompaniment)


def _sung(singer: Singer, melody: Melody, *, sample_rate_hz: int, take: int) -> np.ndarray:
    """Let a singer sing a melody as it stands."""
    if sample_rate_hz < 4000:
        raise ConfigError(f"cannot sing at {sample_rate_hz} Hz", hint="a sample rate of at least 4000 Hz")
    key = (singer.seed, melody.seed, take)
    act = perform(singer, melody, take)
    n_samples = round(melody.seconds * sample_rate_hz)
    voice = vocalise(singer, act, stream("voice", *key), n_samples=n_samples, sample_rate_hz=sample_rate_hz)
    voice = record(voice, stream("booth", *key), sample_rate_hz=sample_rate_hz)
    return (voice * (_PEAK / np.abs(voice).max())).astype(np.float32)


def _rms(samples: np.ndarray) -> float:
    return float(np.sqrt(np.mean(np.square(samples, dtype=np.float64))))


def _sounding(vocals: np.ndarray, *, sample_rate_hz: int) -> np.ndarray:
    """Return (T,) bool: where 20-ms frames lie within 40 dB of the loudest."""
    width = sample_rate_hz // 50
    padded = np.pad(vocals, (0, -len(vocals) % width)).reshape(-1, width)
    energy = np.square(padded).sum(axis=1)
    return np.repeat(energy > 1e-4 * energy.max(), width)[: len(vocals)]
