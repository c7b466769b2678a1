"""NT-Xent as it was first written: views of both sides are anchors and negatives (Chen et al. 2020, eq. 1).

What Desblancs et al. 2024 train with, at τ = 0.2 (their released code), on two tracks of one singer.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from singalike.losses.same_artist import without_same_artist
from singalike.losses.views import check_views


def nt_xent_symmetric(z1: Tensor, z2: Tensor, *, temperature: float = 0.2, same_artist: Tensor | None = None) -> Tensor:
    """Return the mean over all 2B views of the cross-entropy of the other view among the 2B − 1 that are not itself.

    Args:
        z1: first views (B, P), unit norm.
        z2: second views (B, P), unit norm; row i belongs to row i of ``z1``.
        temperature: τ.
        same_artist: (B, B) bool, pairs that are no negatives of a pair in either view; see
            :func:`~singalike.losses.same_label`.

    Raises:
        ValueError: an empty batch, or shapes that differ.
    """
    check_views(z1, z2)
    # Of each view to all: first the views of the other side, its own partner on the diagonal, then its own side's.
    across, within = z1 @ z2.T, (z1 @ z1.T, z2 @ z2.T)
    across = without_same_artist(across, same_artist)
    itself = torch.eye(len(z1), dtype=torch.bool, device=z1.device)
    left_out = itself if same_artist is None else itself | same_artist
    own_side = [similarity.masked_fill(left_out, -torch.inf) for similarity in within]
    logits = torch.cat([torch.cat([across, own_side[0]], 1), torch.cat([across.T, own_side[1]], 1)]) / temperature
    return cross_entropy(logits, torch.arange(len(z1), device=z1.device).repeat(2))
