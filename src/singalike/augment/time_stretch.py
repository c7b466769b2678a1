"""Time stretch: slower or faster at the same pitch."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from singalike.audio.stretch import stretch
from singalike.augment.base import Draw, Transform, uniform
from singalike.errors import ConfigError


class TimeStretch(Transform):
    """Play at U(low, high) times the speed, pitch kept (Torres 2023; off by default); needs the extra ``match``.

    The clip keeps its length: of a slower one its beginning is left, a faster one goes on with its beginning.

    Raises:
        ConfigError: a speed that is not above 0.
    """

    def __init__(self, probability: float = 0.5, low: float = 0.8, high: float = 1.2) -> None:
        super().__init__(probability)
        if not 0 < low <= high:
            raise ConfigError(f"speeds are above 0, from low to high, not from {low} to {high}")
        self.low, self.high = low, high

    def draw_all(self, generator: torch.Generator, batch: int) -> Draw:
        return {"speed": uniform(generator, batch, self.low, self.high)}

    def change(self, samples: Tensor, draw: Draw, *, sample_rate_hz: int) -> Tensor:
        length = samples.shape[-1]
        played = [
            np.resize(  # which repeats what is too short
                stretch(clip[None], ratio=1 / float(speed), semitones=0.0, sample_rate_hz=sample_rate_hz)[0], length
            )
            for clip, speed in zip(samples.cpu().numpy(), draw["speed"], strict=True)
        ]
        return torch.as_tensor(np.stack(played), dtype=samples.dtype, device=samples.device)
