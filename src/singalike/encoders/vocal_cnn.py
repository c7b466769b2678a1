"""The encoders of Kim et al. 2021: a small CNN over time, one for vocals, and a pair for vocals and mixes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

_POOLED = 3
_BLOCKS = 4
_SHORTEST = _POOLED**_BLOCKS  # frames that leave one after all pooling


class VocalCnn(nn.Module):
    """Four times convolution, BatchNorm, LeakyReLU, max pooling by 3; then 1 × 1, dropout, mean over time.

    The image is standardised first, by a mean and a deviation that :meth:`set_statistics` takes from training data and
    that are saved with the weights. Fewer frames than the pooling needs are filled up with the mean.

    Args:
        bands: mel bands M, the input channels.
        width: channels of the four convolutions.
        dimension: D.
        dropout: before the mean over time.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, *, bands: int, width: int = 128, dimension: int = 256, dropout: float = 0.5) -> None:
        super().__init__()
        self.dimension = dimension
        self.register_buffer("mean", torch.zeros(()))
        self.register_buffer("std", torch.ones(()))
        self.body = nn.Sequential(*(_block(bands if i == 0 else width, width) for i in range(_BLOCKS)))
        self.last = nn.Sequential(
            nn.Conv1d(width, dimension, 1), nn.BatchNorm1d(dimension), nn.LeakyReLU(0.2), nn.Dropout(dropout)
        )

    @property
    def towers(self) -> Mapping[str, VocalCnn]:
        """The encoder by what it hears."""
        return {"vocals": self}

    def set_statistics(self, mean: float, std: float) -> None:
        """Set what images are standardised by."""
        self.mean.fill_(mean)
        self.std.fill_(max(std, 1e-8))

    def forward(self, images: Tensor) -> Tensor:
        """Return embeddings (B, D), not normalised, of images (B, 1, M, F)."""
        x = (images[:, 0] - self.mean) / self.std
        lacking: Any = torch.sym_max(_SHORTEST - x.shape[-1], 0)
        x = nn.functional.pad(x, (0, lacking))
        return self.last(self.body(x)).mean(-1)


class TwoVocalCnns(nn.Module):
    """One encoder for vocals and one for mixes, into one space.

    A batch of training holds four sides one after the other: anchors' vocals and mixes, then positives' vocals and
    mixes. Each read-out is exported by its name.
    """

    readouts = ("vocal", "mix")

    def __init__(self, *, bands: int, width: int = 128, dimension: int = 256, dropout: float = 0.5) -> None:
        super().__init__()
        self.dimension = dimension
        self.vocal, self.mix = (
            VocalCnn(bands=bands, width=width, dimension=dimension, dropout=dropout) for _ in self.readouts
        )

    @property
    def towers(self) -> Mapping[str, VocalCnn]:
        """The encoders by what they hear."""
        return {"vocals": self.vocal, "mixture": self.mix}

    def forward(self, images: Tensor) -> Tensor:
        """Return embeddings (4B, D), not normalised, of the images (4B, 1, M, F) of four sides."""
        sides = images.chunk(4)
        vocals, mixes = self.vocal(torch.cat(sides[0::2])), self.mix(torch.cat(sides[1::2]))
        return torch.stack([vocals.unflatten(0, (2, -1)), mixes.unflatten(0, (2, -1))], 1).flatten(0, 2)


def _block(n_in: int, n_out: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv1d(n_in, n_out, 3, padding=1), nn.BatchNorm1d(n_out), nn.LeakyReLU(0.2), nn.MaxPool1d(_POOLED)
    )
