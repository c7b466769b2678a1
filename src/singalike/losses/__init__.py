"""Training objectives: embeddings in, scalar out, one a file."""

from __future__ import annotations

from singalike.losses.alignment import alignment
from singalike.losses.am_softmax import am_softmax
from singalike.losses.bilinear import cola
from singalike.losses.byol import byol, byol_regression
from singalike.losses.covariance import covariance
from singalike.losses.existence_aware import existence_aware
from singalike.losses.info_nce import info_nce
from singalike.losses.invariance import invariance
from singalike.losses.masked_frames import masked_l1
from singalike.losses.negatives import hardest_negatives, uniform_negatives
from singalike.losses.nt_xent import decoupled_nt_xent
from singalike.losses.nt_xent_symmetric import nt_xent_symmetric
from singalike.losses.same_artist import same_label
from singalike.losses.structure_preserving import MARGIN, structure_preserving
from singalike.losses.teacher import teacher_cosine
from singalike.losses.uniformity import uniformity
from singalike.losses.variance import variance

__all__ = [
    "MARGIN",
    "alignment",
    "am_softmax",
    "byol",
    "byol_regression",
    "cola",
    "covariance",
    "decoupled_nt_xent",
    "existence_aware",
    "hardest_negatives",
    "info_nce",
    "invariance",
    "masked_l1",
    "nt_xent_symmetric",
    "same_label",
    "structure_preserving",
    "teacher_cosine",
    "uniform_negatives",
    "uniformity",
    "variance",
]
