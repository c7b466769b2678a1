"""The speaker encoder of GE2E (Wan, Wang, Papir & Lopez Moreno 2018): an LSTM over mel frames, its last state.

With the parameter names of the ``resemblyzer`` package (Apache-2.0), so that its weights, learned from thousands of
speakers, can be where training begins. What is added is ``centre``, taken off the unit vectors: behind a ReLU they all
lie in one corner of the space, and cosines tell voices apart better seen from its middle.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


class SpeakerLSTM(nn.Module):
    """Three LSTM layers over (B, 1, M, F) images; the last layer's last state, a linear map, ReLU, L2, centre."""

    def __init__(self, *, bands: int, width: int = 256, dimension: int = 256, layers: int = 3) -> None:
        super().__init__()
        self.dimension = dimension
        self.lstm = nn.LSTM(bands, width, layers, batch_first=True)
        self.linear = nn.Linear(width, dimension)
        self.centre = nn.Parameter(torch.zeros(dimension))

    def forward(self, images: Tensor) -> Tensor:
        """Return embeddings (B, dimension), not normalised."""
        frames = images.squeeze(1).transpose(1, 2)
        _, (state, _) = self.lstm(frames)
        return nn.functional.normalize(nn.functional.relu(self.linear(state[-1])), dim=-1) - self.centre
