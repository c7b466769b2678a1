"""A small ECAPA-style TDNN (Desplanques, Thienpondt & Demuynck 2020) over log-mel frames.

What is kept of the paper: Res2Net blocks with squeeze-and-excitation and growing dilation, aggregation of all
blocks, attentive statistics pooling (Okabe et al. 2018). What differs: a stem of stride 4 (25 frames a second
say who sings, and cost a quarter), and narrow layers, so that the model fits into a wheel. Convolutions over
time are written as two-dimensional ones of height 1: in ``channels_last`` those are half as dear on a CPU.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


class _ConvBlock(nn.Sequential):
    """Convolution over time, ReLU, BatchNorm of (B, W, 1, F); the length is kept up to the stride."""

    def __init__(self, n_in: int, n_out: int, kernel: int, *, stride: int = 1, dilation: int = 1) -> None:
        super().__init__(_over_time(n_in, n_out, kernel, stride, dilation), nn.ReLU(), nn.BatchNorm2d(n_out))


def _over_time(n_in: int, n_out: int, kernel: int = 1, stride: int = 1, dilation: int = 1) -> nn.Conv2d:
    pad = dilation * (kernel - 1) // 2
    return nn.Conv2d(n_in, n_out, (1, kernel), (1, stride), (0, pad), (1, dilation))


class _Res2Conv(nn.Module):
    """Res2Net convolution: each of ``scale`` slices also sees the slice before it (Gao et al. 2021)."""

    def __init__(self, width: int, dilation: int, scale: int) -> None:
        super().__init__()
        self.scale = scale
        self.convs = nn.ModuleList(
            _ConvBlock(width // scale, width // scale, 3, dilation=dilation) for _ in range(scale - 1)
        )

    def forward(self, x: Tensor) -> Tensor:
        slices = x.chunk(self.scale, 1)
        outputs = [slices[0]]
        for part, conv in zip(slices[1:], self.convs, strict=True):
            outputs.append(conv(part if len(outputs) == 1 else part + outputs[-1]))
        return torch.cat(outputs, 1)


class _Block(nn.Module):
    def __init__(self, width: int, dilation: int, scale: int, squeezed: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            _ConvBlock(width, width, 1), _Res2Conv(width, dilation, scale), _ConvBlock(width, width, 1)
        )
        self.excite = nn.Sequential(
            nn.Linear(width, squeezed), nn.ReLU(inplace=True), nn.Linear(squeezed, width), nn.Sigmoid()
        )

    def forward(self, x: Tensor) -> Tensor:
        y = self.body(x)
        return x + y * self.excite(y.mean((2, 3)))[:, :, None, None]


class AttentiveStatistics(nn.Module):
    """Attentive statistics pooling: (B, W, 1, F) to weighted mean and standard deviation (B, 2W)."""

    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.attention = nn.Sequential(_over_time(width, hidden), nn.Tanh(), _over_time(hidden, width))

    def forward(self, x: Tensor) -> Tensor:
        weights = self.attention(x).softmax(-1)
        mean = (weights * x).sum((2, 3))
        variance = (weights * (x - mean[:, :, None, None]).square()).sum((2, 3))
        return torch.cat([mean, (variance + 1e-6).sqrt()], 1)


class TDNN(nn.Module):
    """ECAPA-style TDNN from log-mel images (B, 1, M, F) to embeddings (B, dimension), not normalised."""

    def __init__(
        self, *, bands: int, width: int = 256, aggregate: int = 384, dimension: int = 192, scale: int = 4,
        dilations: tuple[int, ...] = (1, 2, 3), attention: int = 96, squeezed: int = 64,
    ) -> None:  # fmt: skip
        super().__init__()
        self.dimension = dimension
        self.stem = nn.Sequential(
            _ConvBlock(bands, width // 2, 5, stride=2), _ConvBlock(width // 2, width, 5, stride=2)
        )
        self.blocks = nn.ModuleList(_Block(width, d, scale, squeezed) for d in dilations)
        self.aggregate = _ConvBlock(width * len(dilations), aggregate, 1)
        self.pool = nn.Sequential(AttentiveStatistics(aggregate, attention), nn.BatchNorm1d(2 * aggregate))
        self.project = nn.Linear(2 * aggregate, dimension)

    def forward(self, images: Tensor) -> Tensor:
        """Return embeddings (B, dimension) of images (B, 1, M, F), F >= 10."""
        x = self.stem(images.transpose(1, 2))
        outputs = []
        for block in self.blocks:
            x = block(x)
            outputs.append(x)
        return self.project(self.pool(self.aggregate(torch.cat(outputs, 1))))
