"""MSCOL's existence-aware loss: COLA's, where a mixture may hold nothing of the source (Garoufis et al. 2023)."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from singalike.losses.same_artist import without_same_artist


def existence_aware(similarity: Tensor, present: Tensor, *, same_artist: Tensor | None = None) -> Tensor:
    """Return the mean cross-entropy of all B mixtures over the keys of the active pairs and one null key.

    An active pair's mixture has its own key y_i for target, an absent one's the null key, the mean of y_k over the
    absent pairs. The similarity is linear in the key, ``uᵀW mean_k y_k = mean_k uᵀWy_k``: the null key's logits are the
    mean of the absent columns, and no key need be known here. With nothing absent there is no null key, and this is
    :func:`~singalike.losses.cola`; with everything absent there is no other, and it is 0.

    Args:
        similarity: mixtures by keys, (B, B), linear in the keys (:class:`~singalike.encoders.heads.Bilinear`).
        present: (B,) bool, whether the source sounds in pair i.
        same_artist: (B, B) bool, keys that are no negatives of a mixture; see :func:`~singalike.losses.same_label`.
            A mixture's own key and the null key are never left out.

    Raises:
        ValueError: an empty batch, or shapes that do not belong together.
    """
    B = len(present)
    if similarity.shape != (B, B) or present.ndim != 1 or B < 1:
        shapes = f"{tuple(similarity.shape)} and {tuple(present.shape)}"
        raise ValueError(f"similarity (B, B) and present (B,) with B ≥ 1 are needed, got {shapes}")
    absent = ~present
    null = (similarity * absent).sum(1, keepdim=True) / absent.sum().clamp_min(1)
    logits = torch.cat([without_same_artist(similarity, same_artist), null], 1)
    is_key = torch.cat([present, absent.any()[None]])
    own = torch.where(present, torch.arange(B, device=similarity.device), B)
    return cross_entropy(logits.masked_fill(~is_key, -torch.inf), own)
