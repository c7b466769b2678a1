"""Formant-preserving pitch shift of a batch of clips: TD-PSOLA as two look-ups per sample.

E. Moulines, F. Charpentier, "Pitch-synchronous waveform processing techniques for text-to-speech
synthesis using diphones", Speech Communication 9 (1990): a voice is cut into grains of two periods
around its pitch marks, and the grains are laid down again at the marks of the new pitch. They keep their
shape, so the formants stay.

Two things make it fit a batch, without a search from mark to mark and without a padded array of grains:

- **Marks from a phase.** ``phase`` counts periods: the integral of F0, corrected by the phase of ``|x|``
  heterodyned to F0 and smoothed over two longest periods. The correction is the circular mean of the
  amplitude within the period, so that whole numbers fall on the centre of each pulse. ``new_phase`` is
  the integral of the new F0; its whole numbers are the new marks. Each takes the grain of the nearest
  old mark, ``shift`` samples away.
- **Overlap-add turned round.** The grain at a new mark reaches to its neighbours, so an output sample
  hears two grains only, those of the marks before and after it, and reads the input at its own place
  plus either shift: ``y[n] = w(d) x[n + shift_k] + w(1 - d) x[n + shift_{k+1}]``, ``d = new_phase[n] -
  k``, ``w`` half a Hann window (``w(d) + w(1 - d) = 1``). Downwards the windows keep the old period's
  width, as Praat's do.

Where there is no voice the shifts are zero and the input passes.

Shapes: ``B`` batch, ``T`` samples, ``F`` frames of the pitch track, ``K`` marks.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from singalike.augment import praat
from singalike.augment.base import Draw, Transform, coin, uniform
from singalike.augment.pitch_track import PitchTrack, track_pitch
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
    length = samples.shape[1]
    f0_hz = _held(track)
    asked_hz = asked_f0_hz(
        f0_hz,
        median_hz=torch.nan_to_num(track.median_hz(), nan=1.0)[:, None],
        ratio=ratio[:, None],
        range_ratio=range_ratio[:, None],
    )
    speed = _to_samples(torch.where(allowed[:, None], asked_hz / f0_hz, 1.0), track.hop, length)
    voiced = track.voiced.repeat_interleave(track.hop, dim=1)[:, track.hop // 2 :][:, :length]
    cycles = _to_samples(f0_hz.double(), track.hop, length) / sample_rate_hz
    longest = sample_rate_hz / pitch_floor_hz
    phase = _pulse_phase(samples, cycles.cumsum(1), track.hop, window=round(2 * longest))
    # The measured phase, not the track, is what is sped up: the track only says by how much.
    measured = phase.diff(dim=1, prepend=phase[:, :1]).clamp_min(1 / sample_rate_hz)
    new_phase = (torch.where(voiced, measured, cycles) * speed).cumsum(1)
    shifted = _overlap(samples, phase, new_phase, voiced, speed, longest=longest)
    return torch.where(allowed[:, None], shifted, samples)


def _held(track: PitchTrack) -> Tensor:
    """(B, F) F0 without gaps: the last voiced frame's, before the first voiced frame that one's."""
    frames = torch.arange(track.f0_hz.shape[1], device=track.f0_hz.device)
    last = torch.where(track.voiced, frames, -1).cummax(dim=1).values
    first = track.voiced.int().argmax(dim=1, keepdim=True)
    held = track.f0_hz.gather(1, torch.where(last < 0, first, last))
    return torch.where(held > 0, held, 1.0)  # a clip without pitch is not shifted; 1 keeps its numbers finite


def _to_samples(values: Tensor, hop: int, length: int) -> Tensor:
    """(B, F) at the frame centres -> (B, length), linearly in between."""
    size = (values.shape[1] - 1) * hop + 1
    return F.interpolate(values.unsqueeze(1), size=size, mode="linear", align_corners=True)[:, 0, :length]


def _pulse_phase(samples: Tensor, phase: Tensor, hop: int, *, window: int) -> Tensor:
    """Correct (B, T) ``phase``, in periods, so that its whole numbers fall on the pulses."""
    length = samples.shape[1]
    angle = (2 * math.pi * phase.frac()).to(samples.dtype)
    demodulated = samples.abs().unsqueeze(1) * torch.stack([angle.cos(), -angle.sin()], dim=1)
    frames = length // hop + 2
    margins = (window // 2, (frames - 1) * hop + window - window // 2 - length)
    hann = torch.hann_window(window, dtype=samples.dtype, device=samples.device)
    smooth = F.pad(demodulated, margins).unfold(2, window, hop) @ hann  # (B, 2, F)
    lead = torch.atan2(smooth[:, 1], smooth[:, 0]).double() / (2 * math.pi)
    step = lead.diff(dim=1)
    lead = torch.cat([lead[:, :1], step - step.round()], dim=1).cumsum(1)  # unwrapped
    return phase + _to_samples(lead, hop, length)


def _overlap(
    samples: Tensor, phase: Tensor, new_phase: Tensor, voiced: Tensor, speed: Tensor, *, longest: float
) -> Tensor:
    """Read (B, T) ``samples`` so that their ``phase`` becomes ``new_phase``; see the module's formula."""
    length = samples.shape[1]
    marks = torch.arange(int(new_phase[:, -1].max()) + 2, device=samples.device, dtype=torch.float64)
    new_at = _time_of(new_phase, marks.expand(len(samples), -1).contiguous())
    nearest = new_at.round().long()
    rising = phase.cummax(dim=1).values  # without voice the phase may run back; the search wants it sorted
    old_at = _time_of(rising, rising.gather(1, nearest).round())
    shift = (old_at - new_at).clamp(-longest, longest).where(voiced.gather(1, nearest), 0.0)
    whole = shift.floor()
    fraction, whole = (shift - whole).to(samples.dtype), whole.long()
    before = new_phase.floor().long()
    distance = (new_phase - before).to(samples.dtype)
    narrow = torch.where(voiced, 1 / speed, 1.0).clamp_min(1.0)
    here = torch.arange(length, device=samples.device)
    shifted = torch.zeros_like(samples)
    for mark, away in ((before, distance), (before + 1, 1 - distance)):
        weight = (0.5 * math.pi * (away * narrow).clamp_max(1.0)).cos().square()
        shifted += weight * _read(samples, here + whole.gather(1, mark), fraction.gather(1, mark))
    return shifted


