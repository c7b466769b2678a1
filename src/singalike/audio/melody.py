"""Tunes for the virtual choir: syllables over a chord progression, drawn from a seed or given by hand."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from singalike.audio.chance import stream
from singalike.audio.vocal_tract import CONSONANTS, VOWELS
from singalike.errors import ConfigError

TONICS = ("C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B")
SCALES = {"major": (0, 2, 4, 5, 7, 9, 11), "minor": (0, 2, 3, 5, 7, 8, 10)}
BEATS_PER_BAR = 4
_CONNECTED_SECONDS = 0.06  # a shorter pause is sung through

# Chord progressions as scale degrees (0 is the tonic), one chord a bar.
_PROGRESSIONS = ((0, 4, 5, 3), (0, 5, 3, 4), (0, 3, 4, 0), (5, 3, 0, 4), (0, 3, 0, 4), (0, 2, 3, 4))
# Rhythms of one bar in beats; a negative number is a rest.
_RHYTHMS = (
    (1, 1, 1, 1),
    (1, 0.5, 0.5, 2),
    (2, 0.5, 0.5, 1),
    (0.5, 0.5, 1, 0.5, 0.5, 1),
    (1.5, 0.5, 1, 1),
    (1.5, 0.5, 1.5, 0.5),
    (0.5, 0.5, 0.5, 0.5, 2),
    (0.5, 0.5, 0.5, 0.5, 1, 1),
)
_PHRASE_ENDS = ((3, -1), (1, 2, -1), (0.5, 0.5, 2, -1), (1, 1, 1, -1), (0.5, 0.5, 0.5, 0.5, 1.5, -0.5))


@dataclass(frozen=True)
class Note:
    """One sung syllable: MIDI number, when, how long, vowel (of VOWELS), consonant before it (of CONSONANTS)."""

    midi: float
    start_seconds: float
    seconds: float
    vowel: str = "a"
    consonant: str = ""

    @property
    def end_seconds(self) -> float:
        """When the note ends."""
        return self.start_seconds + self.seconds

    def follows(self, before: Note | None) -> bool:
        """Whether the note is sung on from the one before, with hardly a pause."""
        return before is not None and self.start_seconds - before.end_seconds < _CONNECTED_SECONDS


@dataclass(frozen=True)
class Melody:
    """A tune. Bars of four beats begin at 0 s.

    Attributes:
        notes: The notes in order of time; one voice, so they must not overlap.
        tempo_bpm: Beats a minute.
        key: Tonic and mode, such as ``"Eb minor"``.
        chords: The scale degree of each bar's triad (0 is the tonic); empty: the tonic throughout.
        seconds: Length of the recording; 0 means a third of a second after the last note.
        seed: Names the tune; a singer's mood and the recording conditions follow from it.
    """

    notes: tuple[Note, ...]
    tempo_bpm: float = 100.0
    key: str = "C major"
    chords: tuple[int, ...] = ()
    seconds: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        notes = tuple(self.notes)
        if not notes:
            raise ConfigError("a melody needs at least one note")
        for before, after in pairwise(notes):
            if after.start_seconds < before.end_seconds - 1e-6:
                raise ConfigError(f"notes overlap at {after.start_seconds:.2f} s", hint="one voice, in order of time")
        for note in notes:
            if note.vowel not in VOWELS or note.consonant not in CONSONANTS:
                raise ConfigError(
                    f"no syllable {note.consonant + note.vowel!r}",
                    hint=f"vowels: {' '.join(VOWELS)}; consonants: {' '.join(CONSONANTS)}",
                )
            if note.seconds <= 0 or note.start_seconds < 0 or not 24 <= note.midi <= 96:
                raise ConfigError(f"not a note one can sing: {note}", hint="midi 24 to 96, positive times")
        tonic, _, mode = self.key.partition(" ")
        if tonic not in TONICS or mode not in SCALES or not 20 <= self.tempo_bpm <= 400:
            raise ConfigError(
                f"no key {self.key!r} at {self.tempo_bpm} bpm", hint=f"{' '.join(TONICS)}, major or minor"
            )
        object.__setattr__(self, "notes", notes)
        if self.seconds < notes[-1].end_seconds:
            object.__setattr__(self, "seconds", notes[-1].end_seconds + 1 / 3)

    @property
    def beat_seconds(self) -> float:
        """Length of a beat."""
        return 60.0 / self.tempo_bpm

    def scale_midi(self, degree: int) -> int:
        """Return the MIDI number of a scale degree; 0 is the tonic between 60 and 71, 7 the one above."""
        tonic, _, mode = self.key.partition(" ")
        octave, step = divmod(degree, 7)
        return 60 + TONICS.index(tonic) + 12 * octave + SCALES[mode][step]

    def transposed(self, semitones: int) -> Melody:
        """Return the melody moved by semitones; its key follows."""
        tonic, _, mode = self.key.partition(" ")
        return replace(
            self,
            notes=tuple(replace(note, midi=note.midi + semitones) for note in self.notes),
            key=f"{TONICS[(TONICS.index(tonic) + semitones) % 12]} {mode}",
        )


def melody(seed: int, *, seconds: float | None = None) -> Melody:
    """Draw a tune: two-bar phrases with a rest at their ends, chord tones on the beat, steps in between.

    Args:
        seed: Which tune.
        seconds: Length of the recording; drawn from 8 to 12 s where None.

    Raises:
        ConfigError: ``seconds`` is below 2, too short for a phrase.
    """
    rng = stream("melody", seed)
    length = float(rng.uniform(8.0, 12.0)) if seconds is None else float(seconds)
    if length < 2.0:
        raise ConfigError(f"a melody of {length} s is too short", hint="at least 2 s")
    tempo = float(rng.integers(80, 148))
    key = f"{TONICS[rng.integers(12)]} {'major' if rng.random() < 0.6 else 'minor'}"
    n_bars = int(np.ceil(length * tempo / 60 / BEATS_PER_BAR))
    progression = _PROGRESSIONS[rng.integers(len(_PROGRESSIONS))]
    chords = tuple(progression[bar % len(progression)] for bar in range(n_bars))
    # A first, bare melody gives the scale; degrees are turned into pitches by it.
    blank = Melody((Note(60, 0, 1),), tempo, key)
    notes = []
    degree = int(rng.integers(0, 5))
    for start_beat, beats, on_beat in _rhythm(rng, n_bars):
        degree = _next_degree(rng, degree, chords[int(start_beat) // BEATS_PER_BAR], on_beat)
        # A quarter of a second stays free at either end, for the first consonant and the last breath.
        start = max(start_beat * blank.beat_seconds, 0.25)
        held = min((start_beat + beats) * blank.beat_seconds, length - 0.25) - start
        if held < 0.15:
            continue
        vowel, consonant = rng.choice(list(VOWELS)), rng.choice(list(CONSONANTS))
        notes.append(Note(blank.scale_midi(degree), start, held, str(vowel), str(consonant)))
    return Melody(tuple(notes), tempo, key, chords, length, seed)


def _rhythm(rng: np.random.Generator, n_bars: int) -> list[tuple[float, float, bool]]:
    """Return (start in beats, length in beats, whether on a strong beat) of every note."""
    events = []
    for bar in range(n_bars):
        patterns = _PHRASE_ENDS if bar % 2 else _RHYTHMS
        beat = float(bar * BEATS_PER_BAR)
        for beats in patterns[rng.integers(len(patterns))]:
            if beats > 0:
                events.append((beat, float(beats), beat % 2 == 0))
            beat += abs(beats)
    return events


def _next_degree(rng: np.random.Generator, degree: int, chord: int, on_beat: bool) -> int:
    """Step or leap from a scale degree, drawn to the middle; on strong beats to a tone of the chord."""
    pull = (2 - degree) / 8
    degree += int(np.clip(np.rint(rng.normal(pull, 1.6)), -4, 4))
    degree = int(np.clip(degree, -2, 6))
    if on_beat:
        tones = [d for d in range(-2, 7) if (d - chord) % 7 in (0, 2, 4)]
        degree = min(tones, key=lambda tone: (abs(tone - degree), tone))
    return degree
