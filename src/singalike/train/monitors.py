"""What validation looks at: does the space separate voices, and has it collapsed?

Alignment and uniformity are Wang & Isola's (2020): mean ‖z1 − z2‖² over pairs, and
log mean exp(−2‖zi − zj‖²) over all others. Effective rank is Roy & Vetterli's (2007): the exponential of the
entropy of the normalised singular values; near 1 the space has collapsed to a line.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from singalike.errors import ConfigError
from singalike.evaluate.verification import eer

_TIE = 1e-6  # rounding: float32 cosines of equal vectors differ by no more


def validate(h1: Tensor, h2: Tensor, voice: np.ndarray) -> dict[str, float]:
    """Return the validation figures of unit vectors of two crops a recording.

    Args:
        h1, h2: first and second crops (N, D), unit norm.
        voice: (N,) labels.

    Returns:
        ``eer`` over all pairs of different recordings (all recordings' own two crops where no voice has two),
        ``mean_normalised_rank`` of the second crop among all second crops (equals count half, so that a collapsed
        space is at chance), ``alignment``, ``uniformity``, ``std`` (mean over dimensions, 1/sqrt(D) is the most),
        ``effective_rank``.

    Raises:
        ConfigError: a vector is NaN or infinite: training has diverged.
    """
    if not (torch.isfinite(h1).all() and torch.isfinite(h2).all()):
        raise ConfigError("training has diverged: embeddings are not finite", hint="try a lower optimizer.lr")
    similarity = (h1 @ h2.T).float().cpu().numpy()
    return {
        "eer": _eer(similarity, voice),
        "mean_normalised_rank": _rank(similarity),
        "alignment": float((h1 - h2).square().sum(1).mean()),
        "uniformity": float(torch.pdist(h1.float()).square().mul(-2).exp().mean().clamp_min(1e-30).log()),
        "std": float(h1.std(0).mean()),
        "effective_rank": effective_rank(h1),
    }


def effective_rank(h: Tensor) -> float:
    """Return exp of the entropy of the singular values of centred vectors (N, D)."""
    values = torch.linalg.svdvals((h - h.mean(0)).float())
    shares = values / values.sum().clamp_min(1e-12)
    return float(torch.exp(-(shares * shares.clamp_min(1e-12).log()).sum()))


def _eer(similarity: np.ndarray, voice: np.ndarray) -> float:
    same = voice[:, None] == voice[None]
    others = ~np.eye(len(voice), dtype=bool)
    counted = others if (same & others).any() else np.ones_like(others)
    labels = same[counted].astype(int)
    if labels.all() or not labels.any():
        return float("nan")
    return float(eer(similarity[counted], labels))


def _rank(similarity: np.ndarray) -> float:
    ahead = similarity - similarity.diagonal()[:, None]
    np.fill_diagonal(ahead, -np.inf)
    ranks = 1 + (ahead > _TIE).sum(1) + (np.abs(ahead) <= _TIE).sum(1) / 2
    return float(ranks.mean() / len(similarity))
