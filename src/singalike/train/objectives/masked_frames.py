"""Frames predicted from their surroundings."""

from __future__ import annotations

from torch import Tensor

from singalike import losses
from singalike.train.objectives.step import Objective, Step


class MaskedFrames(Objective):
    """Frames that were hidden, predicted from the others (encoders with a ``masked`` method)."""

    def forward(self, step: Step) -> Tensor:
        return losses.masked_l1(*step.network.encoder.masked(step.images, step.generator))  # pyright: ignore
