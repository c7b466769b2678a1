"""Noise of a room or a microphone."""

from __future__ import annotations

import torch
from torch import Tensor

from singalike.augment.base import Draw, Transform, seeds, uniform, white_noise
from singalike.errors import ConfigError

_FLOOR_HZ = 50.0  # below it the noise is as strong as there: nothing rises without end towards 0 Hz


def coloured(seed: Tensor, slope: Tensor, length: int, *, sample_rate_hz: int) -> Tensor:
    """Return steady noise (B, length) whose power falls as f^−slope, one row a seed (B,) and slope (B,)."""
    spectrum = torch.fft.rfft(white_noise(seed, length).to(slope))
    hz = torch.linspace(0, sample_rate_hz / 2, spectrum.shape[-1], device=slope.device).clamp_min(_FLOOR_HZ)
    return torch.fft.irfft(spectrum * hz ** (-slope[:, None] / 2), length)


class ColouredNoise(Transform):
    """Steady noise at U(low_db, high_db) under the clip, its power falling as f^−U(0, max_slope): white to brown.

    Args:
        probability: share of the items that it is added to.
        low_db: lowest ratio of the clip's power to the noise's.
        high_db: highest.
        max_slope: steepest slope; 0 is white noise, 1 pink, 2 brown.

    Raises:
        ConfigError: ``low_db`` is above ``high_db``, or a slope below 0.
    """

    def __init__(
        self, probability: float = 0.5, low_db: float = 5.0, high_db: float = 40.0, max_slope: float = 2.0
    ) -> None:
        super().__init__(probability)
        if low_db > high_db or max_slope < 0:
            raise ConfigError(f"noise from low_db up to high_db, slopes from 0: {low_db}, {high_db}, {max_slope}")
        self.low_db, self.high_db, self.max_slope = low_db, high_db, max_slope

    def draw_all(self, generator: torch.Generator, batch: int) -> Draw:
        return {
            "ratio_db": uniform(generator, batch, self.low_db, self.high_db),
            "slope": uniform(generator, batch, 0.0, self.max_slope),
            "seed": seeds(generator, batch),
        }

    def change(self, samples: Tensor, draw: Draw, *, sample_rate_hz: int) -> Tensor:
        noise = coloured(draw["seed"], draw["slope"], samples.shape[-1], sample_rate_hz=sample_rate_hz).to(samples)
        power, own = (each.square().mean(-1, keepdim=True) for each in (samples, noise))
        return samples + noise * (power / own.clamp_min(1e-18)).sqrt() * 10 ** (-draw["ratio_db"][:, None] / 20)
