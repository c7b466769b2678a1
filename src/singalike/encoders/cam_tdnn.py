"""CAM++: a densely connected TDNN behind a small two-dimensional convolution, its frames masked by their context.

Wang, Zheng, Chen, Cheng & Chen, *CAM++: A Fast and Efficient Network for Speaker Verification Using Context-Aware
Masking*, Interspeech 2023 (figure 1, table 1; dense blocks of 12, 24 and 16 layers, growth 32). Parameters are called
as in the checkpoints of 3D-Speaker (Apache-2.0), so that training can begin with those. What is added is what is taken
off the unit vectors: ``nuisances``, directions that say how somebody sings, not who (:mod:`singalike.train.nuisances`),
and ``centre``, for singing lies in one corner of a space that was made for speech.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from singalike.errors import ConfigError

_HEAD_WIDTH, _STEM_WIDTH, _GROWTH, _BOTTLENECK = 32, 128, 32, 128
_BLOCKS = ((12, 1), (24, 2), (16, 2))  # layers and dilation


class CamTDNN(nn.Module):
    """CAM++ from log-mel images (B, 1, M, F) to embeddings (B, dimension), not normalised.

    Args:
        bands: M, a multiple of 8.
        dimension: length of the embeddings.
        segment_frames: a frame's context is the mean of all frames plus that of its own segment of so many frames, of
            20 ms (eq. 4 and 5; published: 100); 0 takes the mean of all twice, which is the same for images of one
            segment and costs less.
        keep_statistics: batch normalisation keeps the statistics it has, in training too: for going on from a
            checkpoint with small batches.
        nuisances: how many directions can be taken off; until they are found they are zero, which takes nothing off.

    Raises:
        ConfigError: as many directions as dimensions, or fewer than none.
    """

    nuisances: Tensor

    def __init__(
        self, *, bands: int, dimension: int = 192, segment_frames: int = 100, keep_statistics: bool = False,
        nuisances: int = 0,
    ) -> None:  # fmt: skip
        super().__init__()
        if not 0 <= nuisances < dimension:
            raise ConfigError(f"nuisances are fewer than the {dimension} dimensions, and at least 0, not {nuisances}")
        self.dimension, self.keep_statistics = dimension, keep_statistics
        self.head = _Head()
        self.xvector = nn.Sequential()
        self.xvector.add_module("tdnn", _Stem(_HEAD_WIDTH * (bands // 8), _STEM_WIDTH))
        width = _STEM_WIDTH
        for i, (layers, dilation) in enumerate(_BLOCKS, start=1):
            self.xvector.add_module(f"block{i}", _DenseBlock(width, layers, dilation, segment_frames))
            width += layers * _GROWTH
            self.xvector.add_module(f"transit{i}", _Transition(width, width // 2))
            width //= 2
        self.xvector.add_module("out_nonlinear", _activation(width))
        self.xvector.add_module("stats", _Statistics())
        self.xvector.add_module("dense", _Dense(2 * width, dimension))
        # Without any, none are in a checkpoint: older ones can be read.
        self.register_buffer("nuisances", torch.zeros(nuisances, dimension), persistent=nuisances > 0)
        self.centre = nn.Parameter(torch.zeros(dimension))
        self.train()  # a trainer may leave the modes as it finds them

    def train(self, mode: bool = True) -> CamTDNN:
        """Switch as usual, but for statistics that are kept."""
        super().train(mode)
        if self.keep_statistics:
            for module in self.modules():
                if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
                    module.eval()
        return self

    def forward(self, images: Tensor) -> Tensor:
        """Return embeddings (B, dimension) of images (B, 1, M, F), F >= 4."""
        vectors = self.xvector(self.head(images).flatten(1, 2))
        unit = nn.functional.normalize(vectors.float(), dim=-1)
        if len(self.nuisances):
            unit = nn.functional.normalize(unit - unit @ self.nuisances.T @ self.nuisances, dim=-1)
        return unit - self.centre


class _Head(nn.Module):
    """(B, 1, M, F) to (B, 32, M / 8, F): residual blocks that halve the bands and keep the frames."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = _conv2d(1, _HEAD_WIDTH)
        self.bn1 = nn.BatchNorm2d(_HEAD_WIDTH)
        self.layer1 = nn.Sequential(_Residual(stride=2), _Residual())
        self.layer2 = nn.Sequential(_Residual(stride=2), _Residual())
        self.conv2 = _conv2d(_HEAD_WIDTH, _HEAD_WIDTH, stride=2)
        self.bn2 = nn.BatchNorm2d(_HEAD_WIDTH)

    def forward(self, x: Tensor) -> Tensor:
        x = torch.relu(self.bn1(self.conv1(x)))
        return torch.relu(self.bn2(self.conv2(self.layer2(self.layer1(x)))))


