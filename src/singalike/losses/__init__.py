"""Training objectives: embeddings in, scalar out, one a file."""

from __future__ import annotations

from singalike.losses.am_softmax import am_softmax
from singalike.losses.nt_xent import decoupled_nt_xent
from singalike.losses.teacher import teacher_cosine

__all__ = ["am_softmax", "decoupled_nt_xent", "teacher_cosine"]
