"""Triplets across vocals and mixes, and within each (Kim, Lee, Kum & Nam 2021); d = 1 − cosine.

``[m + d(v, x⁺) − d(v, x⁻)]₊`` alone is the loss of the predecessor (Lee & Nam 2019); the other direction and the two
terms within a domain are what preserves the structure.
"""

from __future__ import annotations

import torch
from torch import Tensor

from singalike.losses.negatives import hardest_negatives

MARGIN = 0.1


def structure_preserving(
    v: Tensor, x: Tensor, v_other: Tensor, x_other: Tensor, labels: Tensor, negatives: Tensor | None = None, *,
    margin: float = MARGIN, reverse: float = 1.0, within_vocals: float = 0.2, within_mixes: float = 0.2,
) -> Tensor:  # fmt: skip
    """Return ``T(v, x⁺, x⁻) + λ1·T(x, v⁺, v⁻) + λ2·T(v, v⁺, v⁻) + λ3·T(x, x⁺, x⁻)``, T the mean hinge of triplets.

    Args:
        v, x: vocals and mix of anchors, (B, D) each, unit norm.
        v_other, x_other: vocals and mix of another track of the same singers, (B, D) each, unit norm: row i is the
            positive of anchor i, and the rows of other singers are where negatives come from.
        labels: the singers, (B,) integers; negative: unknown.
        negatives: (B, B) bool, an anchor's negatives among those rows; None takes the closest, term by term.
        margin: m.
        reverse: λ1, of mix to vocals.
        within_vocals: λ2.
        within_mixes: λ3.

    Raises:
        ValueError: an empty batch, or shapes that differ.
    """
    if not v.shape == x.shape == v_other.shape == x_other.shape or v.ndim != 2 or not len(v):
        raise ValueError(f"not (B, D) each: {[tuple(part.shape) for part in (v, x, v_other, x_other)]}")
    terms = ((1.0, v, x_other), (reverse, x, v_other), (within_vocals, v, v_other), (within_mixes, x, x_other))
    return torch.stack([
        weight * _triplets(anchors @ keys.T, labels, negatives, margin) for weight, anchors, keys in terms if weight
    ]).sum()  # fmt: skip


def _triplets(similarity: Tensor, labels: Tensor, negatives: Tensor | None, margin: float) -> Tensor:
    """Return the mean over anchors and their negatives; 0 where there is no negative at all."""
    chosen = hardest_negatives(similarity, labels) if negatives is None else negatives
    hinge = (margin - similarity.diagonal()[:, None] + similarity).clamp_min(0.0)
    return (hinge * chosen).sum() / chosen.sum().clamp_min(1)
