"""Which other tracks of a batch are an anchor's negatives: drawn uniformly, or the closest of all."""

from __future__ import annotations

import torch
from torch import Tensor

from singalike.losses.same_artist import same_label


def others(labels: Tensor) -> Tensor:
    """Return (B, B) bool: which pairs are of another singer. A negative label is unknown, the same as no other."""
    own = torch.eye(len(labels), dtype=torch.bool, device=labels.device)
    return ~(same_label(labels) | own)


def uniform_negatives(labels: Tensor, scores: Tensor, *, count: int = 4) -> Tensor:
    """Return (B, B) bool: ``count`` pairs of other singers for each anchor, or all where there are fewer.

    Args:
        labels: one a pair, (B,) integers.
        scores: (B, B), drawn uniformly and independently; the lowest of them decide.
        count: how many.

    Raises:
        ValueError: shapes that differ, or a count under 1.
    """
    if scores.shape != (len(labels), len(labels)) or count < 1:
        raise ValueError(f"{count} of scores {tuple(scores.shape)} for {len(labels)} labels")
    allowed = others(labels)
    ranks = scores.masked_fill(~allowed, torch.inf).argsort(1).argsort(1)
    return (ranks < count) & allowed


def hardest_negatives(similarity: Tensor, labels: Tensor) -> Tensor:
    """Return (B, B) bool: the pair of another singer that is closest to each anchor (Hermans et al. 2017, batch-hard).

    Args:
        similarity: anchors by pairs, (B, B).
        labels: one a pair, (B,) integers.
    """
    allowed = others(labels)
    closest = similarity.detach().masked_fill(~allowed, -torch.inf).argmax(1)
    return torch.nn.functional.one_hot(closest, len(labels)).bool() & allowed
