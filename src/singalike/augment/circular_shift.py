"""Circular shift."""

from __future__ import annotations

import torch
from torch import Tensor

from singalike.augment.base import Draw, Transform, uniform


class CircularShift(Transform):
    """Begin anywhere in the clip, and go on with its beginning where it ends (Torres 2023's code; off by default)."""

    def draw_all(self, generator: torch.Generator, batch: int) -> Draw:
        return {"place": uniform(generator, batch, 0.0, 1.0)}

    def change(self, samples: Tensor, draw: Draw, *, sample_rate_hz: int) -> Tensor:
        length = samples.shape[-1]
        start = (draw["place"] * length).long()
        return samples.gather(1, (torch.arange(length, device=samples.device) + start[:, None]) % length)
