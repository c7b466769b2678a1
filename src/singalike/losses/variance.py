"""Variance: the hinge that keeps every dimension in use (Bardes et al. 2022, "VICReg", eq. 1-2)."""

from __future__ import annotations

from torch import Tensor

from singalike.losses.views import check_views


def variance(z1: Tensor, z2: Tensor, *, target: float | None = None, eps: float = 1e-8) -> Tensor:
    """Return the mean over the two views of ``mean_d relu(target − sqrt(Var(z_d) + eps))``.

    Args:
        z1: first views (B, P).
        z2: second views (B, P).
        target: the standard deviation asked of a dimension. None is 1/sqrt(P), all that unit vectors can have
            in every dimension at once (Torres et al. 2023, released code); VICReg's vectors are free and ask 1.
        eps: keeps the root's gradient finite where a dimension is constant.

    Raises:
        ValueError: fewer than two pairs (the variance divides by B − 1), or shapes that differ.
    """
    check_views(z1, z2, pairs=2)
    goal = z1.shape[1] ** -0.5 if target is None else target
    lacking = [(goal - (z.var(0) + eps).sqrt()).relu().mean() for z in (z1, z2)]
    return (lacking[0] + lacking[1]) / 2
