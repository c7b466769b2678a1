"""Waveform to log-mel, in torch, exportable to ONNX.

The power spectrum is written ``real² + imag²``: complex numbers never leave the STFT. A graph has a convolution in its
place (:mod:`singalike.features.stft`). Mel filters follow Slaney's Auditory Toolbox (1998) and HTK (Young et al. 2006,
eq. 5.13); both agree with librosa's to float precision (tests). HTK's own triangles, and TensorFlow's, are straight
over mel; librosa draws them straight over Hz on either scale.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor, nn

from singalike.errors import TooShortError
from singalike.features.presets import Preset
from singalike.features.stft import ConvolvedPower

_IMAGENET_MEAN, _IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
_RMS_LEVEL = 0.1
_LEAST_ENERGY = 1e-9  # COLA's: one step of 16-bit audio in all has as much
_SLANEY_LINEAR_HZ, _SLANEY_BREAK_HZ, _SLANEY_STEP = 200.0 / 3, 1000.0, np.log(6.4) / 27.0


def hz_to_mel(hz: np.ndarray, scale: str) -> np.ndarray:
    """Map frequencies in Hz to mel on the ``slaney`` or ``htk`` scale."""
    hz = np.asarray(hz, dtype=np.float64)
    if scale == "htk":
        return 2595.0 * np.log10(1.0 + hz / 700.0)
    above = _SLANEY_BREAK_HZ / _SLANEY_LINEAR_HZ + np.log(np.maximum(hz, 1e-9) / _SLANEY_BREAK_HZ) / _SLANEY_STEP
    return np.where(hz < _SLANEY_BREAK_HZ, hz / _SLANEY_LINEAR_HZ, above)


def mel_to_hz(mel: np.ndarray, scale: str) -> np.ndarray:
    """Inverse of :func:`hz_to_mel`."""
    mel = np.asarray(mel, dtype=np.float64)
    if scale == "htk":
        return 700.0 * (10.0 ** (mel / 2595.0) - 1.0)
    break_mel = _SLANEY_BREAK_HZ / _SLANEY_LINEAR_HZ
    above = _SLANEY_BREAK_HZ * np.exp(_SLANEY_STEP * (mel - break_mel))
    return np.where(mel < break_mel, mel * _SLANEY_LINEAR_HZ, above)


def mel_filters(preset: Preset) -> np.ndarray:
    """Triangular mel filters of a preset, (M, fft // 2 + 1) float32.

    Slaney filters have unit area in Hz, HTK filters unit peaks.
    """
    bins_hz = np.linspace(0.0, preset.filters_sample_rate_hz / 2, preset.fft // 2 + 1)
    low, high = hz_to_mel(np.array([preset.low_hz, preset.high_hz]), preset.mel_scale)
    edges_mel = np.linspace(low, high, preset.bands + 2)
    edges_hz = mel_to_hz(edges_mel, preset.mel_scale)
    # The axis on which the triangles' sides are straight.
    if preset.triangles == "mel":
        bins, edges = hz_to_mel(bins_hz, preset.mel_scale), edges_mel
    else:
        bins, edges = bins_hz, edges_hz
    left, centre, right = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    rising = (bins - left) / (centre - left)
    falling = (right - bins) / (right - centre)
    filters = np.maximum(0.0, np.minimum(rising, falling))
    if preset.mel_scale == "slaney":
        filters *= 2.0 / (edges_hz[2:, None] - edges_hz[:-2, None])
    return filters.astype(np.float32)


def set_level(waveforms: Tensor, level: str) -> Tensor:
    """Bring waveforms (..., T) to peak 1 (``peak``), RMS 0.1 (``rms``) or norm 1 (``l2``); silence stays silence."""
    if level == "l2":
        return waveforms * waveforms.square().sum(-1, keepdim=True).clamp_min(_LEAST_ENERGY).rsqrt()
    if level == "peak":
        return waveforms / waveforms.abs().amax(-1, keepdim=True).clamp_min(1e-8)
    return waveforms * (_RMS_LEVEL / waveforms.square().mean(-1, keepdim=True).sqrt().clamp_min(1e-8))


class LogMel(nn.Module):
    """Log-mel of a preset: (B, T) waveforms to images (B, C, rows, F).

    It does not set the level: training augments between :func:`set_level` and this, inference does nothing there.
    """

    window: Tensor
    filters: Tensor
    mean: Tensor
    std: Tensor

    def __init__(self, preset: Preset) -> None:
        super().__init__()
        self.preset = preset
        kaldi = preset.shaping == "kaldi"
        window = torch.hann_window(preset.window, periodic=False) ** 0.85 if kaldi else torch.hann_window(preset.window)
        self.register_buffer("window", window, persistent=False)
        self.convolved = self._convolution() if kaldi else None  # a windowed transform cannot shape frames otherwise
        self.register_buffer("filters", torch.from_numpy(mel_filters(preset)), persistent=False)
        self.register_buffer("mean", torch.tensor(_IMAGENET_MEAN).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(_IMAGENET_STD).view(1, 3, 1, 1), persistent=False)

    def mel_power(self, waveforms: Tensor) -> Tensor:
        """Power (or, where the preset says so, magnitude) of the mel bands (B, M, F) before the logarithm.

        Raises:
            TooShortError: an uncentred front-end gets less than one frame.
        """
        p = self.preset
        if not p.centred:
            waveforms = self._with_room_for_windows(waveforms)
        power = self._transform(waveforms) if self.convolved is None else self.convolved(waveforms)
        return self.filters @ (power.sqrt() if p.spectrum == "magnitude" else power)

    def forward(self, waveforms: Tensor) -> Tensor:
        """Return images (B, C, rows, F) for waveforms (B, T) at the preset's rate."""
        p = self.preset
        power = self.mel_power(waveforms)
        if p.scaling == "power":
            return power.unsqueeze(1)
        if p.scaling == "log10":
            return torch.log10(1.0 + 10.0 * power).unsqueeze(1)
        x = torch.log(power.clamp_min(p.floor) if p.flooring == "clamp" else power + p.floor)
        if p.scaling == "item-max":
            # The released code divides by the maximum of the batch; ours by the item's own, so that an
            # embedding does not depend on its batch mates. A maximum <= 0 would turn the image over.
            top = x.amax((1, 2), keepdim=True)
            x = x / torch.where(top > 0, top, torch.ones_like(top))
        elif p.scaling == "two-means":
            x = torch.cat([x - x.mean((1, 2), keepdim=True), x - x.mean(2, keepdim=True)], 1)
        elif p.scaling == "band-means":
            x = x - x.mean(2, keepdim=True)
        x = x.unsqueeze(1)
        return (x.expand(-1, 3, -1, -1) - self.mean) / self.std if p.image else x

    @contextmanager
    def for_graphs(self) -> Iterator[None]:
        """Transform by convolution, to be exported."""
        kept = self.convolved
        self.convolved = kept or self._convolution()
        try:
            yield
        finally:
            self.convolved = kept

    def _convolution(self) -> ConvolvedPower:
        p = self.preset
        return ConvolvedPower(self.window, fft=p.fft, hop=p.hop, centred=p.centred, kaldi=p.shaping == "kaldi")

    def _transform(self, waveforms: Tensor) -> Tensor:
        p = self.preset
        spectrum = torch.stft(
            waveforms,
            p.fft,
            p.hop,
            p.window,
            self.window,
            center=p.centred,
            pad_mode="reflect",
            return_complex=True,
        )
        parts = torch.view_as_real(spectrum)
        return parts[..., 0].square() + parts[..., 1].square()

    def _with_room_for_windows(self, waveforms: Tensor) -> Tensor:
        """Pad with the zeros that the window's own padding to ``fft`` falls on.

        torch puts the window in the middle of ``fft`` samples and asks for all of them. With these zeros around the
        waveform, frame t holds exactly its samples from t * hop to t * hop + window, and the last whole frame counts.
        """
        p = self.preset
        if waveforms.shape[-1] < p.window:
            raise TooShortError(
                f"{waveforms.shape[-1]} samples are less than one frame of {p.window}",
                hint=f"{p.name} needs at least {p.window / p.sample_rate_hz * 1000:.0f} ms",
            )
        left = (p.fft - p.window) // 2
        return nn.functional.pad(waveforms, (left, p.fft - p.window - left))
