"""Negatives that are none: other pairs of an anchor's own artist."""

from __future__ import annotations

import torch
from torch import Tensor


def same_label(labels: Tensor) -> Tensor:
    """Return (B, B) bool: which other pairs have a pair's label. A negative label is unknown, the same as no other.

    Args:
        labels: one a pair, (B,) integers.
    """
    same = (labels[:, None] == labels[None]) & (labels >= 0)
    return same.fill_diagonal_(False)


def without_same_artist(logits: Tensor, same_artist: Tensor | None) -> Tensor:
    """Return logits (B, N) with −inf where a key is of the anchor's artist; key i of anchor i, its own, always stays.

    Args:
        logits: anchors by keys, (B, N) with N ≥ B.
        same_artist: (B, N) bool, or None to keep all.

    Raises:
        ValueError: shapes that differ.
    """
    if same_artist is None:
        return logits
    if same_artist.shape != logits.shape:
        raise ValueError(f"same_artist {tuple(same_artist.shape)} is not of the shape {tuple(logits.shape)} of logits")
    own = torch.eye(*logits.shape, dtype=torch.bool, device=logits.device)
    return logits.masked_fill(same_artist & ~own, -torch.inf)
