"""What the network itself said before it was trained: self-distillation."""

from __future__ import annotations

import copy

import torch
from torch import Tensor
from torch.nn.functional import normalize

from singalike import losses
from singalike.train.gather import gathered
from singalike.train.network import VoiceNetwork
from singalike.train.objectives.step import Objective, Step


class Beginning(Objective):
    """What the encoder said in the beginning of each crop as it was: whole, and without augmentation.

    Nothing is to change for a crop as it is, so what was known of other voices than those at hand is not forgotten.
    With ``contrast``, what is said is also to be nearer to that than to what was said of other voices' crops.

    Args:
        network: what is trained.
        contrast: weight of :func:`~singalike.losses.info_nce` beside the cosine distance of 1 − cos.
        temperature: its τ.
    """

    on_unseen = False

    def __init__(self, network: VoiceNetwork, *, contrast: float = 0.0, temperature: float = 0.1) -> None:
        super().__init__()
        self.contrast, self.temperature = contrast, temperature
        self.encoder = copy.deepcopy(network.encoder).requires_grad_(False).eval()

    def train(self, mode: bool = True) -> Beginning:
        """Switch as usual, but for the copy, which never trains."""
        super().train(mode)
        self.encoder.eval()
        return self

    def begin(self, network: VoiceNetwork) -> None:
        """Take the weights that a network begins with."""
        self.encoder.load_state_dict(network.encoder.state_dict())

    def forward(self, step: Step) -> Tensor:
        assert step.crops is not None
        with torch.no_grad():
            crops = step.network.level_crops(step.crops).flatten(0, 1)
            said = step.encode(self.encoder, step.network.images(crops))
        distance = losses.teacher_cosine(step.h, said)
        if not self.contrast:
            return distance
        own = normalize(step.h, dim=-1), normalize(said, dim=-1), step.voice.repeat(step.sides)
        heard, keys, voice = (gathered(part) for part in own)
        told_apart = losses.info_nce(heard, keys, temperature=self.temperature, same_artist=losses.same_label(voice))
        return distance + self.contrast * told_apart
