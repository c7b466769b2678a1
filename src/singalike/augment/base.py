"""What all augmentations share: drawing is apart from applying, so that a draw can be repeated.

``draw`` makes everything random for a batch from a generator; ``apply`` is a pure function of samples and draw.
Items that the coin of ``probability`` leaves out pass through bit for bit.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

Draw = dict[str, Tensor]


def uniform(generator: torch.Generator, batch: int, low: float, high: float) -> Tensor:
    """Draw (B,) float32 from U(low, high)."""
    return low + (high - low) * torch.rand(batch, generator=generator)


def coin(generator: torch.Generator, batch: int, probability: float) -> Tensor:
    """Draw (B,) booleans, true with ``probability``."""
    return torch.rand(batch, generator=generator) < probability


def seeds(generator: torch.Generator, batch: int) -> Tensor:
    """Draw (B,) integers to seed what is too large to draw ahead (noise)."""
    return torch.randint(2**31 - 1, (batch,), generator=generator)


def white_noise(seeds: Tensor, length: int) -> Tensor:
    """Return standard normal noise (B, length), one row a seed, the same on every device."""
    rows = [torch.randn(length, generator=torch.Generator().manual_seed(int(seed))) for seed in seeds]
    return torch.stack(rows)


class Transform:
    """One augmentation of (B, T) waveforms.

    Subclasses draw their own numbers in :meth:`draw_all` and change every item in :meth:`change`.
    """

    def __init__(self, probability: float = 0.5) -> None:
        self.probability = probability

    def draw(self, generator: torch.Generator, batch: int) -> Draw:
        """Draw everything random for ``batch`` items; ``chosen`` (B,) says which are changed."""
        return {"chosen": coin(generator, batch, self.probability), **self.draw_all(generator, batch)}

    def apply(self, samples: Tensor, draw: Draw, *, sample_rate_hz: int) -> Tensor:
        """Return (B, T) with the chosen items changed and the others untouched."""
        chosen = draw["chosen"].to(samples.device)
        if not bool(chosen.any()):
            return samples
        picked = {name: value.to(samples.device)[chosen] for name, value in draw.items() if name != "chosen"}
        changed = samples.clone()
        changed[chosen] = self.change(samples[chosen], picked, sample_rate_hz=sample_rate_hz)
        return changed

    def draw_all(self, generator: torch.Generator, batch: int) -> Draw:
        """Draw the parameters of all items."""
        raise NotImplementedError

    def change(self, samples: Tensor, draw: Draw, *, sample_rate_hz: int) -> Tensor:
        """Change all items of (b, T)."""
        raise NotImplementedError


class Chain:
    """Several transforms, one after the other."""

    def __init__(self, transforms: Sequence[Transform]) -> None:
        self.transforms = list(transforms)

    def __call__(self, samples: Tensor, generator: torch.Generator, *, sample_rate_hz: int) -> Tensor:
        """Draw for and apply all transforms to (B, T)."""
        for transform in self.transforms:
            draw = transform.draw(generator, len(samples))
            samples = transform.apply(samples, draw, sample_rate_hz=sample_rate_hz)
        return samples
