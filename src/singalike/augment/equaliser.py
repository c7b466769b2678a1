"""Microphones and phones: a random smooth equaliser with a random low-pass."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from singalike.augment.base import Draw, Transform, coin, uniform

_BANDS = 9  # control points of the gain curve, evenly spaced in octaves from 60 Hz to 12 kHz
_LOW_HZ, _HIGH_HZ = 60.0, 12_000.0


class Equaliser(Transform):
    """A gain curve of ±``max_db`` over octaves; with ``band_limit`` also a low-pass at U(low_hz, high_hz).

    A low-pass falls by 96 dB an octave, as a phone's; with ``steep``, that share of them lets nothing through above, as
    a file that was sampled at a lower rate.
    """

    def __init__(
        self, probability: float = 0.5, max_db: float = 6.0, band_limit: float = 0.3,
        low_hz: float = 3400.0, high_hz: float = 7800.0, steep: float = 0.0,
    ) -> None:  # fmt: skip
        super().__init__(probability)
        self.max_db, self.band_limit, self.low_hz, self.high_hz = max_db, band_limit, low_hz, high_hz
        self.steep = steep

    def draw_all(self, generator: torch.Generator, batch: int) -> Draw:
        curve = uniform(generator, batch * _BANDS, -self.max_db, self.max_db).view(batch, _BANDS)
        limited = coin(generator, batch, self.band_limit)
        cutoff_hz = uniform(generator, batch, self.low_hz, self.high_hz)
        # Drawn last, and only if asked for: older recipes draw as they did.
        steep = coin(generator, batch, self.steep) if self.steep else torch.zeros(batch, dtype=torch.bool)
        return {"curve_db": curve, "cutoff_hz": torch.where(limited, cutoff_hz, torch.inf), "steep": steep}

    def change(self, samples: Tensor, draw: Draw, *, sample_rate_hz: int) -> Tensor:
        T = samples.shape[-1]
        spectrum = torch.fft.rfft(samples, 2 * T)  # padded: the filter must not wrap round
        hz = torch.linspace(0, sample_rate_hz / 2, spectrum.shape[-1], device=samples.device)
        place = torch.log2(hz.clamp(_LOW_HZ, _HIGH_HZ) / _LOW_HZ) / torch.log2(torch.tensor(_HIGH_HZ / _LOW_HZ))
        fine = interpolate(draw["curve_db"][:, None], size=512, mode="linear", align_corners=True)[:, 0]
        gain_db = fine[:, (place * 511).round().long()]
        octaves_above = torch.log2((hz[None] / draw["cutoff_hz"][:, None]).clamp_min(1.0))
        gain = 10 ** ((gain_db - 96.0 * octaves_above) / 20)
        gain = gain.masked_fill(draw["steep"][:, None] & (octaves_above > 0), 0.0)
        return torch.fft.irfft(spectrum * gain, 2 * T)[:, :T]
