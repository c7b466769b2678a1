"""Bootstrap your own latent."""

from __future__ import annotations

from torch import Tensor, nn

from singalike import losses
from singalike.encoders import Predictor
from singalike.train.network import VoiceNetwork
from singalike.train.objectives.step import Objective, Step
from singalike.train.target import Target


class Byol(Objective):
    """Each view predicts what a slowly moving copy says of the other (Grill et al. 2020)."""

    def __init__(self, network: VoiceNetwork, projection: nn.Module, *, projected: int, base: float = 0.99) -> None:
        super().__init__()
        self.predictor = Predictor(projected)
        self.target = Target(network.encoder, projection, base=base)

    def forward(self, step: Step) -> Tensor:
        q1, q2 = (self.predictor(z) for z in step.views)
        t1, t2 = self.target(step.images).chunk(2)
        return losses.byol(q1, t2, q2, t1)
