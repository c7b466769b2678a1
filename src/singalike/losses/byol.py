"""BYOL's regression of one network's projection by another's prediction (Grill et al. 2020, eq. 2)."""

from __future__ import annotations

from torch import Tensor

from singalike.losses.views import check_views


def byol(q1: Tensor, t2: Tensor, q2: Tensor, t1: Tensor) -> Tensor:
    """Return ``½ [mse(q1, t2) + mse(q2, t1)]``: each view's prediction against the other view's target.

    Args:
        q1: the student's predictions of the first views (B, P), unit norm.
        t2: the target network's projections of the second views (B, P), unit norm.
        q2: the student's predictions of the second views.
        t1: the target network's projections of the first views.

    Raises:
        ValueError: an empty batch, or shapes that differ.
    """
    return (byol_regression(q1, t2) + byol_regression(q2, t1)) / 2


def byol_regression(prediction: Tensor, target: Tensor) -> Tensor:
    """Return the mean squared error over B and P; of unit vectors it is ``mean (2 − 2 cos) / P``.

    No gradient reaches ``target``: it is detached here.

    Args:
        prediction: (B, P), unit norm.
        target: (B, P), unit norm.

    Raises:
        ValueError: an empty batch, or shapes that differ.
    """
    check_views(prediction, target)
    return (prediction - target.detach()).square().mean()
