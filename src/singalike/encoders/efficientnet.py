"""EfficientNet-B0 (Tan & Le 2019), with torchvision's parameter names so that its state dicts load strictly.

Table 1 of the paper: seven stages of inverted bottlenecks with squeeze-and-excitation (Hu et al. 2018),
SiLU, and stochastic depth growing linearly to 0.2 (Huang et al. 2016).

The defaults are torchvision's, which Torres et al. 2023 trained. COLA (Saeed et al. 2021) trained Keras's: one channel,
``head="none", pool="max", eps=1e-3, momentum=0.01, padding="same", input_scale=1 / 255``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from singalike.errors import ConfigError

# expansion, kernel, stride, output channels, repeats (Tan & Le 2019, table 1)
_STAGES = (
    (1, 3, 1, 16, 1), (6, 3, 2, 24, 2), (6, 5, 2, 40, 2), (6, 3, 2, 80, 3),
    (6, 5, 1, 112, 3), (6, 5, 2, 192, 4), (6, 3, 1, 320, 1),
)  # fmt: skip
_SQUEEZE = 4
_WIDTH = 1280


@dataclass(frozen=True)
class _Style:
    """Where torchvision's and Keras's networks differ; the same for every convolution."""

    eps: float
    momentum: float
    same: bool

    def conv(
        self, n_in: int, n_out: int, kernel: int, stride: int = 1, groups: int = 1, act: bool = True
    ) -> nn.Sequential:
        """Return convolution, BatchNorm and SiLU."""
        if self.same and stride > 1:
            convolution = SameConv2d(n_in, n_out, kernel, stride, groups=groups, bias=False)
        else:
            convolution = nn.Conv2d(n_in, n_out, kernel, stride, kernel // 2, groups=groups, bias=False)
        layers: list[nn.Module] = [convolution, nn.BatchNorm2d(n_out, eps=self.eps, momentum=self.momentum)]
        return nn.Sequential(*layers, nn.SiLU(inplace=True)) if act else nn.Sequential(*layers)


class SameConv2d(nn.Conv2d):
    """A convolution of stride 2 with TensorFlow's ``SAME`` padding: (B, C, M, F) to ceil(M / 2) by ceil(F / 2).

    An odd kernel needs one zero less for an even size than for an odd one; TensorFlow leaves out the first. Whatever
    the size, the last output is then centred on the last input.
    """

    def forward(self, input: Tensor) -> Tensor:
        half = self.kernel_size[0] // 2
        top, left = (half - 1 + size % 2 for size in input.shape[-2:])
        return super().forward(nn.functional.pad(input, (left, half, top, half)))


class _SqueezeExcitation(nn.Module):
    def __init__(self, channels: int, squeezed: int) -> None:
        super().__init__()
        self.fc1, self.fc2 = nn.Conv2d(channels, squeezed, 1), nn.Conv2d(squeezed, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        scale = nn.functional.silu(self.fc1(x.mean((2, 3), keepdim=True)))
        return x * torch.sigmoid(self.fc2(scale))


class _InvertedBottleneck(nn.Module):
    def __init__(
        self, n_in: int, n_out: int, expansion: int, kernel: int, stride: int, drop: float, style: _Style
    ) -> None:
        super().__init__()
        wide = n_in * expansion
        layers: list[nn.Module] = [style.conv(n_in, wide, 1)] if expansion != 1 else []
        layers += [
            style.conv(wide, wide, kernel, stride, groups=wide),
            _SqueezeExcitation(wide, max(1, n_in // _SQUEEZE)),
            style.conv(wide, n_out, 1, act=False),
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

    With the classifier the embedding is its output, as in Torres et al. 2023: global average pooling, dropout 0.2,
    Linear 1280 -> 1000. Without, it is what the pooling gives, 1280 numbers, as in COLA.

    Args:
        in_channels: C.
        dimension: of the classifier's output, 1000 by default; 1280 where there is none.
        dropout: before the classifier.
        head: ``classifier`` or ``none``.
        pool: over bands and frames, ``mean`` or ``max``.
        eps: of BatchNorm; Keras has 1e-3.
        momentum: of BatchNorm, the share of the new; Keras's 0.99 is 0.01 here.
        padding: of the convolutions of stride 2, ``symmetric`` or ``same`` (TensorFlow's). Where the number of frames
            is open, as in COLA's code, Keras pads odd sizes as if they were even; ``same`` does not, and so keeps a
            last odd frame.
        input_scale: what images are multiplied by; Keras's network divides by 255, whatever it is given. BatchNorm
            undoes it but for ``eps``.

    Raises:
        ConfigError: an option has no such value, or a dimension is asked for where there is no classifier.
    """

    def __init__(
        self,
        *,
        in_channels: int = 3,
        dimension: int | None = None,
        dropout: float = 0.2,
        head: Literal["classifier", "none"] = "classifier",
        pool: Literal["mean", "max"] = "mean",
        eps: float = 1e-5,
        momentum: float = 0.1,
        padding: Literal["symmetric", "same"] = "symmetric",
        input_scale: float = 1.0,
    ) -> None:
        super().__init__()
        _check_one_of("head", head, ("classifier", "none"))
        _check_one_of("pool", pool, ("mean", "max"))
        _check_one_of("padding", padding, ("symmetric", "same"))
        if head == "none" and dimension not in (None, _WIDTH):
            raise ConfigError(f"without a classifier the dimension is {_WIDTH}, not {dimension}")
        self.pool, self.input_scale = pool, input_scale
        self.features = _features(in_channels, _Style(eps, momentum, padding == "same"))
        if head == "classifier":
            self.dimension = 1000 if dimension is None else dimension
            self.classifier = nn.Sequential(nn.Dropout(dropout), nn.Linear(_WIDTH, self.dimension))
        else:
            self.dimension, self.classifier = _WIDTH, nn.Identity()
        self.apply(_initialise)

    def forward(self, images: Tensor) -> Tensor:
        """Return feature embeddings (B, dimension), not normalised."""
        maps = self.features(images if self.input_scale == 1 else images * self.input_scale)
        return self.classifier(maps.mean((2, 3)) if self.pool == "mean" else maps.amax((2, 3)))


def _features(in_channels: int, style: _Style) -> nn.Sequential:
    """Return stem, stages and top: (B, C, M, F) to (B, 1280, M / 32, F / 32)."""
    stem = 32
    stages: list[nn.Module] = [style.conv(in_channels, stem, 3, 2)]
    total, done, width = sum(s[-1] for s in _STAGES), 0, stem
    for expansion, kernel, stride, out, repeats in _STAGES:
        blocks = []
        for i in range(repeats):
            step = stride if i == 0 else 1
            blocks.append(_InvertedBottleneck(width, out, expansion, kernel, step, 0.2 * done / total, style))
            width, done = out, done + 1
        stages.append(nn.Sequential(*blocks))
    stages.append(style.conv(width, _WIDTH, 1))
    return nn.Sequential(*stages)


def _check_one_of(option: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise ConfigError(f"{option} is one of {', '.join(known)}, not {value!r}")


def _initialise(module: nn.Module) -> None:
    if isinstance(module, nn.Conv2d):
        nn.init.kaiming_normal_(module.weight, mode="fan_out")
        if module.bias is not None:
            nn.init.zeros_(module.bias)
    elif isinstance(module, nn.Linear):
        bound = module.out_features**-0.5
        nn.init.uniform_(module.weight, -bound, bound)
        nn.init.zeros_(module.bias)
