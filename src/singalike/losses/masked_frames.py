"""Masked prediction: tell the frames that were hidden (after Baevski et al. 2020, "wav2vec 2.0", as regression)."""

from __future__ import annotations

from torch import Tensor


def masked_l1(prediction: Tensor, target: Tensor, mask: Tensor) -> Tensor:
    """Return the mean absolute error over the masked frames; 0 (with gradient zero) where none is masked.

    Args:
        prediction: (B, F, M).
        target: (B, F, M); what the frames hold.
        mask: (B, F) bool, True where a frame was hidden.

    Raises:
        ValueError: shapes that do not belong together.
    """
    if prediction.shape != target.shape or prediction.ndim != 3 or mask.shape != prediction.shape[:2]:
        shapes = ", ".join(str(tuple(x.shape)) for x in (prediction, target, mask))
        raise ValueError(f"prediction (B, F, M), target (B, F, M) and mask (B, F) are needed, got {shapes}")
    error = (prediction - target).abs().mean(-1)
    return (error * mask).sum() / mask.sum().clamp_min(1)
