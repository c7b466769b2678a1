"""What training puts on an encoder and export leaves behind."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Projection(nn.Module):
    """Torres 2023's projection: SiLU, Linear h -> z, L2; (B, D) to (B, P) of unit norm."""

    def __init__(self, dimension: int, projected: int) -> None:
        super().__init__()
        self.linear = nn.Linear(dimension, projected)

    def forward(self, h: Tensor) -> Tensor:
        """Return unit vectors (B, P)."""
        return nn.functional.normalize(self.linear(nn.functional.silu(h)), dim=-1)


class BilinearHead(nn.Module):
    """COLA's projection (Saeed et al. 2021): Linear h -> u, LayerNorm, tanh; (B, D) to (B, P) within (−1, 1).

    LayerNorm's eps is Keras's.
    """

    def __init__(self, dimension: int = 1280, projected: int = 512) -> None:
        super().__init__()
        self.linear, self.norm = nn.Linear(dimension, projected), nn.LayerNorm(projected, eps=1e-3)

    def forward(self, h: Tensor) -> Tensor:
        """Return projections (B, P), not normalised."""
        return torch.tanh(self.norm(self.linear(h)))


class Bilinear(nn.Module):
    """COLA's learned similarity ``s(u, v) = uᵀWv``, W (P, P) from N(0, 0.05²); not symmetric."""

    def __init__(self, projected: int = 512) -> None:
        super().__init__()
        self.weight = nn.Parameter(0.05 * torch.randn(projected, projected))

    def forward(self, u: Tensor, v: Tensor) -> Tensor:
        """Return similarities (B, N) of anchors ``u`` (B, P) to keys ``v`` (N, P)."""
        return u @ self.weight @ v.T


class Predictor(nn.Module):
    """BYOL's predictor (Grill et al. 2020, with Torres 2023's sizes): (B, P) to (B, P) of unit norm.

    In training its BatchNorm takes statistics over the batch, which keeps BYOL from collapsing; it needs B ≥ 2.
    """

    def __init__(self, dimension: int = 128, hidden: int = 1024) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(dimension, hidden, bias=False),
            nn.BatchNorm1d(hidden),
            nn.ReLU(),
            nn.Linear(hidden, dimension),
        )

    def forward(self, z: Tensor) -> Tensor:
        """Return unit vectors (B, P)."""
        return nn.functional.normalize(self.layers(z), dim=-1)


class Prototypes(nn.Module):
    """One learned direction a training voice, (N, D) of unit norm, for margin softmax."""

    def __init__(self, voices: int, dimension: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(voices, dimension) * dimension**-0.5)

    def forward(self) -> Tensor:
        """Return the prototypes as unit vectors (N, D)."""
        return nn.functional.normalize(self.weight, dim=-1)
