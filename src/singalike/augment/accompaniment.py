"""Vocals become mixes: an accompaniment is laid under the voice."""

from __future__ import annotations

import torch
from torch import Tensor

from singalike.augment.base import Draw, Transform, uniform


class Accompaniment(Transform):
    """Add a random stretch of a random accompaniment at a vocal-to-accompaniment ratio of U(low_db, high_db).

    Args:
        pool: accompaniments (P, T_pool) at the rate of the clips, none silent.
        probability: share of the items that become mixes.
        low_db, high_db: the ratio of RMS levels, voice over accompaniment.
    """

    def __init__(self, pool: Tensor, probability: float = 0.5, low_db: float = -6.0, high_db: float = 12.0) -> None:
        super().__init__(probability)
        self.pool, self.low_db, self.high_db = pool, low_db, high_db

    def draw_all(self, generator: torch.Generator, batch: int) -> Draw:
        return {
            "piece": torch.randint(len(self.pool), (batch,), generator=generator),
            "place": uniform(generator, batch, 0.0, 1.0),
            "ratio_db": uniform(generator, batch, self.low_db, self.high_db),
        }

    def change(self, samples: Tensor, draw: Draw, *, sample_rate_hz: int) -> Tensor:
        T = samples.shape[-1]
        start = (draw["place"] * max(0, self.pool.shape[-1] - T)).long()
        index = (start[:, None] + torch.arange(T, device=samples.device)) % self.pool.shape[-1]
        under = self.pool.to(samples)[draw["piece"]].gather(1, index)
        rms = samples.square().mean(-1, keepdim=True).sqrt()
        under_rms = under.square().mean(-1, keepdim=True).sqrt().clamp_min(1e-4)
        return samples + under * (rms / under_rms) * 10 ** (-draw["ratio_db"][:, None] / 20)
