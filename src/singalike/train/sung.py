"""Speakers made to sing: each recording once more, its vowels held and brought to notes, its formants kept.

Speech is what openly licensed voices mostly are. A sung vowel is long, its pitch hardly moves within a note but for a
vibrato, and lies where the song wants it; so a copy of each recording gets vowels of another length, on other heights.
The voice stays the same voice: that is what the encoder is to learn.
"""

from __future__ import annotations

import hashlib
import math
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from singalike.augment.pitch_track import PitchTrack, track_pitch
from singalike.augment.psola import held_f0_hz, new_lengths, relay
from singalike.corpus.cache import save_array

_CHUNK_SECONDS = 8.0
_F0_HZ = (75.0, 600.0)
_NOTES = 400  # a chunk has fewer stretches of voice
_FULL_SCALE = 32_767
_VERSION = 2


@dataclass(frozen=True)
class Song:
    """How chunks are sung.

    Attributes:
        octaves: (B,) how much higher the median lies.
        range_ratio: (B,) what is left of the movement of the pitch within a stretch of voice.
        longer: (B,) new duration of what is voiced over the old one.
        notes: (B, _NOTES) semitones off the median, one for each stretch of voice.
        vibrato_semitones, vibrato_hz: (B,) its extent and rate.
    """

    octaves: Tensor
    range_ratio: Tensor
    longer: Tensor
    notes: Tensor
    vibrato_semitones: Tensor
    vibrato_hz: Tensor


def draw_song(rng: np.random.Generator, chunks: int) -> Song:
    """Draw a song: −½ to 1 octave higher, vowels 1 to 2.5 times as long, notes 3 semitones (σ) around the median.

    Half of the chunks have a vibrato of up to 0.8 semitones at 4.5 to 7 Hz.
    """

    def uniform(low: float, high: float) -> Tensor:
        return torch.from_numpy(rng.uniform(low, high, chunks).astype(np.float32))

    return Song(
        octaves=uniform(-0.5, 1.0),
        range_ratio=uniform(0.0, 0.6),
        longer=uniform(1.0, 2.5),
        notes=torch.from_numpy((3.0 * rng.standard_normal((chunks, _NOTES))).round().clip(-7, 7).astype(np.float32)),
        vibrato_semitones=uniform(-0.8, 0.8).clamp_min(0.0),
        vibrato_hz=uniform(4.5, 7.0),
    )


@torch.no_grad()
def sing(samples: Tensor, song: Song, *, sample_rate_hz: int) -> Tensor:
    """Make chunks (B, T) of one recording sing, and join them again: (U,). Chunks without pitch stay as they are."""
    low_hz, high_hz = _F0_HZ
    track = track_pitch(samples, sample_rate_hz=sample_rate_hz, pitch_floor_hz=low_hz, pitch_ceiling_hz=high_hz)
    speed = _asked_f0_hz(track, song, sample_rate_hz) / held_f0_hz(track)
    longest = sample_rate_hz / low_hz
    sung = relay(samples, track, sample_rate_hz=sample_rate_hz, speed=speed, longest=longest, longer=song.longer)
    lengths = new_lengths(track, samples.shape[1], song.longer)
    silent = ~track.voiced.any(dim=1)
    rows = zip(samples, sung, lengths, silent, strict=True)
    return torch.cat([before if passed else after[:length] for before, after, length, passed in rows])


def _asked_f0_hz(track: PitchTrack, song: Song, sample_rate_hz: int) -> Tensor:
    """Return the F0 (B, F) of the song; under 75 Hz it is an octave higher, above 1200 Hz an octave lower."""
    f0_hz, voiced = held_f0_hz(track), track.voiced
    median_hz = torch.nan_to_num(track.median_hz(), nan=1.0)[:, None]
    stretch = (voiced & ~torch.nn.functional.pad(voiced, (1, 0))[:, :-1]).long().cumsum(1).clamp_max(_NOTES - 1)
    seconds = torch.arange(f0_hz.shape[1]) * track.hop / sample_rate_hz
    # A vowel is made longer after this: its vibrato is made faster before.
    turns = seconds * (song.vibrato_hz * song.longer)[:, None]
    semitones = song.notes.gather(1, stretch) + song.vibrato_semitones[:, None] * torch.sin(2 * math.pi * turns)
    octaves = song.octaves[:, None] + song.range_ratio[:, None] * torch.log2(f0_hz / median_hz) + semitones / 12
    asked_hz = median_hz * 2.0**octaves
    low_hz, high_hz = _F0_HZ
    return torch.where(asked_hz > 2 * high_hz, asked_hz / 2, torch.where(asked_hz < low_hz, asked_hz * 2, asked_hz))


def made_to_sing(
    samples: Sequence[Path], *, sample_rate_hz: int, progress: Callable[[int, int], None] | None = None
) -> list[Path]:
    """Return the sung copy of each recording, made beside it (``.sung2.npy``) if it is not there.

    Each stretch of 8 s has a song of its own (:func:`draw_song`); what is drawn depends on the file's name alone.
    """
    made = []
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for i, path in enumerate(pool.map(lambda p: _one(p, sample_rate_hz), samples), start=1):
            made.append(path)
            if progress:
                progress(i, len(samples))
    return made


def _one(path: Path, sample_rate_hz: int) -> Path:
    target = path.with_suffix(f".sung{_VERSION}.npy")
    if target.is_file():
        return target
    original = np.load(path)
    chunk = round(_CHUNK_SECONDS * sample_rate_hz)
    rows = -(-len(original) // chunk)
    padded = np.zeros(rows * chunk, np.float32)
    padded[: len(original)] = original.astype(np.float32) / _FULL_SCALE
    rng = np.random.default_rng(list(hashlib.sha256(path.name.encode()).digest()))
    sung = sing(torch.from_numpy(padded.reshape(rows, chunk)), draw_song(rng, rows), sample_rate_hz=sample_rate_hz)
    ending = rows * chunk - len(original)  # silence, which is as long as it was
    kept = sung[: len(sung) - ending].numpy()
    kept = kept / max(1.0, float(np.abs(kept).max()))
    save_array(target, np.round(kept * _FULL_SCALE).astype(np.int16))
    return target
