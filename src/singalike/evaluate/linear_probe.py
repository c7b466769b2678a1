"""A linear probe: one layer on frozen vectors, trained on one part of the clips, its epoch chosen on another.

Cross-entropy, Adam. The best epoch on the validation part is kept: the highest accuracy, among equals the
lowest loss. Where an encoder gives several layers, their sum is weighted by a learned softmax, as in SUPERB
(Yang et al. 2021).
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F


@dataclass(frozen=True)
class Training:
    """How a probe is trained.

    Attributes:
        learning_rate: Of Adam.
        batch_size: Clips in a step.
        max_epochs: Passes over the training part, at most.
        patience: Epochs without a better one before training stops.
        standardise: Bring each dimension to mean 0 and deviation 1 by the training part's figures.
    """

    learning_rate: float = 1e-3
    batch_size: int = 256
    max_epochs: int = 200
    patience: int = 20
    standardise: bool = False


Loss = Callable[[Tensor, Tensor], Tensor]  # (outputs, targets) -> scalar
Judge = Callable[[Tensor, Tensor], tuple[float, ...]]  # (outputs, targets) -> a score, higher is better


class Probe(nn.Module):
    """One linear layer on a weighted sum of layers.

    Args:
        layers: L, 1 for plain vectors.
        dimension: D.
        classes: Number of singers.
        generator: Draws the first weights, uniform in ±1/sqrt(D) as in :class:`torch.nn.Linear`.
    """

    def __init__(self, layers: int, dimension: int, classes: int, generator: torch.Generator) -> None:
        super().__init__()
        bound = dimension**-0.5
        self.mix = nn.Parameter(torch.zeros(layers))
        self.weight = nn.Parameter(torch.empty(classes, dimension).uniform_(-bound, bound, generator=generator))
        self.bias = nn.Parameter(torch.empty(classes).uniform_(-bound, bound, generator=generator))

    def forward(self, h: Tensor) -> Tensor:
        """Return logits (B, classes) of vectors (B, L, D)."""
        # One layer needs no sum, which would cost more than the rest.
        mixed = h[:, 0] if h.shape[1] == 1 else torch.einsum("l,bld->bd", self.mix.softmax(dim=0), h)
        return F.linear(mixed, self.weight, self.bias)


def train_probe(
    h: Tensor, singer: Tensor, trains: np.ndarray, chooses: np.ndarray, *, seed: int, training: Training
) -> Probe:
    """Train a probe on one part and choose its epoch on another.

    Args:
        h: (N, L, D).
        singer: (N,) class of each clip; all classes are in the training part.
        trains: Indices of the training part.
        chooses: Indices of the validation part.
        seed: Draws the first weights and the order of the clips.
        training: How to train.

    Returns:
        The probe of the best epoch.
    """
    generator = torch.Generator().manual_seed(seed)
    probe = Probe(h.shape[1], h.shape[2], int(singer.max()) + 1, generator)
    fit(probe, h, singer, trains, chooses, loss=F.cross_entropy, judge=_hits, training=training, generator=generator)
    return probe


def fit(
    network: nn.Module,
    inputs: Tensor,
    targets: Tensor,
    trains: np.ndarray,
    chooses: np.ndarray,
    *,
    loss: Loss,
    judge: Judge,
    training: Training,
    generator: torch.Generator,
) -> None:
    """Train a network in place on one part and leave it as it was after its best epoch on another.

    Args:
        network: What is trained.
        inputs: (N, ...).
        targets: (N, ...) what ``loss`` compares its outputs with.
        trains: Indices of the training part.
        chooses: Indices of the validation part.
        loss: What a step makes smaller.
        judge: Scores an epoch by the outputs of the validation part.
        training: How to train.
        generator: Draws the order of the training part.
    """
    optimiser = torch.optim.Adam(network.parameters(), lr=training.learning_rate)
    train_part, chosen_on, truth = torch.from_numpy(trains), inputs[chooses], targets[chooses]
    best, kept, since = (-math.inf,), network.state_dict(), 0
    for _ in range(training.max_epochs):
        shuffled = train_part[torch.randperm(len(train_part), generator=generator)]
        for batch in shuffled.split(training.batch_size):
            optimiser.zero_grad()
            loss(network(inputs[batch]), targets[batch]).backward()
            optimiser.step()
        with torch.no_grad():
            score = judge(network(chosen_on), truth)
        if score > best:
            best, kept, since = score, copy.deepcopy(network.state_dict()), 0
        elif (since := since + 1) >= training.patience:
            break
    network.load_state_dict(kept)


def _hits(logits: Tensor, truth: Tensor) -> tuple[float, float]:
    """Score an epoch by its accuracy, among equals by its loss."""
    return float((logits.argmax(dim=1) == truth).float().mean()), -float(F.cross_entropy(logits, truth))
