"""Decoupled NT-Xent: the contrastive loss of Torres et al. 2023.

NT-Xent (Chen et al. 2020) without the positive pair in the denominator (Yeh et al. 2022, "Decoupled
contrastive learning"), with negatives from the other view only.
"""

from __future__ import annotations

import torch
from torch import Tensor

from singalike.losses.views import check_views


def decoupled_nt_xent(z1: Tensor, z2: Tensor, *, temperature: float = 0.2, max_negatives: int = 250) -> Tensor:
    """Return ``mean_i(-s_ii/τ + logsumexp_{j≠i} s_ij/τ)`` with ``s_ij = z1_i · z2_j``.

    Args:
        z1: first views (B, D), unit norm.
        z2: second views (B, D), unit norm; row i belongs to row i of ``z1``.
        temperature: τ.
        max_negatives: at most so many negatives an anchor: the next ones in the batch, cyclically.

    Raises:
        ValueError: fewer than two pairs, or shapes that differ.
    """
    check_views(z1, z2, pairs=2)
    similarity = z1 @ z2.T / temperature
    B = len(z1)
    offset = (torch.arange(B, device=z1.device)[None] - torch.arange(B, device=z1.device)[:, None]) % B
    is_negative = (offset > 0) & (offset <= max_negatives)
    negatives = similarity.masked_fill(~is_negative, -torch.inf)
    return (negatives.logsumexp(1) - similarity.diagonal()).mean()
