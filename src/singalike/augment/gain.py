"""Gain."""

from __future__ import annotations

import torch
from torch import Tensor

from singalike.augment.base import Draw, Transform, uniform


class Gain(Transform):
    """A gain of U(low_db, high_db) (Torres 2023: −6 to 0 dB)."""

    def __init__(self, probability: float = 0.5, low_db: float = -6.0, high_db: float = 0.0) -> None:
        super().__init__(probability)
        self.low_db, self.high_db = low_db, high_db

    def draw_all(self, generator: torch.Generator, batch: int) -> Draw:
        return {"gain_db": uniform(generator, batch, self.low_db, self.high_db)}

    def change(self, samples: Tensor, draw: Draw, *, sample_rate_hz: int) -> Tensor:
        return samples * 10 ** (draw["gain_db"][:, None] / 20)
