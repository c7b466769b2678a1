"""F0 of a batch of clips in torch: Boersma's autocorrelation method.

P. Boersma, "Accurate short-term analysis of the fundamental frequency and the harmonics-to-noise ratio
of a sampled sound", IFA Proceedings 17 (1993). The signal is cut into frames of three longest periods;
the autocorrelation of each windowed frame, divided by that of the window (eq. 9), has its maxima at the
candidate periods; the best path through the candidates of all frames is the track. Constants are those
of the paper.

Differences: the search runs on the signal averaged down to about 11 kHz (F0 is far below), and the
autocorrelation is interpolated by zero-padding its spectrum, then a parabola, instead of 30 sincs.

Shapes: ``B`` batch, ``T`` samples, ``F`` frames, ``K`` candidates of a frame.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

_ANALYSIS_RATE_HZ = 11025
_HOP_SECONDS = 0.01
_CANDIDATES = 8
_UPSAMPLING = 2
_SILENCE_THRESHOLD = 0.03
_VOICING_THRESHOLD = 0.45
_OCTAVE_COST = 0.01
_OCTAVE_JUMP_COST = 0.35
_VOICED_UNVOICED_COST = 0.14


@dataclass(frozen=True)
class PitchTrack:
    """F0 on a grid: frame ``i`` is centred at sample ``i * hop``; the last one lies past the end.

    Attributes:
        f0_hz: (B, F) float32, 0 where unvoiced.
        hop: distance of frames in samples.
    """

    f0_hz: Tensor
    hop: int

    @property
    def voiced(self) -> Tensor:
        """(B, F) bool."""
        return self.f0_hz > 0

    def median_hz(self) -> Tensor:
        """(B,) median F0 over the voiced frames, NaN where there is none."""
        return torch.where(self.voiced, self.f0_hz, torch.nan).nanquantile(0.5, dim=1)

    def minimum_hz(self) -> Tensor:
        """(B,) lowest F0 of the voiced frames, inf where there is none."""
        return torch.where(self.voiced, self.f0_hz, torch.inf).amin(dim=1)


def track_pitch(
    samples: Tensor, *, sample_rate_hz: int, pitch_floor_hz: float = 75.0, pitch_ceiling_hz: float = 600.0
) -> PitchTrack:
    """Follow the F0 of each clip, every 10 ms.

    Args:
        samples: (B, T) float.
        sample_rate_hz: rate of ``samples``.
        pitch_floor_hz: lowest F0 looked for; frames last three of its periods.
        pitch_ceiling_hz: highest F0 looked for.

    Returns:
        The track; a clip's values depend on nothing but the clip.
    """
    factor = max(1, round(sample_rate_hz / _ANALYSIS_RATE_HZ))
    rate_hz = sample_rate_hz / factor
    hop = round(_HOP_SECONDS * rate_hz)
    frames = _frames(samples, factor=factor, hop=hop, window=round(3 * rate_hz / pitch_floor_hz))
    peak = frames.abs().amax(dim=2)
    correlation = _autocorrelation(frames, math.ceil(rate_hz / pitch_floor_hz) + 1)
    frequency, strength = _candidates(
        correlation, rate_hz=rate_hz * _UPSAMPLING, floor_hz=pitch_floor_hz, ceiling_hz=pitch_ceiling_hz
    )
    loudness = peak / peak.amax(dim=1, keepdim=True).clamp_min(1e-9)
    quiet = 2 - loudness * (1 + _VOICING_THRESHOLD) / _SILENCE_THRESHOLD
    unvoiced = _VOICING_THRESHOLD + quiet.clamp_min(0)
    frequency = F.pad(frequency, (1, 0))  # candidate 0 is "unvoiced"
    path = _best_path(frequency, torch.cat([unvoiced.unsqueeze(2), strength], dim=2))
    return PitchTrack(frequency.gather(2, path.unsqueeze(2)).squeeze(2), hop * factor)


def _frames(samples: Tensor, *, factor: int, hop: int, window: int) -> Tensor:
    """(B, T) -> (B, F, window): averaged down by ``factor``, each frame free of DC."""
    count = samples.shape[1] // (hop * factor) + 2
    whole = F.pad(samples, (0, -samples.shape[1] % factor))
    low = F.avg_pool1d(whole.unsqueeze(1), factor).squeeze(1)
    left = window // 2
    right = (count - 1) * hop + window - left - low.shape[1]
    frames = F.pad(low, (left, right)).unfold(1, window, hop)
    return frames - frames.mean(dim=2, keepdim=True)


def _autocorrelation(frames: Tensor, lags: int) -> Tensor:
    """(B, F, window) -> (B, F, lags * _UPSAMPLING): correlation of the sound under the window, 1 at lag 0."""
    window = torch.hann_window(frames.shape[2], dtype=frames.dtype, device=frames.device)
    size = 1 << (frames.shape[2] + lags - 1).bit_length()

    def correlate(x: Tensor) -> Tensor:
        spectrum = torch.fft.rfft(x, size)
        power = spectrum.real.square() + spectrum.imag.square()
        r = torch.fft.irfft(power, size * _UPSAMPLING)[..., : lags * _UPSAMPLING]
        return r / r[..., :1].clamp_min(1e-12)

    return correlate(frames * window) / correlate(window)


def _candidates(r: Tensor, *, rate_hz: float, floor_hz: float, ceiling_hz: float) -> tuple[Tensor, Tensor]:
    """Find the strongest maxima: (B, F, K) frequencies in Hz and strengths, -inf where there are fewer."""
    before, here, after = r[..., :-2], r[..., 1:-1], r[..., 2:]
    curvature = (before - 2 * here + after).clamp_max(-1e-9)
    offset = (0.5 * (before - after) / curvature).clamp(-0.5, 0.5)
    lag = torch.arange(1, r.shape[2] - 1, device=r.device) + offset
    height = here - 0.25 * (before - after) * offset
    height = torch.where(height > 1, 1 / height, height)  # chance maxima of short signals exceed 1
    frequency = rate_hz / lag
    is_peak = (here > before) & (here >= after) & (frequency >= floor_hz) & (frequency <= ceiling_hz)
    strength = height - _OCTAVE_COST * torch.log2(floor_hz / frequency)
    strength, where = torch.where(is_peak, strength, -torch.inf).topk(_CANDIDATES, dim=2)
    return frequency.gather(2, where), strength


def _best_path(frequency: Tensor, strength: Tensor) -> Tensor:
    """Viterbi over (B, F, K) candidates, frequency 0 being "unvoiced": the best path, (B, F) indices."""
    voiced = frequency > 0
    octaves = torch.log2(frequency.clamp_min(1.0))
    score, arrivals = strength[:, 0], []
    for i in range(1, frequency.shape[1]):  # the recursion is over time; every step serves the whole batch
        jump = (octaves[:, i, :, None] - octaves[:, i - 1, None, :]).abs() * _OCTAVE_JUMP_COST
        now, then = voiced[:, i, :, None], voiced[:, i - 1, None, :]
        cost = torch.where(now & then, jump, (now != then) * _VOICED_UNVOICED_COST)
        best, arrival = (score.unsqueeze(1) - cost).max(dim=2)
        score = best + strength[:, i]
        arrivals.append(arrival)
    state = score.argmax(dim=1, keepdim=True)
    path = [state]
    for arrival in reversed(arrivals):
        state = arrival.gather(1, state)
        path.append(state)
    return torch.cat(path[::-1], dim=1)
