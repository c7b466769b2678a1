"""The STFT as a convolution: what a graph gets in place of a Fourier transform.

ONNX Runtime's own STFT costs as much as a small network. A frame's transform is a matrix product with a window times
cosines and sines, and frames every ``hop`` samples make that a strided convolution, which it does well.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

_PRE_EMPHASIS = 0.97


class ConvolvedPower(nn.Module):
    """Power spectrum (B, fft // 2 + 1, F) of waveforms (B, T), as ``|torch.stft|²`` of the same numbers.

    Args:
        window: (W,), zero-padded on both sides to ``fft``.
        fft, hop: samples.
        centred: pad by reflection so that frame t is centred on sample t * hop.
        kaldi: frames are first shaped as Kaldi does; see :attr:`singalike.features.presets.Preset.shaping`.
    """

    turns: Tensor
    window: Tensor

    def __init__(self, window: Tensor, *, fft: int, hop: int, centred: bool, kaldi: bool = False) -> None:
        super().__init__()
        left = (fft - len(window)) // 2
        self.fft, self.hop, self.centred, self.left = fft, hop, centred, left
        self.kaldi = kaldi
        # Nothing is added up where the window is zero; where each cosine begins does not show in the power.
        turns = np.outer(np.arange(fft // 2 + 1), np.arange(len(window))) % fft
        self.register_buffer("turns", torch.from_numpy(turns.astype(np.int16)), persistent=False)
        self.register_buffer("window", window, persistent=False)

    def forward(self, waveforms: Tensor) -> Tensor:
        """Return the power."""
        x = waveforms[:, None]
        if self.centred:
            x = nn.functional.pad(x, (self.fft // 2, self.fft // 2), mode="reflect")
        x = x[..., self.left : x.shape[-1] - (self.fft - self.left - len(self.window))]
        # From small whole numbers, so that a file holds those: a runtime computes the rest once.
        phase = self.turns.to(torch.float32) * (2.0 * np.pi / self.fft)
        kernel = torch.cat([phase.cos(), phase.sin()]) * self.window
        if self.kaldi:
            kernel = _shaped(kernel)
        real, imaginary = nn.functional.conv1d(x, kernel[:, None], stride=self.hop).chunk(2, 1)
        return real.square() + imaginary.square()


def _shaped(kernel: Tensor) -> Tensor:
    """Return the kernel (K, W) that says of a frame what the given one says of it less its mean and pre-emphasised.

    Both are linear, so they can be done to the kernel in place of every frame.
    """
    after = nn.functional.pad(kernel[:, 1:], (0, 1))  # how much of sample n + 1's difference sample n is
    first = nn.functional.pad(kernel[:, :1], (0, kernel.shape[1] - 1))  # whose predecessor is itself
    emphasised = kernel - _PRE_EMPHASIS * (after + first)
    return emphasised - emphasised.mean(1, keepdim=True)
