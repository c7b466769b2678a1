"""Voices cut into periods and laid down again, in a batch: TD-PSOLA as two look-ups per sample.

E. Moulines, F. Charpentier, "Pitch-synchronous waveform processing techniques for text-to-speech
synthesis using diphones", Speech Communication 9 (1990): a voice is cut into grains of two periods
around its pitch marks, and the grains are laid down again at the marks of the new pitch. They keep their
shape, so the formants stay; laid down more often, they make a vowel longer.

Two things make it fit a batch, without a search from mark to mark and without a padded array of grains:

- **Marks from a phase.** ``phase`` counts periods: the integral of F0, corrected by the phase of ``|x|``
  heterodyned to F0 and smoothed over two longest periods. The correction is the circular mean of the
  amplitude within the period, so that whole numbers fall on the centre of each pulse. ``new_phase`` is
  the integral of the new F0; its whole numbers are the new marks. Each takes the grain of the old mark
  nearest to ``source``, where in the input this moment of the output comes from, ``shift`` samples away.
- **Overlap-add turned round.** The grain at a new mark reaches to its neighbours, so an output sample
  hears two grains only, those of the marks before and after it, and reads the input at its own place
  plus either shift: ``y[n] = w(d) x[n + shift_k] + w(1 - d) x[n + shift_{k+1}]``, ``d = new_phase[n] -
  k``, ``w`` half a Hann window (``w(d) + w(1 - d) = 1``). Downwards the windows keep the old period's
  width, as Praat's do.

Where there is no voice the input passes, as long as it was.

Shapes: ``B`` batch, ``T`` samples, ``U`` samples of the output, ``F`` frames of the pitch track, ``K`` marks.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from singalike.augment.pitch_track import PitchTrack


def relay(
    samples: Tensor,
    track: PitchTrack,
    *,
    sample_rate_hz: int,
    speed: Tensor,
    longest: float,
    longer: Tensor | None = None,
) -> Tensor:
    """Give every voiced moment another F0 and, if asked, another duration.

    Args:
        samples: (B, T) float32.
        track: their F0.
        sample_rate_hz: rate of ``samples``.
        speed: (B, F) new F0 over the old one.
        longest: samples of the longest period.
        longer: (B,) new duration of what is voiced over the old one; None keeps all durations.

    Returns:
        (B, T), or (B, U) with ``longer``: as long as the longest row, see :func:`new_lengths`.
    """
    length = samples.shape[1]
    voiced = sounding(track, length)
    cycles = _to_samples(held_f0_hz(track).double(), track.hop, length) / sample_rate_hz
    phase = _pulse_phase(samples, cycles.cumsum(1), track.hop, window=round(2 * longest))
    # The measured phase, not the track, is what is sped up: the track only says by how much.
    measured = phase.diff(dim=1, prepend=phase[:, :1]).clamp_min(1 / sample_rate_hz)
    speed = _to_samples(speed, track.hop, length)
    advance = torch.where(voiced, measured, cycles) * speed
    source = torch.arange(length, device=samples.device, dtype=torch.float64).expand_as(samples)
    new_voiced = voiced
    if longer is not None:
        elapsed = _elapsed(voiced, longer)
        moments = torch.arange(int(elapsed[:, -1].max().ceil()) + 1, device=samples.device, dtype=torch.float64)
        source = _time_of(elapsed, moments.expand(len(samples), -1).contiguous())
        at = source.round().long()
        advance, speed, new_voiced = (each.gather(1, at) for each in (advance, speed, voiced))
    narrow = torch.where(new_voiced, 1 / speed, 1.0).clamp_min(1.0)
    return _overlap(samples, phase, advance.cumsum(1), voiced, source, narrow, longest=longest)


def new_lengths(track: PitchTrack, length: int, longer: Tensor) -> Tensor:
    """Return how many samples (B,) each row of ``length`` has when what is voiced becomes ``longer`` (B,)."""
    return _elapsed(sounding(track, length), longer)[:, -1].round().long() + 1


def sounding(track: PitchTrack, length: int) -> Tensor:
    """Return (B, length) bool: which samples are voiced."""
    return track.voiced.repeat_interleave(track.hop, dim=1)[:, track.hop // 2 :][:, :length]


def held_f0_hz(track: PitchTrack) -> Tensor:
    """(B, F) F0 without gaps: the last voiced frame's, before the first voiced frame that one's."""
    frames = torch.arange(track.f0_hz.shape[1], device=track.f0_hz.device)
    last = torch.where(track.voiced, frames, -1).cummax(dim=1).values
    first = track.voiced.int().argmax(dim=1, keepdim=True)
    held = track.f0_hz.gather(1, torch.where(last < 0, first, last))
    return torch.where(held > 0, held, 1.0)  # a clip without pitch is not shifted; 1 keeps its numbers finite


def _elapsed(voiced: Tensor, longer: Tensor) -> Tensor:
    """(B, T) where in the output each sample of the input lies, the first at 0."""
    steps = torch.where(voiced, longer[:, None].double(), 1.0)
    return steps.cumsum(1) - steps[:, :1]


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
    samples: Tensor, phase: Tensor, new_phase: Tensor, voiced: Tensor, source: Tensor, narrow: Tensor, *, longest: float
) -> Tensor:
    """Read (B, T) ``samples`` so that their ``phase`` becomes ``new_phase`` (B, U); see the module's formula."""
    marks = torch.arange(int(new_phase[:, -1].max()) + 2, device=samples.device, dtype=torch.float64)
    new_at = _time_of(new_phase, marks.expand(len(samples), -1).contiguous())
    before = new_at.floor().long().clamp_max(source.shape[1] - 2)
    heard = source.gather(1, before).lerp(source.gather(1, before + 1), new_at - before)
    nearest = heard.round().long()
    rising = phase.cummax(dim=1).values  # without voice the phase may run back; the search wants it sorted
    old_at = _time_of(rising, rising.gather(1, nearest).round())
    grain = (old_at - heard).clamp(-longest, longest) + heard - new_at
    shift = grain.where(voiced.gather(1, nearest), (heard - new_at).round())
    whole = shift.floor()
    fraction, whole = (shift - whole).to(samples.dtype), whole.long()
    before = new_phase.floor().long()
    distance = (new_phase - before).to(samples.dtype)
    here = torch.arange(new_phase.shape[1], device=samples.device)
    made = torch.zeros(new_phase.shape, dtype=samples.dtype, device=samples.device)
    for mark, away in ((before, distance), (before + 1, 1 - distance)):
        weight = (0.5 * math.pi * (away * narrow).clamp_max(1.0)).cos().square()
        made += weight * _read(samples, here + whole.gather(1, mark), fraction.gather(1, mark))
    return made


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
