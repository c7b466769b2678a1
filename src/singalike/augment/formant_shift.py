"""Formant shift: another vocal tract at the same pitch."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from singalike.audio.resample import resample
from singalike.audio.stretch import stretch
from singalike.augment.base import Draw, Transform
from singalike.augment.pitch_shift import either_way, pitch_shift
from singalike.errors import ConfigError


class FormantShift(Transform):
    """Formants by a ratio of U(1, max_ratio), inverted with probability ½; pitch and duration stay.

    The pitch is shifted the other way, formants kept; stretched, and played at the speed that makes up for it, the clip
    has its pitch and duration again, and its spectrum is scaled. Torres 2023's code has it, after NANSY (Choi et al.,
    NeurIPS 2021), off by default. It needs the extra ``match``.

    Raises:
        ConfigError: a ratio below 1.
    """

    def __init__(self, probability: float = 0.5, max_ratio: float = 1.4) -> None:
        super().__init__(probability)
        if max_ratio < 1:
            raise ConfigError(f"the largest ratio is below 1: {max_ratio}")
        self.max_ratio = max_ratio

    def draw_all(self, generator: torch.Generator, batch: int) -> Draw:
        return {"ratio": either_way(generator, batch, self.max_ratio)}

    def change(self, samples: Tensor, draw: Draw, *, sample_rate_hz: int) -> Tensor:
        ratio = draw["ratio"]
        sunk = pitch_shift(samples, sample_rate_hz=sample_rate_hz, ratio=1 / ratio, range_ratio=torch.ones_like(ratio))
        moved = [_scaled(clip, float(by), sample_rate_hz) for clip, by in zip(sunk.cpu().numpy(), ratio, strict=True)]
        return torch.as_tensor(np.stack(moved), dtype=samples.dtype, device=samples.device)


def _scaled(clip: np.ndarray, ratio: float, sample_rate_hz: int) -> np.ndarray:
    """Return a clip (T,) with its spectrum scaled by a ratio, as long as before."""
    longer = stretch(clip[None], ratio=ratio, semitones=0.0, sample_rate_hz=sample_rate_hz)[0]
    played = resample(longer, from_hz=len(longer), to_hz=len(clip))
    return np.pad(played, (0, max(0, len(clip) - len(played))))[: len(clip)]
