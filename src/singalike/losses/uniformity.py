"""Uniformity: how evenly vectors spread over the sphere (Wang & Isola 2020, eq. 4)."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from singalike.losses.views import check_views


def uniformity(z1: Tensor, z2: Tensor, *, t: float = 2.0) -> Tensor:
    """Return the mean over the two views of ``log mean_{i<j} exp(−t‖z_i − z_j‖²)``; smaller is more even.

    It is 0 where all rows of a view are equal. The gradient is 0 between equal rows: they do not say in which
    direction to part.

    Args:
        z1: first views (B, P), unit norm.
        z2: second views (B, P), unit norm.
        t: how sharply the kernel falls with distance.

    Raises:
        ValueError: fewer than two pairs, or shapes that differ.
    """
    check_views(z1, z2, pairs=2)
    return (_log_mean_kernel(z1, t) + _log_mean_kernel(z2, t)) / 2


def _log_mean_kernel(z: Tensor, t: float) -> Tensor:
    exponents = -t * torch.pdist(z).square()  # (B(B−1)/2,); pdist's gradient is 0, not NaN, at distance 0
    return exponents.logsumexp(0) - math.log(len(exponents))
