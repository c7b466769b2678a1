"""The slowly moving copy that BYOL learns from."""

from __future__ import annotations

import copy
import math

import torch
from torch import Tensor, nn


class Target(nn.Module):
    """A copy of encoder and projection whose parameters follow by an exponential moving average.

    Grill et al. 2020, *Bootstrap your own latent*, §3.1 and appendix J: after step k of K the decay is
    ``τ = 1 − (1 − base)·(cos(πk/K) + 1)/2``, from ``base`` to 1. Buffers (the statistics of batch
    normalisation) are the copy's own, from what passes through it.

    Args:
        encoder: images to (B, D).
        projection: (B, D) to (B, P).
        base: the decay at the first step.
    """

    def __init__(self, encoder: nn.Module, projection: nn.Module, *, base: float = 0.99) -> None:
        super().__init__()
        self.base = base
        self.encoder, self.projection = copy.deepcopy(encoder), copy.deepcopy(projection)
        self.requires_grad_(False)

    def decay(self, step: int, steps: int) -> float:
        """Return τ after ``step`` of ``steps``."""
        done = min(1.0, step / max(1, steps))
        return 1.0 - (1.0 - self.base) * (math.cos(math.pi * done) + 1.0) / 2.0

    def begin(self, encoder: nn.Module, projection: nn.Module) -> None:
        """Take all that the online network begins with."""
        self.encoder.load_state_dict(encoder.state_dict())
        self.projection.load_state_dict(projection.state_dict())

    @torch.no_grad()
    def follow(self, encoder: nn.Module, projection: nn.Module, decay: float) -> None:
        """Move the parameters: ``target = τ·target + (1 − τ)·online``."""
        for own, online in ((self.encoder, encoder), (self.projection, projection)):
            for slow, fast in zip(own.parameters(), online.parameters(), strict=True):
                slow.lerp_(fast, 1.0 - decay)

    @torch.no_grad()
    def forward(self, images: Tensor) -> Tensor:
        """Return (B, P) without a gradient."""
        return self.projection(self.encoder(images))
