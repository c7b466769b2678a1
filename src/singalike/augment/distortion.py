"""Distortion."""

from __future__ import annotations

import torch
from torch import Tensor

from singalike.augment.base import Draw, Transform, uniform


class Distortion(Transform):
    """An overdriven microphone: tanh after a gain of U(0, max_drive_db) over full scale, at the level before.

    Torres 2023's code has it, off by default.
    """

    def __init__(self, probability: float = 0.5, max_drive_db: float = 20.0) -> None:
        super().__init__(probability)
        self.max_drive_db = max_drive_db

    def draw_all(self, generator: torch.Generator, batch: int) -> Draw:
        return {"drive_db": uniform(generator, batch, 0.0, self.max_drive_db)}

    def change(self, samples: Tensor, draw: Draw, *, sample_rate_hz: int) -> Tensor:
        peak = samples.abs().amax(-1, keepdim=True).clamp_min(1e-9)
        bent = torch.tanh(samples / peak * 10 ** (draw["drive_db"][:, None] / 20))
        power, bent_power = (each.square().mean(-1, keepdim=True) for each in (samples, bent))
        return bent * (power / bent_power.clamp_min(1e-18)).sqrt()
