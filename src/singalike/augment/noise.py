"""Gaussian noise."""

from __future__ import annotations

import torch
from torch import Tensor

from singalike.augment.base import Draw, Transform, seeds, uniform, white_noise


class Noise(Transform):
    """White Gaussian noise with a standard deviation of U(low, high) (Torres 2023: 0.001 to 0.05)."""

    def __init__(self, probability: float = 0.5, low: float = 0.001, high: float = 0.05) -> None:
        super().__init__(probability)
        self.low, self.high = low, high

    def draw_all(self, generator: torch.Generator, batch: int) -> Draw:
        return {"amplitude": uniform(generator, batch, self.low, self.high), "seed": seeds(generator, batch)}

    def change(self, samples: Tensor, draw: Draw, *, sample_rate_hz: int) -> Tensor:
        noise = white_noise(draw["seed"], samples.shape[-1]).to(samples)
        return samples + draw["amplitude"][:, None] * noise