class _Residual(nn.Module):
    def __init__(self, *, stride: int = 1) -> None:
        super().__init__()
        self.conv1, self.bn1 = _conv2d(_HEAD_WIDTH, _HEAD_WIDTH, stride=stride), nn.BatchNorm2d(_HEAD_WIDTH)
        self.conv2, self.bn2 = _conv2d(_HEAD_WIDTH, _HEAD_WIDTH), nn.BatchNorm2d(_HEAD_WIDTH)
        self.shortcut = nn.Sequential()
        if stride > 1:
            narrow = nn.Conv2d(_HEAD_WIDTH, _HEAD_WIDTH, 1, (stride, 1), bias=False)
            self.shortcut = nn.Sequential(narrow, nn.BatchNorm2d(_HEAD_WIDTH))

    def forward(self, x: Tensor) -> Tensor:
        y = self.bn2(self.conv2(torch.relu(self.bn1(self.conv1(x)))))
        return torch.relu(y + self.shortcut(x))


class _Stem(nn.Module):
    """(B, C, F) to (B, 128, F / 2)."""

    def __init__(self, n_in: int, n_out: int) -> None:
        super().__init__()
        self.linear = nn.Conv1d(n_in, n_out, 5, stride=2, padding=2, bias=False)
        self.nonlinear = _activation(n_out)

    def forward(self, x: Tensor) -> Tensor:
        return self.nonlinear(self.linear(x))


class _DenseBlock(nn.Module):
    """Layers each of which sees what all before it said: (B, C, F) to (B, C + layers · 32, F)."""

    def __init__(self, width: int, layers: int, dilation: int, segment_frames: int) -> None:
        super().__init__()
        for i in range(layers):
            self.add_module(f"tdnnd{i + 1}", _DenseLayer(width + i * _GROWTH, dilation, segment_frames))

    def forward(self, x: Tensor) -> Tensor:
        for layer in self.children():
            x = torch.cat([x, layer(x)], 1)
        return x


class _DenseLayer(nn.Module):
    def __init__(self, n_in: int, dilation: int, segment_frames: int) -> None:
        super().__init__()
        self.nonlinear1 = _activation(n_in)
        self.linear1 = nn.Conv1d(n_in, _BOTTLENECK, 1, bias=False)
        self.nonlinear2 = _activation(_BOTTLENECK)
        self.cam_layer = _MaskedConv(dilation, segment_frames)

    def forward(self, x: Tensor) -> Tensor:
        return self.cam_layer(self.nonlinear2(self.linear1(self.nonlinear1(x))))


class _MaskedConv(nn.Module):
    """A convolution whose output is weighed by a mask made from the frames' context (eq. 3 to 6)."""

    def __init__(self, dilation: int, segment_frames: int) -> None:
        super().__init__()
        self.segment_frames = segment_frames
        self.linear_local = nn.Conv1d(_BOTTLENECK, _GROWTH, 3, padding=dilation, dilation=dilation, bias=False)
        self.linear1 = nn.Conv1d(_BOTTLENECK, _BOTTLENECK // 2, 1)
        self.linear2 = nn.Conv1d(_BOTTLENECK // 2, _GROWTH, 1)

    def forward(self, x: Tensor) -> Tensor:
        whole = x.mean(-1, keepdim=True)
        context = whole + (self._segments(x) if self.segment_frames else whole)
        mask = torch.sigmoid(self.linear2(torch.relu(self.linear1(context))))
        return self.linear_local(x) * mask

    def _segments(self, x: Tensor) -> Tensor:
        """Each frame replaced by the mean of its segment; the last segment may be shorter."""
        length = self.segment_frames
        means = nn.functional.avg_pool1d(x, length, length, ceil_mode=True)
        return means.repeat_interleave(length, -1)[..., : x.shape[-1]]


class _Transition(nn.Module):
    def __init__(self, n_in: int, n_out: int) -> None:
        super().__init__()
        self.nonlinear = _activation(n_in)
        self.linear = nn.Conv1d(n_in, n_out, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.linear(self.nonlinear(x))


class _Statistics(nn.Module):
    """Mean and standard deviation over time: (B, C, F) to (B, 2C)."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([x.mean(-1), x.var(-1).clamp_min(1e-10).sqrt()], 1)


class _Dense(nn.Module):
    def __init__(self, n_in: int, n_out: int) -> None:
        super().__init__()
        self.linear = nn.Conv1d(n_in, n_out, 1, bias=False)
        self.nonlinear = nn.Sequential()
        self.nonlinear.add_module("batchnorm", nn.BatchNorm1d(n_out, affine=False))

    def forward(self, x: Tensor) -> Tensor:
        return self.nonlinear(self.linear(x[..., None])[..., 0])


def _activation(width: int) -> nn.Sequential:
    both = nn.Sequential()
    both.add_module("batchnorm", nn.BatchNorm1d(width))
    both.add_module("relu", nn.ReLU())
    return both


def _conv2d(n_in: int, n_out: int, *, stride: int = 1) -> nn.Conv2d:
    return nn.Conv2d(n_in, n_out, 3, (stride, 1), 1, bias=False)
