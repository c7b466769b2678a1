"""EfficientNet-B0 (Tan & Le 2019), with torchvision's parameter names so that its state dicts load strictly.

Table 1 of the paper: seven stages of inverted bottlenecks with squeeze-and-excitation (Hu et al. 2018),
SiLU, and stochastic depth growing linearly to 0.2 (Huang et al. 2016).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

# expansion, kernel, stride, output channels, repeats (Tan & Le 2019, table 1)
_STAGES = (
    (1, 3, 1, 16, 1), (6, 3, 2, 24, 2), (6, 5, 2, 40, 2), (6, 3, 2, 80, 3),
    (6, 5, 1, 112, 3), (6, 5, 2, 192, 4), (6, 3, 1, 320, 1),
)  # fmt: skip
_SQUEEZE = 4
_WIDTH = 1280


def _conv(n_in: int, n_out: int, kernel: int, stride: int = 1, groups: int = 1, act: bool = True) -> nn.Sequential:
    layers: list[nn.Module] = [
        nn.Conv2d(n_in, n_out, kernel, stride, kernel // 2, groups=groups, bias=False),
        nn.BatchNorm2d(n_out),
    ]
    return nn.Sequential(*layers, nn.SiLU(inplace=True)) if act else nn.Sequential(*layers)


class _SqueezeExcitation(nn.Module):
    def __init__(self, channels: int, squeezed: int) -> None:
        super().__init__()
        self.fc1, self.fc2 = nn.Conv2d(channels, squeezed, 1), nn.Conv2d(squeezed, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        scale = nn.functional.silu(self.fc1(x.mean((2, 3), keepdim=True)))
        return x * torch.sigmoid(self.fc2(scale))


class _InvertedBottleneck(nn.Module):
    def __init__(self, n_in: int, n_out: int, expansion: int, kernel: int, stride: int, drop: float) -> None:
        super().__init__()
        wide = n_in * expansion
        layers: list[nn.Module] = [_conv(n_in, wide, 1)] if expansion != 1 else []
        layers += [
            _conv(wide, wide, kernel, stride, groups=wide),
            _SqueezeExcitation(wide, max(1, n_in // _SQUEEZE)),
            _conv(wide, n_out, 1, act=False),
        ]
        self.block = nn.Sequential(*layers)
        self.residual, self.drop = stride == 1 and n_in == n_out, drop

    def forward(self, x: Tensor) -> Tensor:
        y = self.block(x)
        if not self.residual:
            return y
        if self.training and self.drop > 0:  # stochastic depth, one coin per item
            keep = torch.empty(len(y), 1, 1, 1, device=y.device, dtype=y.dtype).bernoulli_(1 - self.drop)
            y = y * keep / (1 - self.drop)
        return x + y


class EfficientNetB0(nn.Module):
    """EfficientNet-B0 from log-mel images (B, C, M, F) to feature embeddings (B, dimension).

    The embedding is the classifier's output, as in Torres et al. 2023: global average pooling, dropout 0.2,
    Linear 1280 -> 1000.
    """

    def __init__(self, *, in_channels: int = 3, dimension: int = 1000, dropout: float = 0.2) -> None:
        super().__init__()
        self.dimension = dimension
        stem = 32
        stages: list[nn.Module] = [_conv(in_channels, stem, 3, 2)]
        total, done, width = sum(s[-1] for s in _STAGES), 0, stem
        for expansion, kernel, stride, out, repeats in _STAGES:
            blocks = []
            for i in range(repeats):
                step = stride if i == 0 else 1
                blocks.append(_InvertedBottleneck(width, out, expansion, kernel, step, 0.2 * done / total))
                width, done = out, done + 1
            stages.append(nn.Sequential(*blocks))
        stages.append(_conv(width, _WIDTH, 1))
        self.features = nn.Sequential(*stages)
        self.classifier = nn.Sequential(nn.Dropout(dropout), nn.Linear(_WIDTH, dimension))
        self.apply(_initialise)

    def forward(self, images: Tensor) -> Tensor:
        """Return feature embeddings (B, dimension), not normalised."""
        return self.classifier(self.features(images).mean((2, 3)))


def _initialise(module: nn.Module) -> None:
    if isinstance(module, nn.Conv2d):
        nn.init.kaiming_normal_(module.weight, mode="fan_out")
        if module.bias is not None:
            nn.init.zeros_(module.bias)
    elif isinstance(module, nn.Linear):
        bound = module.out_features**-0.5
        nn.init.uniform_(module.weight, -bound, bound)
        nn.init.zeros_(module.bias)
