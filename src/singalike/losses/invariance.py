"""Invariance: VICReg's pull between two views, in the two scales in which Torres et al. 2023 write it."""

from __future__ import annotations

from typing import Literal

from torch import Tensor

from singalike.losses.alignment import alignment
from singalike.losses.views import check_views


def invariance(z1: Tensor, z2: Tensor, *, kind: Literal["mse", "align"] = "mse") -> Tensor:
    """Return the squared distance between views.

    Args:
        z1: first views (B, P).
        z2: second views (B, P); row i belongs to row i of ``z1``.
        kind: ``mse`` is the mean over B and P (the released code); ``align`` the sum over P, mean over B (the
            paper's eq. 2), P times as much.

    Raises:
        ValueError: an empty batch, shapes that differ, or another ``kind``.
    """
    if kind not in ("mse", "align"):
        raise ValueError(f"invariance is 'mse' or 'align', not {kind!r}")
    check_views(z1, z2)
    return (z1 - z2).square().mean() if kind == "mse" else alignment(z1, z2)
