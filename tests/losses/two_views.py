"""Unit vectors in two views, and collapsed ones: what the tests of this folder share."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import normalize


def views(B: int = 7, P: int = 12, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Two noisy views of B things, (B, P) of unit norm each, float64."""
    generator = torch.Generator().manual_seed(seed)
    z1, noise = torch.randn(2, B, P, generator=generator, dtype=torch.float64)
    return normalize(z1, dim=-1), normalize(z1 + 0.5 * noise, dim=-1)


def rows(z: Tensor) -> list[list[float]]:
    """Plain numbers, for oracles that take one at a time."""
    return z.tolist()
