"""Covariance: dimensions that say the same cost (Bardes et al. 2022, "VICReg", eq. 3-4)."""

from __future__ import annotations

import torch
from torch import Tensor

from singalike.losses.views import check_views


def covariance(z1: Tensor, z2: Tensor) -> Tensor:
    """Return ``Σ_{i≠j} C_ij² / P``, summed over the two views, C a view's covariance (with B − 1).

    Args:
        z1: first views (B, P).
        z2: second views (B, P).

    Raises:
        ValueError: fewer than two pairs, or shapes that differ.
    """
    check_views(z1, z2, pairs=2)
    return _off_diagonal(z1) + _off_diagonal(z2)


def _off_diagonal(z: Tensor) -> Tensor:
    centred = z - z.mean(0)
    C = centred.T @ centred / (len(z) - 1)
    return (C - torch.diag(C.diagonal())).square().sum() / z.shape[1]
