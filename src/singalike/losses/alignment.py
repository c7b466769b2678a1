"""Alignment: how far apart two views of one thing lie (Wang & Isola 2020, eq. 3, α = 2)."""

from __future__ import annotations

from torch import Tensor

from singalike.losses.views import check_views


def alignment(z1: Tensor, z2: Tensor) -> Tensor:
    """Return ``mean_i ‖z1_i − z2_i‖²``: 0 at best, 2 on average for independent unit vectors.

    Args:
        z1: first views (B, P), unit norm.
        z2: second views (B, P), unit norm; row i belongs to row i of ``z1``.

    Raises:
        ValueError: an empty batch, or shapes that differ.
    """
    check_views(z1, z2)
    return (z1 - z2).square().sum(1).mean()
