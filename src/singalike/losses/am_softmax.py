"""Additive-margin softmax over labelled voices (Wang et al. 2018, "CosFace", eq. 4)."""

from __future__ import annotations

import torch
from torch import Tensor


def am_softmax(
    embeddings: Tensor, prototypes: Tensor, labels: Tensor, *, margin: float = 0.2, scale: float = 30.0
) -> Tensor:
    """Return the cross-entropy of ``scale · (cos(h, w) − margin·[w is the label's])``.

    Args:
        embeddings: (B, D), any norm.
        prototypes: (N, D), unit norm, one a voice.
        labels: (B,) integers in [0, N).
        margin: subtracted from the cosine to the voice's own prototype; 0 gives normalised softmax.
        scale: inverse temperature.
    """
    cosine = torch.nn.functional.normalize(embeddings, dim=-1) @ prototypes.T
    own = torch.nn.functional.one_hot(labels, len(prototypes)).to(cosine.dtype)
    return torch.nn.functional.cross_entropy(scale * (cosine - margin * own), labels)
