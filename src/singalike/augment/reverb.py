"""Rooms: a synthetic impulse response."""

from __future__ import annotations

import torch
from torch import Tensor

from singalike.augment.base import Draw, Transform, seeds, uniform, white_noise


class Reverb(Transform):
    """Convolution with exponentially decaying noise (Moorer 1979), the direct sound kept in place.

    Decay time (to −60 dB) is U(low_seconds, high_seconds); the direct-to-reverberant ratio U(0, 15) dB.
    """

    def __init__(self, probability: float = 0.3, low_seconds: float = 0.1, high_seconds: float = 0.8) -> None:
        super().__init__(probability)
        self.low_seconds, self.high_seconds = low_seconds, high_seconds

    def draw_all(self, generator: torch.Generator, batch: int) -> Draw:
        return {
            "decay_seconds": uniform(generator, batch, self.low_seconds, self.high_seconds),
            "direct_db": uniform(generator, batch, 0.0, 15.0),
            "seed": seeds(generator, batch),
        }

    def change(self, samples: Tensor, draw: Draw, *, sample_rate_hz: int) -> Tensor:
        T, length = samples.shape[-1], int(self.high_seconds * sample_rate_hz)
        time = torch.arange(length, device=samples.device) / sample_rate_hz
        tail = white_noise(draw["seed"], length).to(samples)
        tail = tail * torch.exp(-6.908 * time / draw["decay_seconds"][:, None])
        tail[:, 0] = 0.0
        energy = tail.square().sum(-1, keepdim=True).sqrt()
        response = tail / energy * 10 ** (-draw["direct_db"][:, None] / 20)
        response[:, 0] = 1.0
        n = T + length
        wet = torch.fft.irfft(torch.fft.rfft(samples, n) * torch.fft.rfft(response, n), n)
        return wet[:, :T]
