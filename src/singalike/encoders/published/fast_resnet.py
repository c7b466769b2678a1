"""F-ResNet: Fast ResNet-34 with self-attentive pooling, 1.4 million parameters.

Chung, Huh, Mun, Lee, Heo, Choe, Ham, Jung, Lee and Han, *In defence of metric learning for speaker recognition*,
Interspeech 2020; called ``ResNetSE34L`` in its repository, whose ``baseline_lite_ap.model`` was trained with the
angular prototypical loss. Pooling: Cai, Chen and Li 2018.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from singalike.encoders.published.voxceleb import DIMENSION, SpeakerResNet, VoxCelebBaseline

_BANDS, _WIDTHS = 40, (16, 32, 64, 128)


class FastResNet34(SpeakerResNet):
    """Waveforms (B, T) at 16 kHz, in the range of 16-bit integers, to embeddings (B, 512), not normalised."""

    def __init__(self, *, pre_emphasis: bool = False) -> None:
        super().__init__(bands=_BANDS, widths=_WIDTHS, last_stride=1, pre_emphasis=pre_emphasis)
        self.conv1 = nn.Conv2d(1, _WIDTHS[0], 7, (2, 1), 3, bias=False)
        self.bn1 = nn.BatchNorm2d(_WIDTHS[0])
        self.sap_linear = nn.Linear(_WIDTHS[-1], _WIDTHS[-1])
        self.attention = nn.Parameter(nn.init.xavier_normal_(torch.empty(_WIDTHS[-1], 1)))
        self.fc = nn.Linear(_WIDTHS[-1], DIMENSION)

    def forward(self, waveforms: Tensor) -> Tensor:
        """Return embeddings (B, 512) of waveforms (B, T)."""
        maps = self.stages(torch.relu(self.bn1(self.conv1(self.images(waveforms)))))
        frames = maps.mean(2).transpose(1, 2)  # (B, F, C)
        weights = (torch.tanh(self.sap_linear(frames)) @ self.attention).softmax(1)
        return self.fc((weights * frames).sum(1))


class FastResNet(VoxCelebBaseline):
    """F-ResNet with the checkpoint ``baseline_lite_ap.model``; see the base class."""

    name = "f-resnet"
    checkpoint = "baseline_lite_ap.model"
    publication = "Chung et al. 2020"

    def network(self, state: Mapping[str, Tensor]) -> SpeakerResNet:
        """Return the network. The published code has no pre-emphasis; the names of a checkpoint that has it say so."""
        return FastResNet34(pre_emphasis="torchfb.0.flipped_filter" in state)
