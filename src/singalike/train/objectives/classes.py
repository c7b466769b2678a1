"""Labelled voices, by a linear layer."""

from __future__ import annotations

from torch import Tensor, nn

from singalike.train.objectives.step import Objective, Step


class Classes(Objective):
    """Labelled voices: softmax over a linear layer."""

    on_unseen = False

    def __init__(self, *, voices: int, dimension: int) -> None:
        super().__init__()
        self.linear = nn.Linear(dimension, voices)

    def forward(self, step: Step) -> Tensor:
        voice = step.voice.repeat(step.sides)
        known = voice >= 0  # else the name may not be used
        total = nn.functional.cross_entropy(self.linear(step.h)[known], voice[known], reduction="sum")
        return total / known.sum().clamp_min(1)
