"""How a singer sings a melody: pitch, loudness, vowels and consonants over time, a thousand times a second.

Nothing here knows a sample rate, so the same performance is heard at every one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from singalike.audio.articulation import consonant_lengths, formants, opening, tuned
from singalike.audio.chance import stream, wander
from singalike.audio.intonation import pitch, vibrato
from singalike.audio.melody import Melody, Note
from singalike.audio.singer import Singer
from singalike.audio.tracks import CONTROL_RATE_HZ, smooth
from singalike.audio.vocal_tract import CONSONANTS, N_FORMANTS


@dataclass(frozen=True)
class Mood:
    """What differs between two songs of one singer: effort, larynx height, vowels and vibrato of the day."""

    effort_db: float
    formant_factors: np.ndarray
    vibrato_factor: float
    breath_db: float

    @classmethod
    def draw(cls, singer: Singer, melody: Melody, take: int) -> Mood:
        """Draw the mood of one singer in one take of one melody."""
        rng = stream("mood", singer.seed, melody.seed, take)
        larynx = rng.normal(0.0, 0.01)
        return cls(
            effort_db=float(singer.effort_db + rng.normal(0.0, 1.5)),
            formant_factors=np.exp(larynx + rng.normal(0.0, 0.01, N_FORMANTS)),
            vibrato_factor=float(np.exp(rng.normal(0.0, 0.25))),
            breath_db=float(rng.normal(0.0, 2.0)),
        )


@dataclass(frozen=True)
class Burst:
    """The noise of one consonant."""

    consonant: str
    start_seconds: float
    seconds: float


@dataclass(frozen=True)
class Performance:
    """Tracks of K moments, CONTROL_RATE_HZ a second, and the consonants' noises.

    Attributes:
        f0_hz: (K,) fundamental frequency, defined in pauses too.
        voice: (K,) strength of the glottal pulses, 1 is middle loudness.
        breath: (K,) strength of the aspiration noise.
        rd: (K,) shape of the glottal pulses.
        formants_hz: (K, N_FORMANTS).
        bursts: Noises of consonants in order.
    """

    f0_hz: np.ndarray
    voice: np.ndarray
    breath: np.ndarray
    rd: np.ndarray
    formants_hz: np.ndarray
    bursts: tuple[Burst, ...]


def in_range(singer: Singer, melody: Melody) -> Melody:
    """Return the melody as the singer sings it: unchanged where it lies in the singer's comfortable range.

    Otherwise it is moved by octaves to where its middle is nearest to that of the range, then by as few
    semitones as bring it inside, into another key. A melody wider than the range is centred on it.
    """
    pitches = [note.midi for note in melody.notes]
    low, high = min(pitches), max(pitches)
    if singer.range[0] <= low and high <= singer.range[1]:
        return melody
    octaves = 12 * round((sum(singer.range) - low - high) / 24)
    up, down = singer.range[0] - low - octaves, high + octaves - singer.range[1]
    if up + down > 0:
        rest = round((sum(singer.range) - low - high) / 2) - octaves
    else:
        rest = int(np.ceil(max(up, 0.0)) - np.ceil(max(down, 0.0)))
    return melody.transposed(octaves + rest)


def perform(singer: Singer, melody: Melody, take: int) -> Performance:
    """Decide how ``singer`` sings ``melody``, as it stands, in take number ``take``."""
    rng = stream("performance", singer.seed, melody.seed, take)
    mood = Mood.draw(singer, melody, take)
    times = np.arange(int(np.ceil(melody.seconds * CONTROL_RATE_HZ)) + 2) / CONTROL_RATE_HZ
    consonant_seconds = consonant_lengths(singer, melody.notes)
    levels_db = _levels_db(rng, singer, melody.notes)
    semitones = pitch(rng, singer, melody.notes, times)
    semitones += vibrato(rng, singer, melody.notes, times) * mood.vibrato_factor
    f0_hz = 440.0 * 2.0 ** ((semitones - 69.0) / 12.0)
    level_db = mood.effort_db + smooth(np.interp(times, [n.start_seconds for n in melody.notes], levels_db), 0.1)
    envelope = opening(singer, melody.notes, consonant_seconds, times)
    voice = envelope * 10.0 ** (level_db / 20.0)
    breath = envelope * 10.0 ** ((singer.breath_db + mood.breath_db + 0.5 * level_db) / 20.0)
    # Louder singing closes the glottis faster; folds close less at the edges of a phrase.
    rd = singer.rd * np.exp(-0.05 * level_db + 0.06 * wander(rng, times, 4.0)) + 0.4 * (1.0 - envelope)
    formants_hz = formants(rng, singer, melody.notes, consonant_seconds, times) * mood.formant_factors
    return Performance(
        f0_hz, voice, breath, rd, tuned(formants_hz, f0_hz), _bursts(singer, melody.notes, consonant_seconds)
    )


def _levels_db(rng: np.random.Generator, singer: Singer, notes: tuple[Note, ...]) -> np.ndarray:
    """Return each note's loudness: higher is louder, and no two notes are quite alike."""
    height = np.array([note.midi for note in notes]) - sum(singer.range) / 2
    return 0.3 * np.clip(height, -12, 12) + rng.normal(0.0, 1.0, len(notes))


def _bursts(singer: Singer, notes: tuple[Note, ...], consonant_seconds: list[float]) -> tuple[Burst, ...]:
    """Return the noises of the consonants that have one; each begins with its consonant."""
    bursts = []
    for note, length in zip(notes, consonant_seconds, strict=True):
        if seconds := CONSONANTS[note.consonant].noise_seconds * singer.diction:
            bursts.append(Burst(note.consonant, note.start_seconds - length, seconds))
    return tuple(bursts)
