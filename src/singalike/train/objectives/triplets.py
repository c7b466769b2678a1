"""Triplets of vocals and mixes."""

from __future__ import annotations

from functools import partial
from typing import Literal

import torch
from torch import Tensor, nn

from singalike import losses
from singalike.errors import ConfigError
from singalike.train.gather import gathered
from singalike.train.objectives.step import Objective, Step


class Triplets(Objective):
    """Triplets across vocals and mixes and within each, of encoders for both (Kim et al. 2021).

    In training they see the sides of all processes. ``negatives`` is ``uniform`` (``count`` for each anchor, of other
    singers of the batch) or ``hardest``.
    """

    def __init__(
        self, *, negatives: Literal["uniform", "hardest"] = "uniform", count: int = 4, margin: float = losses.MARGIN,
        reverse: float = 1.0, within_vocals: float = 0.2, within_mixes: float = 0.2,
    ) -> None:  # fmt: skip
        super().__init__()
        if negatives not in ("uniform", "hardest"):
            raise ConfigError(f"no negatives {negatives!r}", hint="uniform or hardest")
        self.negatives, self.count = negatives, count
        self.loss = partial(
            losses.structure_preserving, margin=margin, reverse=reverse, within_vocals=within_vocals,
            within_mixes=within_mixes,
        )  # fmt: skip

    def forward(self, step: Step) -> Tensor:
        v, x, v_other, x_other = nn.functional.normalize(step.h, dim=-1).chunk(4)
        voice = step.voice
        whole = gathered(voice) if self.training else voice
        scores = torch.rand(len(voice), len(whole), generator=step.generator).to(voice.device)
        if self.training:
            v, x, v_other, x_other, scores = (gathered(part) for part in (v, x, v_other, x_other, scores))
        chosen = losses.uniform_negatives(whole, scores, count=self.count) if self.negatives == "uniform" else None
        return self.loss(v, x, v_other, x_other, whole, chosen)
