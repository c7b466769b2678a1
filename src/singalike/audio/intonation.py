"""Intonation: the pitch a singer makes of a tune, from gliding and scooping to drift and vibrato."""

from __future__ import annotations

import numpy as np

from singalike.audio.chance import wander
from singalike.audio.melody import Note
from singalike.audio.singer import Singer
from singalike.audio.tracks import CONTROL_RATE_HZ, joined, smooth


def pitch(rng: np.random.Generator, singer: Singer, notes: tuple[Note, ...], times: np.ndarray) -> np.ndarray:
    """Return the melody (K,) in MIDI numbers with glides, scoops, intonation and drift, without vibrato."""
    targets = [note.midi + rng.normal(0.0, singer.intonation_cents) / 100.0 for note in notes]
    points = []
    for i, note in enumerate(notes):
        before = notes[i - 1] if i else None
        glide = min(singer.portamento_seconds, 0.45 * note.seconds)
        if before is not None and note.follows(before):
            glide = min(glide, 0.45 * before.seconds)
            points.append((note.start_seconds - glide / 2, targets[i - 1]))
            points.append((note.start_seconds + glide / 2, targets[i]))
        else:
            points.append((note.start_seconds - 0.05, targets[i] - singer.scoop_semitones))
            points.append((note.start_seconds + glide, targets[i]))
        points.append((note.end_seconds - min(singer.portamento_seconds / 2, 0.45 * note.seconds), targets[i]))
    track = joined(times, points)
    return smooth(track, 0.03) + wander(rng, times, 2.0) * singer.drift_cents / 100.0


def vibrato(rng: np.random.Generator, singer: Singer, notes: tuple[Note, ...], times: np.ndarray) -> np.ndarray:
    """Return the vibrato (K,) in semitones: it sets in late, swells, and wanders in rate and extent."""
    points = []
    for note in notes:
        onset = note.start_seconds + singer.vibrato_delay_seconds
        if onset + 0.2 < note.end_seconds:
            points += [(onset, 0.0), (min(onset + 0.3, note.end_seconds - 0.05), 1.0)]
            points += [(note.end_seconds - 0.04, 1.0), (note.end_seconds, 0.0)]
    swell = joined(times, points) if points else np.zeros_like(times)
    rate = singer.vibrato_hz * (1.0 + singer.vibrato_irregularity * wander(rng, times, 3.0))
    extent = singer.vibrato_cents * np.exp(singer.vibrato_irregularity * wander(rng, times, 2.0))
    phase = rng.uniform() + np.cumsum(rate) / CONTROL_RATE_HZ
    return swell * extent / 100.0 * np.sin(2.0 * np.pi * phase)
