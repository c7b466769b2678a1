"""What an objective is asked of: one batch, and what it is asked for: a scalar."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor, nn

from singalike.train.network import VoiceNetwork


@dataclass
class Step:
    """What objectives see of one batch; what none of them asks for is not computed.

    Attributes:
        network: front-end and encoder.
        projection: h to z (unit norm, but for the bilinear head).
        images: the front-end's of all S sides, (S·B, C, rows, F): all first views, then all second ones, and so on.
        voice: labels (B,); negative where the label is unknown.
        generator: draws masks.
        teacher: what a teacher said of both views' recordings, (2, B, E).
        present: whether the second view's source sounds at all, (B,) bool; None where it always does.
        low_precision: encode in bfloat16.
        crops: the sides' waveforms as they were, (S, B, T): whole, not augmented.
    """

    network: VoiceNetwork
    projection: nn.Module
    images: Tensor
    voice: Tensor
    generator: torch.Generator
    teacher: Tensor | None = None
    present: Tensor | None = None
    low_precision: bool = False
    crops: Tensor | None = None

    @property
    def sides(self) -> int:
        """S: 2 for pairs of views."""
        return len(self.images) // len(self.voice)

    @cached_property
    def h(self) -> Tensor:
        """Embeddings (S·B, D), not normalised."""
        return self.encode(self.network.encode, self.images)

    def encode(self, encoder: Callable[[Tensor], Tensor], images: Tensor) -> Tensor:
        """Return what an encoder says of images, as float32, at the step's precision."""
        with torch.autocast(images.device.type, torch.bfloat16, enabled=self.low_precision):
            return encoder(images).float()

    @cached_property
    def views(self) -> tuple[Tensor, Tensor]:
        """What the projection makes of both views, (B, P) each."""
        z1, z2 = (self.projection(h) for h in self.h.chunk(2))
        return z1, z2


class Objective(nn.Module):
    """Base: a name, and a loss of a step."""

    on_unseen = True

    def forward(self, step: Step) -> Tensor:
        """Return a scalar."""
        raise NotImplementedError
