"""What F-ResNet and H/ASP share: front-end, residual stages, and checkpoints of ``clovaai/voxceleb_trainer``.

Both are ResNet-34s with squeeze-and-excitation (Hu et al. 2018) over a log-mel whose bands are each standardised
over time, trained on VoxCeleb2. Parameter names are the checkpoints', so that they load as they are.

**Level.** When these checkpoints were made, the trainer read its WAV files as 16-bit integers; later versions read
floats in ±1, beside which the 1e-6 under the logarithm is no longer nothing. Issue 144 of that repository reports 1.71
instead of 1.18 % EER for H/ASP on VoxCeleb1 and names this as one of two causes. Samples in ±1 are therefore brought
to the integers' range first. Which of the two Torres et al. 2023 fed them is not known.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from singalike.checksum import sha256
from singalike.encoders.published import Baseline, checked
from singalike.encoders.published.checkpoint import load_strictly, read_state
from singalike.errors import MissingWeightsError
from singalike.features import mel_filters, preset

SAMPLE_RATE_HZ = 16_000
DIMENSION = 512
REPOSITORY = "clovaai/voxceleb_trainer"
_FFT, _WINDOW, _HOP = 512, 400, 160
_FLOOR = 1e-6
_PRE_EMPHASIS = 0.97
_FULL_SCALE = 32_768.0  # see "Level" above
_BLOCKS = (3, 4, 6, 3)
_SQUEEZE = 8
_NETWORK, _LOSS = "__S__.", "__L__."  # prefixes of the checkpoints' keys


class PreEmphasis(nn.Module):
    """``y[t] = x[t] − 0.97 x[t−1]`` of (B, T), the sample before the first being the second (reflection)."""

    flipped_filter: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("flipped_filter", torch.tensor([[[-_PRE_EMPHASIS, 1.0]]]))

    def forward(self, waveforms: Tensor) -> Tensor:
        """Return the emphasised waveforms (B, T)."""
        return F.conv1d(F.pad(waveforms[:, None], (1, 0), "reflect"), self.flipped_filter)[:, 0]


class _Spectrogram(nn.Module):
    """Power spectrum (B, 257, F): 25-ms Hamming windows every 10 ms, centred, padded by reflection."""

    window: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("window", torch.hamming_window(_WINDOW))

    def forward(self, waveforms: Tensor) -> Tensor:
        spectrum = torch.stft(waveforms, _FFT, _HOP, _WINDOW, self.window, return_complex=True)
        return spectrum.real.square() + spectrum.imag.square()


class _MelScale(nn.Module):
    """HTK mel filters of unit peak, 0 to 8 kHz, applied to (B, 257, F)."""

    fb: Tensor

    def __init__(self, bands: int) -> None:
        super().__init__()
        filters = mel_filters(replace(preset("voice16k"), bands=bands, fft=_FFT, low_hz=0.0, high_hz=8000.0))
        self.register_buffer("fb", torch.from_numpy(filters.T.copy()))

    def forward(self, power: Tensor) -> Tensor:
        return self.fb.T @ power


class MelSpectrogram(nn.Module):
    """Mel-band power (B, M, F) of waveforms (B, T), as torchaudio's default of that name computes it."""

    def __init__(self, bands: int) -> None:
        super().__init__()
        self.spectrogram = _Spectrogram()
        self.mel_scale = _MelScale(bands)

    def forward(self, waveforms: Tensor) -> Tensor:
        """Return the power of each band."""
        return self.mel_scale(self.spectrogram(waveforms))


class _Excitation(nn.Module):
    """Squeeze-and-excitation: each channel times a gate that has seen the means of all."""

    def __init__(self, width: int) -> None:
        super().__init__()
        squeezed = width // _SQUEEZE
        self.fc = nn.Sequential(nn.Linear(width, squeezed), nn.ReLU(), nn.Linear(squeezed, width), nn.Sigmoid())

    def forward(self, x: Tensor) -> Tensor:
        return x * self.fc(x.mean((2, 3)))[:, :, None, None]


