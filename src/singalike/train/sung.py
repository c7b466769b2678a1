"""Speakers made to sing: each recording once more, its melody flattened and moved, its formants kept.

Speech is what openly licensed voices mostly are. The pitch of a sung note hardly moves within it and lies where the
song wants it, so a copy of each recording gets a narrow pitch range around a median of another height. The voice
stays the same voice: that is what the encoder is to learn.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import torch

from singalike.augment.pitch_shift import pitch_shift
from singalike.corpus.cache import save_array

_CHUNK_SECONDS = 8.0
_LOWEST_OCTAVES, _HIGHEST_OCTAVES, _WIDEST_RANGE = -0.5, 1.0, 0.8
_FULL_SCALE = 32_767
_VERSION = 1


def made_to_sing(
    samples: Sequence[Path], *, sample_rate_hz: int, progress: Callable[[int, int], None] | None = None
) -> list[Path]:
    """Return the sung copy of each recording, made beside it (``.sung1.npy``) if it is not there.

    Each stretch of 8 s is moved by U(−0.5, 1) octaves, its pitch range narrowed to U(0, 0.8) of what it was; what is
    drawn depends on the file's name alone. A stretch without pitch stays as it is.
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
    ratio = 2.0 ** rng.uniform(_LOWEST_OCTAVES, _HIGHEST_OCTAVES, rows)
    shifted = pitch_shift(
        torch.from_numpy(padded.reshape(rows, chunk)),
        sample_rate_hz=sample_rate_hz,
        ratio=torch.tensor(ratio, dtype=torch.float32),
        range_ratio=torch.tensor(rng.uniform(0.0, _WIDEST_RANGE, rows), dtype=torch.float32),
    )
    sung = shifted.flatten()[: len(original)].numpy()
    sung = sung / max(1.0, float(np.abs(sung).max()))
    save_array(target, np.round(sung * _FULL_SCALE).astype(np.int16))
    return target
