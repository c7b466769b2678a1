"""COLA's loss: each anchor tells its own key from the batch's (Saeed, Grangier & Zeghidour 2021, eq. 1)."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from singalike.losses.same_artist import without_same_artist


def cola(similarity: Tensor, *, same_artist: Tensor | None = None) -> Tensor:
    """Return ``mean_i(−s_ii + log Σ_j exp s_ij)``: cross-entropy in one direction, without temperature.

    Args:
        similarity: anchors by keys, (B, N) with N ≥ B; anchor i belongs to key i.
        same_artist: (B, N) bool, keys that are no negatives of an anchor; see
            :func:`~singalike.losses.same_label`. An anchor's own key is never left out.

    Raises:
        ValueError: no anchor, fewer keys than anchors, or shapes that do not belong together.
    """
    if similarity.ndim != 2 or not 1 <= similarity.shape[0] <= similarity.shape[1]:
        raise ValueError(f"similarity (B, N) with N ≥ B ≥ 1 is needed, got {tuple(similarity.shape)}")
    own = torch.arange(len(similarity), device=similarity.device)
    return cross_entropy(without_same_artist(similarity, same_artist), own)