def _time_of(phase: Tensor, values: Tensor) -> Tensor:
    """Invert rising (B, T) ``phase``: (B, K) fractional samples where it takes ``values``."""
    after = torch.searchsorted(phase, values).clamp(1, phase.shape[1] - 1)
    low, high = phase.gather(1, after - 1), phase.gather(1, after)
    return after - 1 + ((values - low) / (high - low).clamp_min(1e-9)).clamp(0, 1)


def _read(samples: Tensor, index: Tensor, fraction: Tensor) -> Tensor:
    """(B, T) ``samples`` at ``index + fraction``, by Catmull and Rom's cubic; exact at fraction 0."""
    last = samples.shape[1] - 1
    a, b, c, d = (samples.gather(1, (index + i).clamp(0, last)) for i in (-1, 0, 1, 2))
    slope, bend, twist = c - a, 2 * a - 5 * b + 4 * c - d, 3 * (b - c) + d - a
    return b + 0.5 * fraction * (slope + fraction * (bend + fraction * twist))


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

    Raises:
        ConfigError: an unknown method, or a ratio below 1.
    """

    def __init__(
        self,
        probability: float = 0.5,
        max_ratio: float = 1.3,
        max_range_ratio: float = 1.5,
        method: str = "psola",
    ) -> None:
        super().__init__(probability)
        if method not in METHODS:
            raise ConfigError(f"no pitch shift is called {method!r}", hint=f"one of {', '.join(METHODS)}")
        if min(max_ratio, max_range_ratio) < 1:
            raise ConfigError(f"a largest ratio is below 1: {max_ratio}, {max_range_ratio}")
        self.max_ratio, self.max_range_ratio, self.method = max_ratio, max_range_ratio, method

    def draw_all(self, generator: torch.Generator, batch: int) -> Draw:
        """Draw (B,) ``ratio`` and ``range_ratio``."""
        return {
            "ratio": _either_way(generator, batch, self.max_ratio),
            "range_ratio": _either_way(generator, batch, self.max_range_ratio),
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
        method = METHODS[self.method]
        return torch.cat([method(x, sample_rate_hz=sample_rate_hz, ratio=r, range_ratio=rr) for x, r, rr in parts])


def _either_way(generator: torch.Generator, batch: int, largest: float) -> Tensor:
    """Draw (B,) from U(1, largest), inverted with probability ½."""
    ratio = uniform(generator, batch, 1.0, largest)
    return torch.where(coin(generator, batch, 0.5), 1 / ratio, ratio)
