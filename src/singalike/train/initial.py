"""Begin where the teacher is, instead of from nothing."""

from __future__ import annotations

import numpy as np
import torch

from singalike.encoders import SpeakerLSTM
from singalike.encoders.published.ge2e import Ge2e
from singalike.errors import ConfigError
from singalike.train.module import TrainingModule
from singalike.train.objectives import Margin, Taught
from singalike.train.prepare import Part
from singalike.train.teacher import centred


@torch.no_grad()
def begin_with_ge2e(module: TrainingModule, part: Part) -> None:
    """Give the encoder GE2E's weights, the centre of its vectors, and each voice's mean vector as its prototype.

    Raises:
        ConfigError: the encoder is another one, or the recipe has no teacher.
        MissingExtraError: the package with the weights is not installed.
    """
    encoder = module.network.encoder
    if not isinstance(encoder, SpeakerLSTM) or part.teacher is None:
        raise ConfigError("initial: ge2e needs encoder speaker-lstm and data.teacher ge2e")
    encoder.load_state_dict(Ge2e().weights(), strict=False)
    encoder.centre.copy_(torch.from_numpy(part.teacher.mean(0)))
    for objective in module.objectives.values():
        if isinstance(objective, Taught):
            torch.nn.init.eye_(objective.linear.weight)
            torch.nn.init.zeros_(objective.linear.bias)
        if isinstance(objective, Margin):
            vectors, labels = centred(part.teacher), part.labels
            means = np.stack([vectors[labels == k].mean(0) for k in range(len(part.voices))])
            objective.prototypes.weight.copy_(torch.from_numpy(means))
    if module.average is not None:
        module.average.module.load_state_dict(module.network.state_dict())
