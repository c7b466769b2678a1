"""Losses of two views of one recording or voice."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from singalike.train.gather import gathered
from singalike.train.objectives.step import Objective, Step


class Pairwise(Objective):
    """A loss of two views. In training it sees the views of all processes."""

    def __init__(self, loss: Callable[..., Tensor]) -> None:
        super().__init__()
        self.loss = loss

    def forward(self, step: Step) -> Tensor:
        z1, z2 = step.views
        return self.loss(gathered(z1), gathered(z2)) if self.training else self.loss(z1, z2)
