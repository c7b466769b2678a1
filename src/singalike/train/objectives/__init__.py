"""The objectives of a recipe: a pure loss each, with what it needs to own beside the network.

An objective takes a :class:`Step` and returns a scalar. ``on_unseen`` says whether it can be computed on voices
that were not trained on; the validation loss is the weighted sum of those that can.
"""

from __future__ import annotations

from singalike.train.objectives.beginning import Beginning
from singalike.train.objectives.build import CONTRASTS, PAIRWISE, build_objectives
from singalike.train.objectives.byol import Byol
from singalike.train.objectives.classes import Classes
from singalike.train.objectives.contrast import Contrast
from singalike.train.objectives.margin import Margin
from singalike.train.objectives.pairwise import Pairwise
from singalike.train.objectives.step import Step
from singalike.train.objectives.taught import Taught
from singalike.train.objectives.triplets import Triplets

__all__ = [
    "CONTRASTS",
    "PAIRWISE",
    "Beginning",
    "Byol",
    "Classes",
    "Contrast",
    "Margin",
    "Pairwise",
    "Step",
    "Taught",
    "Triplets",
    "build_objectives",
]
