"""Losses of songs: what belongs together is more alike than anything else of the batch."""

from __future__ import annotations

import torch
from torch import Tensor

from singalike import losses
from singalike.encoders import Bilinear
from singalike.train.gather import gathered
from singalike.train.objectives.step import Objective, Step


class Contrast(Objective):
    """The contrastive losses of songs: by bilinear similarity, or by cosine in both directions.

    In training they see the views of all processes. Other pairs of an anchor's own artist are no negatives unless
    ``mask_same_artist`` is off.
    """

    def __init__(self, kind: str, *, projected: int, mask_same_artist: bool = True, temperature: float = 0.2) -> None:
        super().__init__()
        self.kind, self.mask_same_artist, self.temperature = kind, mask_same_artist, temperature
        self.similarity = None if kind == "nt-xent-symmetric" else Bilinear(projected)

    def forward(self, step: Step) -> Tensor:
        (u, v), voice, present = step.views, step.voice, step.present
        present = torch.ones_like(voice, dtype=torch.bool) if present is None else present
        if self.training:
            u, v, voice, present = (gathered(x) for x in (u, v, voice, present))
        mates = losses.same_label(voice) if self.mask_same_artist else None
        if self.similarity is None:
            return losses.nt_xent_symmetric(u, v, temperature=self.temperature, same_artist=mates)
        if self.kind == "cola":
            return losses.cola(self.similarity(u, v), same_artist=mates)
        return losses.existence_aware(self.similarity(u, v), present, same_artist=mates)
