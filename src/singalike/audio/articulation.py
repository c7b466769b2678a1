"""Articulation: how far the voice is open and where the resonances are while a singer sings syllables."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from singalike.audio.melody import Note
from singalike.audio.singer import Singer
from singalike.audio.tracks import joined, smooth
from singalike.audio.vocal_tract import CONSONANTS, HIGHER_HZ, REFERENCE_CM, VOWELS

_CLUSTER_HZ = np.array([2650.0, 2950.0, 3350.0])  # F3, F4, F5 in a full singer's formant (Sundberg 1987)


def consonant_lengths(singer: Singer, notes: tuple[Note, ...]) -> list[float]:
    """Return the length of each note's consonant, which is sung before the beat."""
    room = [notes[0].start_seconds] + [0.4 * (b.start_seconds - a.start_seconds) for a, b in pairwise(notes)]
    return [
        min(CONSONANTS[note.consonant].seconds * singer.diction, limit) for note, limit in zip(notes, room, strict=True)
    ]


def opening(singer: Singer, notes: tuple[Note, ...], consonant_seconds: list[float], times: np.ndarray) -> np.ndarray:
    """Return how far the voice is open (K,), 0 to 1: attacks, releases, closures of consonants, dips."""
    points = []
    for i, (note, length) in enumerate(zip(notes, consonant_seconds, strict=True)):
        before, after = (notes[i - 1] if i else None), (notes[i + 1] if i + 1 < len(notes) else None)
        start = note.start_seconds
        open_end = note.end_seconds
        if after is not None:
            open_end = min(open_end, after.start_seconds - consonant_seconds[i + 1])
        attack = min(singer.attack_seconds, 0.4 * note.seconds)
        release = min(singer.release_seconds, 0.4 * (open_end - start))
        through = CONSONANTS[note.consonant].voice if note.consonant else 0.0
        if note.consonant:
            points += [
                (start - length, 0.0 if not note.follows(before) else through),
                (start - 0.005, through),
            ]
        elif note.follows(before):
            points.append((start, 1.0 - 0.8 * singer.detachment))
        else:
            points.append((start, 0.0))
        points += [(start + attack, 1.0), (open_end - release, 0.9)]
        if after is None or not after.follows(note):
            points.append((open_end, 0.0))
        elif after.consonant:
            points.append((open_end - 0.01, 0.9 - 0.6 * singer.detachment))
    points.append((times[-1] + 1.0, 0.0))
    return smooth(joined(times, [(0.0, 0.0), *points]), 0.012)


def formants(
    rng: np.random.Generator,
    singer: Singer,
    notes: tuple[Note, ...],
    consonant_seconds: list[float],
    times: np.ndarray,
) -> np.ndarray:
    """Return the resonances (K, N_FORMANTS) in Hz of the singer's tract, before tuning to the pitch."""
    targets = _vowel_targets(singer)
    points = []
    vowel = None
    for note, length in zip(notes, consonant_seconds, strict=True):
        before = vowel
        vowel = targets[note.vowel] + rng.normal(0.0, 0.015, 3)
        start, glide = note.start_seconds, min(singer.glide_seconds, 0.4 * note.seconds)
        if note.consonant:
            locus = np.log(CONSONANTS[note.consonant].locus_hz)
            locus = 0.6 * locus + 0.4 * vowel  # coarticulation
            if before is not None:
                points.append((start - length - glide / 2, before))
            points += [(start - length, locus), (start, locus), (start + glide, vowel)]
        else:
            if before is not None:
                points.append((start - glide / 2, before))
            points.append((start + glide / 2, vowel))
    vowels = [np.exp(smooth(track, 0.03)) for track in joined(times, points).T]
    higher = [np.full_like(times, hz) for hz in HIGHER_HZ]
    scale = REFERENCE_CM / singer.tract_cm * np.array(singer.formant_deviations)
    formants_hz = np.stack(vowels + higher, axis=1) * scale
    clustered = _CLUSTER_HZ * (REFERENCE_CM / singer.tract_cm) ** 0.5
    formants_hz[:, 2:5] = formants_hz[:, 2:5] ** (1.0 - singer.cluster) * clustered**singer.cluster
    return formants_hz


def _vowel_targets(singer: Singer) -> dict[str, np.ndarray]:
    """Return log F1, F2, F3 of the singer's vowels in a tract of the reference length."""
    spoken = np.log(list(VOWELS.values()))
    middle = spoken.mean(axis=0)
    sung = middle + singer.vowel_space * (spoken - middle) + np.log(singer.accent)
    return dict(zip(VOWELS, sung, strict=True))


def tuned(formants_hz: np.ndarray, f0_hz: np.ndarray) -> np.ndarray:
    """Raise F1 to the pitch where the pitch would pass it, as trained singers do, and F2 to stay above F1."""
    tuned = formants_hz.copy()
    tuned[:, 0] = (formants_hz[:, 0] ** 8 + (1.02 * f0_hz) ** 8) ** 0.125
    tuned[:, 1] = (formants_hz[:, 1] ** 8 + (1.15 * tuned[:, 0]) ** 8) ** 0.125
    return tuned
