"""``cola-mask``: what Garoufis et al. 2023 do to log-mel patches in their baseline without sources.

Each view is changed on its own: half get time masks, half frequency masks (Park et al. 2019, "SpecAugment"), 40 % are
shifted down, 40 % are warped in time. The paper gives these shares, counts and widths; the rest is ours: places are
uniform, what is hidden or shifted in is ``fill``, by default the log-mel of silence in ``cola16k``, and the warp is
SpecAugment's along time with one point.

These are :class:`~singalike.augment.base.Transform` of images (B, C, M, F) in place of waveforms; the sample rate says
nothing to them.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from singalike.augment.base import Draw, Transform, uniform

SILENCE = math.log(1e-5)


def _integers(generator: torch.Generator, shape: tuple[int, ...], low: int, high: int) -> Tensor:
    """Draw integers from low to high, both included."""
    return torch.randint(low, high + 1, shape, generator=generator)


class _Masks(Transform):
    """1 to ``max_masks`` stripes of 1 to ``max_width`` across one axis; stripes may overlap."""

    axis: int

    def __init__(self, probability: float, max_masks: int, max_width: int, fill: float) -> None:
        super().__init__(probability)
        self.max_masks, self.max_width, self.fill = max_masks, max_width, fill

    def draw_all(self, generator: torch.Generator, batch: int) -> Draw:
        all_masks = (batch, self.max_masks)
        return {
            "masks": _integers(generator, (batch,), 1, self.max_masks),
            "width": _integers(generator, all_masks, 1, self.max_width),
            "place": torch.rand(all_masks, generator=generator),
        }

    def change(self, samples: Tensor, draw: Draw, *, sample_rate_hz: int) -> Tensor:
        size = samples.shape[self.axis]
        width = draw["width"].clamp_max(size)
        start = (draw["place"] * (size - width + 1)).floor()
        used = torch.arange(self.max_masks, device=samples.device) < draw["masks"][:, None]
        line = torch.arange(size, device=samples.device)
        in_mask = (line >= start[..., None]) & (line < (start + width)[..., None])  # (B, masks, size)
        hidden = (in_mask & used[..., None]).any(1)
        return samples.masked_fill(hidden[:, None, None] if self.axis == 3 else hidden[:, None, :, None], self.fill)


class TimeMasks(_Masks):
    """Nothing is heard for 1 to 9 stretches of 1 to 9 frames."""

    axis = 3

    def __init__(self, probability: float = 0.5, max_masks: int = 9, max_width: int = 9, fill: float = SILENCE) -> None:
        super().__init__(probability, max_masks, max_width, fill)


class FrequencyMasks(_Masks):
    """Nothing is heard in 1 to 4 ranges of 1 to 11 bands."""

    axis = 2

    def __init__(
        self, probability: float = 0.5, max_masks: int = 4, max_width: int = 11, fill: float = SILENCE
    ) -> None:
        super().__init__(probability, max_masks, max_width, fill)


class ShiftDown(Transform):
    """Every band sounds 1 to ``max_bands`` bands lower; the lowest are lost, the highest hold ``fill``."""

    def __init__(self, probability: float = 0.4, max_bands: int = 9, fill: float = SILENCE) -> None:
        super().__init__(probability)
        self.max_bands, self.fill = max_bands, fill

    def draw_all(self, generator: torch.Generator, batch: int) -> Draw:
        return {"bands": _integers(generator, (batch,), 1, self.max_bands)}

    def change(self, samples: Tensor, draw: Draw, *, sample_rate_hz: int) -> Tensor:
        M = samples.shape[2]
        source = torch.arange(M, device=samples.device) + draw["bands"][:, None]  # (B, M)
        index = source.clamp_max(M - 1)[:, None, :, None].expand_as(samples)
        return samples.gather(2, index).masked_fill((source >= M)[:, None, :, None], self.fill)


class TimeWarp(Transform):
    """A frame moves by U(−``max_frames``, ``max_frames``); the rest of the patch stretches and shrinks around it.

    The frame is drawn at least ``max_frames`` from both ends (in patches too short for that, the middle moves by less
    than half the patch). First and last frame stay; between, time runs evenly and frames are interpolated linearly.
    """

    def __init__(self, probability: float = 0.4, max_frames: int = 9) -> None:
        super().__init__(probability)
        self.max_frames = max_frames

    def draw_all(self, generator: torch.Generator, batch: int) -> Draw:
        return {"place": uniform(generator, batch, 0.0, 1.0), "shift": uniform(generator, batch, -1.0, 1.0)}

    def change(self, samples: Tensor, draw: Draw, *, sample_rate_hz: int) -> Tensor:
        last = samples.shape[3] - 1
        reach = min(float(self.max_frames), last / 2)
        before = (reach + draw["place"] * (last - 2 * reach))[:, None]
        after = before + reach * draw["shift"][:, None]
        time = torch.arange(last + 1, device=samples.device)
        # A part of no length holds no frame whose source would be asked for: its divisor only has to be no 0.
        left = time * before / after.clamp_min(1e-6)
        right = last - (last - time) * (last - before) / (last - after).clamp_min(1e-6)
        source = torch.where(time < after, left, right).clamp(0, last)
        floor = source.floor().clamp_max(max(last - 1, 0))
        low = floor.long()[:, None, None].expand_as(samples)
        share = (source - floor)[:, None, None]
        return samples.gather(3, low).lerp(samples.gather(3, (low + 1).clamp_max(last)), share.expand_as(samples))


PATCH_TRANSFORMS: dict[str, Callable[..., Transform]] = {
    "frequency-masks": FrequencyMasks,
    "shift-down": ShiftDown,
    "time-masks": TimeMasks,
    "time-warp": TimeWarp,
}
