"""Time mask."""

from __future__ import annotations

import torch
from torch import Tensor

from singalike.augment.base import Draw, Transform, uniform


class TimeMask(Transform):
    """Silence over one stretch of at most ``max_share`` of the clip (Torres 2023: 1/8)."""

    def __init__(self, probability: float = 0.5, max_share: float = 0.125) -> None:
        super().__init__(probability)
        self.max_share = max_share

    def draw_all(self, generator: torch.Generator, batch: int) -> Draw:
        return {
            "share": uniform(generator, batch, 0.0, self.max_share),
            "place": uniform(generator, batch, 0.0, 1.0),
        }

    def change(self, samples: Tensor, draw: Draw, *, sample_rate_hz: int) -> Tensor:
        length = (draw["share"] * samples.shape[-1]).floor()
        start = (draw["place"] * (samples.shape[-1] - length)).floor()
        time = torch.arange(samples.shape[-1], device=samples.device)
        masked = (time >= start[:, None]) & (time < (start + length)[:, None])
        return samples.masked_fill(masked, 0.0)
