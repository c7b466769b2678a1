"""Batches of pairs from songs, a pure function of (seed, epoch, step), like those of recordings."""

from __future__ import annotations

import numpy as np
import torch
from torch.utils.data import Dataset

from singalike.corpus.mixing import WEIGHTS, Law, artificial_mixture, unit_norm
from singalike.corpus.segments import SOURCES, Segments
from singalike.pairs.song_plan import SongPlan
from singalike.train.crops import Batch

_ACCOMPANIMENT = SOURCES.index("accompaniment")
UNKNOWN = -1  # the label of a singer whose name may not be used


class SongPairs(Dataset[Batch]):
    """One epoch of batches.

    Each side is a source of a segment at unit norm (for an artificial mixture, vocals over another segment's
    accompaniment, both at unit norm and cut at the same place), and a crop of it at a place of its own. A source or an
    accompaniment that is absent from its segment is digital silence.

    Args:
        segments: what the plan points into.
        plan: from a rule for songs.
        crop: samples T of a crop, at most a segment.
        seed, epoch: what places and mixing weights depend on.
        law: of the artificial mixture.
        bleed_db: the ablation with degraded sources: so much of the mixture, relative to its own level, is left in the
            positive source; None leaves it clean.
        share: (rank, processes), see :class:`~singalike.train.crops.CropPairs`.
    """

    def __init__(
        self, segments: Segments, plan: SongPlan, *, crop: int, seed: int, epoch: int, law: Law = "square",
        bleed_db: float | None = None, share: tuple[int, int] = (0, 1),
    ) -> None:  # fmt: skip
        if crop > segments.length:
            raise ValueError(f"a crop of {crop} samples does not fit a segment of {segments.length}")
        self.segments, self.plan, self.crop = segments, plan, crop
        self.seed, self.epoch, self.bleed_db, self.share = seed, epoch, bleed_db, share
        self.law: Law = law

    def __len__(self) -> int:
        """Return the number of batches."""
        return len(self.plan)

    def __getitem__(self, step: int) -> Batch:
        """Return ``waveforms`` (S, B, T), ``voice`` (B,), ``present`` (B,) bool and ``draw`` (a seed)."""
        if not 0 <= step < len(self):
            raise IndexError(step)
        (rank, processes), key = self.share, [self.seed, self.epoch, step]
        rows = np.array_split(np.arange(self.plan.segment.shape[1]), processes)[rank]
        views = [
            np.stack([self._crop(np.random.default_rng([*key, side, int(row)]), step, int(row), side) for row in rows])
            for side in range(self.plan.segment.shape[2])
        ]
        positive, source = self.plan.segment[step, rows, -1], self.plan.source[step, rows, -1]
        voice = self.segments.voice[self.plan.segment[step, rows, 0]]
        return {
            "waveforms": torch.from_numpy(np.stack(views)),
            "voice": torch.from_numpy(np.where(self.plan.known[step, rows], voice, UNKNOWN)),
            "present": torch.from_numpy(self.segments.active[positive, source]),
            "draw": torch.tensor(int(np.random.default_rng([*key, len(views), rank]).integers(2**31 - 1))),
        }

    def _crop(self, rng: np.random.Generator, step: int, row: int, side: int) -> np.ndarray:
        segment, source = int(self.plan.segment[step, row, side]), int(self.plan.source[step, row, side])
        under = int(self.plan.under[step, row, side])
        if not self.segments.active[segment, source]:
            return np.zeros(self.crop, dtype=np.float32)
        whole = unit_norm(self.segments.read(segment, SOURCES[source]))
        # An accompaniment that pauses here is rounding noise, which unit norm would make as loud as a band.
        if under >= 0 and self.segments.active[under, _ACCOMPANIMENT]:
            accompaniment = unit_norm(self.segments.read(under, "accompaniment"))
            whole = artificial_mixture(whole, accompaniment, float(rng.uniform(*WEIGHTS)), law=self.law)
        if side == 1 and self.bleed_db is not None:
            mixture = unit_norm(self.segments.read(segment, "mixture"))
            whole = unit_norm(whole + np.float32(10 ** (self.bleed_db / 20)) * mixture)
        start = int(rng.integers(len(whole) - self.crop + 1))
        return np.ascontiguousarray(whole[start : start + self.crop], dtype=np.float32)
