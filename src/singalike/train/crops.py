"""Batches of pairs of crops, a pure function of (seed, epoch, step): what makes a resumed run repeat itself."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from singalike.audio.resample import resample

_FULL_SCALE = 32_767.0
Batch = dict[str, Tensor]


class CropPairs(Dataset[Batch]):
    """One epoch of batches.

    Args:
        samples: a ``.npy`` of int16 a recording.
        voices: a label a recording, (N,) integers.
        plan: indices of recordings (steps, B, 2), from a rule of :mod:`singalike.pairs`.
        crop: samples T of a crop.
        seed, epoch: what the places of the crops depend on.
        teacher: what the student is to say of each recording (N, E).
        max_speed: each crop is played at a speed drawn between ``1 / max_speed`` and ``max_speed`` (log-uniform):
            pitch, formants and tempo move together, so that it is another voice. 1: as it is.
        share: (rank, processes): which equal part of each batch this process reads. The crops are those that
            one process alone would read.
    """

    def __init__(
        self, samples: Sequence[Path], voices: np.ndarray, plan: np.ndarray, *, crop: int, seed: int, epoch: int,
        teacher: np.ndarray | None = None, max_speed: float = 1.0, share: tuple[int, int] = (0, 1),
    ) -> None:  # fmt: skip
        self.samples, self.voices, self.plan, self.crop = list(samples), voices, plan, crop
        self.seed, self.epoch, self.teacher, self.share = seed, epoch, teacher, share
        self.max_speed = max_speed

    def __len__(self) -> int:
        """Return the number of batches."""
        return len(self.plan)

    def __getitem__(self, step: int) -> Batch:
        """Return ``waveforms`` (2, B, T), ``voice`` (B,), ``draw`` (a seed), and ``teacher`` (2, B, E)."""
        if not 0 <= step < len(self):
            raise IndexError(step)
        (rank, processes), key = self.share, [self.seed, self.epoch, step]
        rows = np.array_split(np.arange(len(self.plan[step])), processes)[rank]
        pairs = self.plan[step][rows]
        views = [
            [self._crop(np.random.default_rng([*key, view, int(row)]), int(pair[view]))
             for row, pair in zip(rows, pairs, strict=True)]
            for view in (0, 1)
        ]  # fmt: skip
        batch = {
            "waveforms": torch.from_numpy(np.stack([np.stack(view) for view in views])),
            "voice": torch.from_numpy(self.voices[pairs[:, 0]]),
            "draw": torch.tensor(int(np.random.default_rng([*key, 2, rank]).integers(2**31 - 1))),
        }
        if self.teacher is not None:
            batch["teacher"] = torch.from_numpy(self.teacher[pairs.T])
        return batch

    def _crop(self, rng: np.random.Generator, index: int) -> np.ndarray:
        if self.max_speed == 1.0:  # no speed is drawn: older recipes draw as they did
            return self._cut(rng, index, self.crop)
        speed = self.max_speed ** rng.uniform(-1.0, 1.0)
        cut = self._cut(rng, index, math.ceil(self.crop * speed))
        # The ratio of two whole numbers of samples, so that the crop is as long as the others.
        return resample(cut, from_hz=len(cut), to_hz=self.crop)

    def _cut(self, rng: np.random.Generator, index: int, length: int) -> np.ndarray:
        recording = np.load(self.samples[index], mmap_mode="r")
        if len(recording) <= length:  # too short: begin again from its start
            repeats = -(-length // len(recording))
            return np.tile(np.asarray(recording), repeats)[:length].astype(np.float32) / _FULL_SCALE
        for _ in range(5):  # a crop of a pause teaches nothing
            start = int(rng.integers(len(recording) - length + 1))
            crop = recording[start : start + length].astype(np.float32) / _FULL_SCALE
            if np.abs(crop).max() > 0.02:
                break
        return crop
