"""The small classifier of every task on songs: one layer, or two, on frozen vectors of 1-s windows.

Trained until the loss on the validation part falls no more, whose best epoch is kept. :data:`LINEAR` is what MSCOL has
(Garoufis et al. 2023): Adam 5e-4, batches of 128, at most 50 epochs, patience 5. CVSM does not say how its probes of
singers are trained: :data:`SINGER` is ours, that of :mod:`singalike.evaluate.probes`, which also learns from little.
Each dimension is brought to mean 0 and deviation 1 by the training part's figures, which neither paper says: vectors
of unit norm and others are then learnt equally fast.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from singalike.evaluate.linear_probe import Training, fit
from singalike.evaluate.parts import TRAIN, VALIDATION


@dataclass(frozen=True)
class ClassifierTraining(Training):
    """How a classifier is trained; more than :class:`~singalike.evaluate.linear_probe.Training`.

    Attributes:
        hidden: ReLU units between vectors and classes; 0 makes it linear.
    """

    learning_rate: float = 5e-4
    batch_size: int = 128
    max_epochs: int = 50
    patience: int = 5
    standardise: bool = True
    hidden: int = 0


LINEAR = ClassifierTraining()
SINGER = ClassifierTraining(learning_rate=1e-3, batch_size=256, max_epochs=200, patience=20)
_BLOCK = 8192  # windows scored at once


def window_logits(
    h: np.ndarray,
    targets: np.ndarray,
    part: np.ndarray,
    *,
    outputs: int,
    seed: int,
    training: ClassifierTraining,
) -> np.ndarray:
    """Train a classifier and return what it says of all windows.

    Args:
        h: (N, D) float32.
        targets: (N,) int, the class of each window: cross-entropy; or (N, K) bool, its tags: binary cross-entropy.
        part: (N,) as :func:`~singalike.evaluate.parts.deal_parts` gives them; windows of no part are not seen.
        outputs: K, number of classes or tags.
        seed: Draws the first weights and the order of the windows.
        training: How to train.

    Returns:
        (N, K) logits.
    """
    trains, chooses = np.flatnonzero(part == TRAIN), np.flatnonzero(part == VALIDATION)
    generator = torch.Generator().manual_seed(seed)
    network = _network(h, trains, outputs, training, generator)
    inputs = torch.from_numpy(h)
    loss = _tags_loss if targets.ndim == 2 else F.cross_entropy
    fit(
        network,
        inputs,
        torch.from_numpy(targets),
        trains,
        chooses,
        loss=loss,
        judge=lambda logits, truth: (-float(loss(logits, truth)),),
        training=training,
        generator=generator,
    )
    with torch.no_grad():
        return torch.cat([network(block) for block in inputs.split(_BLOCK)]).numpy()


class _Standardise(nn.Module):
    """Bring each dimension to mean 0 and deviation 1; a part of the network, so that no second copy of h is made."""

    def __init__(self, h: np.ndarray) -> None:
        super().__init__()
        deviation = h.std(axis=0)
        self.mean, self.deviation = map(torch.from_numpy, (h.mean(axis=0), np.where(deviation > 0, deviation, 1)))

    def forward(self, h: Tensor) -> Tensor:
        return (h - self.mean) / self.deviation


def _network(
    h: np.ndarray, trains: np.ndarray, outputs: int, training: ClassifierTraining, generator: torch.Generator
) -> nn.Module:
    layers: list[nn.Module] = [_Standardise(h[trains])] if training.standardise else []
    sizes = [h.shape[1], *([training.hidden] if training.hidden else []), outputs]
    for depth, (inputs, units) in enumerate(pairwise(sizes)):
        layers += [nn.ReLU()] if depth else []
        layers.append(_linear(inputs, units, generator))
    return nn.Sequential(*layers)


def _linear(inputs: int, outputs: int, generator: torch.Generator) -> nn.Module:
    """Return a linear layer as torch draws it, but from a generator of its own."""
    layer = nn.utils.skip_init(nn.Linear, inputs, outputs)
    for parameter in layer.parameters():
        nn.init.uniform_(parameter, -(inputs**-0.5), inputs**-0.5, generator=generator)
    return layer


def _tags_loss(logits: Tensor, tags: Tensor) -> Tensor:
    return F.binary_cross_entropy_with_logits(logits, tags.float())