class _Block(nn.Module):
    """Residual block of two 3×3 convolutions; the first is rectified before its normalisation, unlike He's."""

    def __init__(self, n_in: int, n_out: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(n_in, n_out, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(n_out)
        self.conv2 = nn.Conv2d(n_out, n_out, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(n_out)
        self.se = _Excitation(n_out)
        self.downsample = None
        if stride != 1 or n_in != n_out:
            self.downsample = nn.Sequential(nn.Conv2d(n_in, n_out, 1, stride, bias=False), nn.BatchNorm2d(n_out))

    def forward(self, x: Tensor) -> Tensor:
        y = self.bn2(self.conv2(self.bn1(F.relu(self.conv1(x)))))
        return F.relu(self.se(y) + (x if self.downsample is None else self.downsample(x)))


class SpeakerResNet(nn.Module):
    """Front-end and the four stages; a subclass adds stem, pooling over time and the last linear map.

    Args:
        bands: M, mel bands.
        widths: Channels of the four stages.
        last_stride: Of the fourth stage; the second and third halve bands and frames.
        pre_emphasis: Whether the front-end begins with it.
    """

    def __init__(self, *, bands: int, widths: tuple[int, int, int, int], last_stride: int, pre_emphasis: bool) -> None:
        super().__init__()
        mel = MelSpectrogram(bands)
        self.torchfb = nn.Sequential(PreEmphasis(), mel) if pre_emphasis else mel
        stages = zip((widths[0], *widths), widths, _BLOCKS, (1, 2, 2, last_stride), strict=False)
        for number, (n_in, n_out, blocks, stride) in enumerate(stages, start=1):
            first = _Block(n_in, n_out, stride)
            rest = [_Block(n_out, n_out, 1) for _ in range(blocks - 1)]
            self.add_module(f"layer{number}", nn.Sequential(first, *rest))

    def images(self, waveforms: Tensor) -> Tensor:
        """Return log-mels (B, 1, M, F) of waveforms (B, T), each band of mean 0 and variance 1 over time."""
        return F.instance_norm(torch.log(self.torchfb(waveforms) + _FLOOR)).unsqueeze(1)

    def stages(self, x: Tensor) -> Tensor:
        """Pass the stem's maps (B, C, M, F) through the four stages."""
        for number in range(1, len(_BLOCKS) + 1):
            x = self.get_submodule(f"layer{number}")(x)
        return x


class VoxCelebBaseline(Baseline):
    """A network with a checkpoint of ``clovaai/voxceleb_trainer``; vectors of 512 numbers, unit norm.

    Args:
        weights: The checkpoint.

    Raises:
        MissingWeightsError: It is not there.
        ModelMismatchError: It is not a checkpoint of this network.
    """

    sample_rate_hz = SAMPLE_RATE_HZ
    checkpoint: str
    publication: str

    def __init__(self, weights: Path | str) -> None:
        weights = Path(weights)
        if not weights.is_file():
            hint = f"put {self.checkpoint} of the repository {REPOSITORY} ({self.publication}) there"
            raise MissingWeightsError(f"no checkpoint of {self.name}", where=weights, hint=hint)
        state = read_checkpoint(weights)
        self._network = self.network(state)
        load_strictly(self._network, state, where=weights)
        self._network.eval()
        self.fingerprint = sha256(weights)

    def network(self, state: Mapping[str, Tensor]) -> SpeakerResNet:
        """Return the network, not yet loaded, that a checkpoint's state is of."""
        raise NotImplementedError

    def embed(self, samples: np.ndarray, *, sample_rate_hz: int) -> np.ndarray:
        """Return the vector (512,) float32, unit norm, of samples (T,) at 16 kHz; errors as the base class says."""
        samples = checked(samples, sample_rate_hz, by=self, at_least=_FFT)
        with torch.inference_mode():
            vector = self._network(torch.from_numpy(samples * _FULL_SCALE)[None])[0]
            return F.normalize(vector, dim=0).numpy()


def read_checkpoint(path: Path) -> dict[str, Tensor]:
    """Return the network's tensors of a checkpoint by their names; those of the training loss are left out.

    Raises:
        ModelMismatchError: It is not a file of named tensors.
    """
    state = read_state(path, hint=f"one of {REPOSITORY} is")
    # Trained on several cards, names begin with "module.".
    named = {name.removeprefix("module."): value for name, value in state.items()}
    return {name.removeprefix(_NETWORK): value for name, value in named.items() if not name.startswith(_LOSS)}
