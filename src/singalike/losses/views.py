"""What every loss over two views asks of its input."""

from __future__ import annotations

from torch import Tensor


def check_views(z1: Tensor, z2: Tensor, *, pairs: int = 1) -> None:
    """Raise ValueError unless both views are (B, P) of one shape with B ≥ ``pairs``."""
    if z1.shape != z2.shape or z1.ndim != 2:
        raise ValueError(f"two views of one shape (B, P) are needed, got {tuple(z1.shape)} and {tuple(z2.shape)}")
    if len(z1) < pairs:
        raise ValueError(f"a batch of at least {pairs} pairs is needed, got {len(z1)}")
