"""Formant-preserving pitch shift of a batch of clips (:mod:`.psola`): formants and duration stay.

Shapes: ``B`` batch, ``T`` samples, ``F`` frames of the pitch track.
"""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor

from singalike.augment import praat
from singalike.augment.base import Draw, Transform, coin, uniform
from singalike.augment.pitch_track import PitchTrack, track_pitch
from singalike.augment.psola import held_f0_hz, relay
from singalike.errors import ConfigError


def asked_f0_hz(f0_hz: Tensor, *, median_hz: Tensor, ratio: Tensor, range_ratio: Tensor) -> Tensor:
    """Return the F0 that replaces ``f0_hz``, by the law of Praat's "Change gender".

    Args:
        f0_hz: F0 of the source in Hz; the arguments broadcast against each other.
        median_hz: median F0 of the source.
        ratio: new median over the old one.
        range_ratio: new distance from the median over the old one, both after scaling by ``ratio``.
    """
    new_median_hz = median_hz * ratio
    return new_median_hz + (f0_hz * ratio - new_median_hz) * range_ratio


def shiftable(track: PitchTrack, *, ratio: Tensor, range_ratio: Tensor) -> Tensor:
    """Say which clips can be shifted: (B,) true where there is pitch and all new F0 are above 0 Hz."""
    lowest_hz = asked_f0_hz(track.minimum_hz(), median_hz=track.median_hz(), ratio=ratio, range_ratio=range_ratio)
    return track.voiced.any(dim=1) & (lowest_hz > 0)


@torch.no_grad()
def pitch_shift(
    samples: Tensor,
    *,
    sample_rate_hz: int,
    ratio: Tensor,
    range_ratio: Tensor,
    pitch_floor_hz: float = 75.0,
    pitch_ceiling_hz: float = 600.0,
) -> Tensor:
    """Shift the pitch of each clip; formants, duration and what is not voiced stay.

    Args:
        samples: (B, T) float32.
        sample_rate_hz: rate of ``samples``.
        ratio: (B,) new median F0 over the old one.
        range_ratio: (B,) new pitch range around the median over the old one.
        pitch_floor_hz: lowest F0 looked for.
        pitch_ceiling_hz: highest F0 looked for.

    Returns:
        (B, T); clips that :func:`shiftable` denies come back as they were, bit for bit.
    """
    track = track_pitch(
        samples,
        sample_rate_hz=sample_rate_hz,
        pitch_floor_hz=pitch_floor_hz,
        pitch_ceiling_hz=pitch_ceiling_hz,
    )
    allowed = shiftable(track, ratio=ratio, range_ratio=range_ratio)
    if not bool(allowed.any()):
        return samples.clone()
    f0_hz = held_f0_hz(track)
    asked_hz = asked_f0_hz(
        f0_hz,
        median_hz=torch.nan_to_num(track.median_hz(), nan=1.0)[:, None],
        ratio=ratio[:, None],
        range_ratio=range_ratio[:, None],
    )
    speed = torch.where(allowed[:, None], asked_hz / f0_hz, 1.0)
    shifted = relay(samples, track, sample_rate_hz=sample_rate_hz, speed=speed, longest=sample_rate_hz / pitch_floor_hz)
    return torch.where(allowed[:, None], shifted, samples)


_CLIPS_AT_ONCE = 8  # more leave the processor's cache: 32 clips of 4 s take twice the time each
METHODS = {"psola": pitch_shift, "praat": praat.pitch_shift}


class PitchShift(Transform):
    """Shift of median and range by drawn ratios (Torres 2023, after NANSY: Choi et al., NeurIPS 2021).

    ``ratio`` is drawn from U(1, max_ratio), ``range_ratio`` from U(1, max_range_ratio); each is inverted with
    probability ½.

    Args:
        probability: share of the items that are shifted.
        max_ratio: largest ratio of the medians (the paper prints 3, its code has 1.3).
        max_range_ratio: largest ratio of the pitch ranges.
        method: "psola", our own; or "praat", the reference (extra ``pitch``).
        floor_hz: lowest F0 looked for.
        ceiling_hz: highest F0 looked for; 600 is enough for speech, a soprano sings to 1100.

    Raises:
        ConfigError: an unknown method, a ratio below 1, or a floor that is not below the ceiling.
    """

    def __init__(
        self,
        probability: float = 0.5,
        max_ratio: float = 1.3,
        max_range_ratio: float = 1.5,
        method: str = "psola",
        floor_hz: float = 75.0,
        ceiling_hz: float = 600.0,
    ) -> None:
        super().__init__(probability)
        if method not in METHODS:
            raise ConfigError(f"no pitch shift is called {method!r}", hint=f"one of {', '.join(METHODS)}")
        if min(max_ratio, max_range_ratio) < 1:
            raise ConfigError(f"a largest ratio is below 1: {max_ratio}, {max_range_ratio}")
        if not 0 < floor_hz < ceiling_hz:
            raise ConfigError(f"F0 is looked for from floor_hz up to ceiling_hz, not from {floor_hz} to {ceiling_hz}")
        self.max_ratio, self.max_range_ratio = max_ratio, max_range_ratio
        self._shift = partial(METHODS[method], pitch_floor_hz=floor_hz, pitch_ceiling_hz=ceiling_hz)

    def draw_all(self, generator: torch.Generator, batch: int) -> Draw:
        """Draw (B,) ``ratio`` and ``range_ratio``."""
        return {
            "ratio": either_way(generator, batch, self.max_ratio),
            "range_ratio": either_way(generator, batch, self.max_range_ratio),
        }

    def change(self, samples: Tensor, draw: Draw, *, sample_rate_hz: int) -> Tensor:
        """Shift (b, T) by ``ratio`` and ``range_ratio``."""
        at_once = _CLIPS_AT_ONCE if samples.device.type == "cpu" else len(samples)
        parts = zip(
            samples.split(at_once),
            draw["ratio"].split(at_once),
            draw["range_ratio"].split(at_once),
            strict=True,
        )
        shift = self._shift
        return torch.cat([shift(x, sample_rate_hz=sample_rate_hz, ratio=r, range_ratio=rr) for x, r, rr in parts])


def either_way(generator: torch.Generator, batch: int, largest: float) -> Tensor:
    """Draw (B,) from U(1, largest), inverted with probability ½."""
    ratio = uniform(generator, batch, 1.0, largest)
    return torch.where(coin(generator, batch, 0.5), 1 / ratio, ratio)
