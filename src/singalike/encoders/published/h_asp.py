"""H/ASP: half-width ResNet-34 with attentive statistics pooling, 8.0 million parameters.

Heo, Lee, Huh and Chung, *Clova baseline system for the VoxCeleb speaker recognition challenge 2020*, arXiv
2009.14153; called ``ResNetSE34V2`` in the repository of Chung et al. 2020, whose ``baseline_v2_ap.model`` was
trained with softmax and angular prototypical losses and augmented data. Pooling: Okabe, Koshinaka and Shinoda 2018,
over channels and bands at once.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from singalike.encoders.published.voxceleb import DIMENSION, SpeakerResNet, VoxCelebBaseline

_BANDS, _WIDTHS = 64, (32, 64, 128, 256)
_POOLED = _WIDTHS[-1] * _BANDS // 8  # three stages halve the bands
_ATTENTION = 128
_LEAST_VARIANCE = 1e-5


class HalfResNet34(SpeakerResNet):
    """Waveforms (B, T) at 16 kHz, in the range of 16-bit integers, to embeddings (B, 512), not normalised."""

    def __init__(self) -> None:
        super().__init__(bands=_BANDS, widths=_WIDTHS, last_stride=2, pre_emphasis=True)
        self.conv1 = nn.Conv2d(1, _WIDTHS[0], 3, 1, 1)
        self.bn1 = nn.BatchNorm2d(_WIDTHS[0])
        self.attention = nn.Sequential(
            nn.Conv1d(_POOLED, _ATTENTION, 1),
            nn.ReLU(),
            nn.BatchNorm1d(_ATTENTION),
            nn.Conv1d(_ATTENTION, _POOLED, 1),
            nn.Softmax(2),
        )
        self.fc = nn.Linear(2 * _POOLED, DIMENSION)

    def forward(self, waveforms: Tensor) -> Tensor:
        """Return embeddings (B, 512) of waveforms (B, T)."""
        maps = self.stages(self.bn1(torch.relu(self.conv1(self.images(waveforms)))))
        frames = maps.flatten(1, 2)  # (B, C * M / 8, F / 8)
        weights = self.attention(frames)
        mean = (weights * frames).sum(2)
        variance = (weights * frames.square()).sum(2) - mean.square()
        return self.fc(torch.cat([mean, variance.clamp_min(_LEAST_VARIANCE).sqrt()], 1))


class HalfAsp(VoxCelebBaseline):
    """H/ASP with the checkpoint ``baseline_v2_ap.model``; see the base class."""

    name = "h-asp"
    checkpoint = "baseline_v2_ap.model"
    publication = "Heo et al. 2020"

    def network(self, state: Mapping[str, Tensor]) -> SpeakerResNet:
        """Return the network: there is one layout only."""
        return HalfResNet34()
