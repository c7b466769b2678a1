"""InfoNCE: which of all keys is a query's own (van den Oord, Li & Vinyals 2018, eq. 4; He et al. 2020, MoCo, eq. 1)."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from singalike.losses.same_artist import without_same_artist
from singalike.losses.views import check_views


def info_nce(queries: Tensor, keys: Tensor, *, temperature: float, same_artist: Tensor | None = None) -> Tensor:
    """Return the mean over queries of the cross-entropy of their own key among all keys.

    Args:
        queries: (B, D), unit norm.
        keys: (B, D), unit norm; key i is query i's own.
        temperature: τ, what cosines are divided by.
        same_artist: (B, B) bool, keys that do not count among a query's; see :func:`~singalike.losses.same_label`.

    Raises:
        ValueError: an empty batch, or shapes that differ.
    """
    check_views(queries, keys)
    logits = without_same_artist(queries @ keys.T, same_artist) / temperature
    return cross_entropy(logits, torch.arange(len(queries), device=queries.device))
