"""What another model says of whole recordings."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor, nn

from singalike.train.objectives.step import Objective, Step


class Taught(Objective):
    """What a teacher says of each recording."""

    on_unseen = False

    def __init__(self, loss: Callable[..., Tensor], *, dimension: int, taught: int) -> None:
        super().__init__()
        self.loss, self.linear = loss, nn.Linear(dimension, taught)

    def forward(self, step: Step) -> Tensor:
        assert step.teacher is not None
        return self.loss(self.linear(step.h), step.teacher.flatten(0, 1))
