"""Learning from a teacher's space: match its vectors up to a linear map."""

from __future__ import annotations

from torch import Tensor
from torch.nn.functional import cosine_similarity


def teacher_cosine(mapped: Tensor, teacher: Tensor) -> Tensor:
    """Return mean ``1 − cos(mapped, teacher)`` over the items that have a teacher.

    Args:
        mapped: the student's embeddings mapped to the teacher's space (B, E).
        teacher: the teacher's vectors (B, E); rows of zeros have no teacher and do not count.

    Returns:
        A scalar; zero (with gradient zero) where no item has a teacher.
    """
    known = (teacher.square().sum(-1) > 0).to(mapped.dtype)
    distance = 1.0 - cosine_similarity(mapped, teacher, dim=-1)
    return (distance * known).sum() / known.sum().clamp_min(1.0)
