"""Labelled voices, by a margin."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from singalike.encoders import Prototypes
from singalike.train.objectives.step import Objective, Step


class Margin(Objective):
    """Labelled voices: additive margin softmax over one prototype a voice."""

    on_unseen = False

    def __init__(self, loss: Callable[..., Tensor], *, voices: int, dimension: int) -> None:
        super().__init__()
        self.loss, self.prototypes = loss, Prototypes(voices, dimension)

    def forward(self, step: Step) -> Tensor:
        return self.loss(step.h, self.prototypes(), step.voice.repeat(step.sides))
