"""A checkpoint of the published singer-identity layout with random weights, and what the released code computes
from it at batch 1.

Written from METHODS (Torres et al. 2023, front-end and encoder), nnAudio's documentation and table 1 of Tan & Le
2019 (EfficientNet-B0), in numpy and float64, from the tensors alone: none of singalike's features or encoders.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

FRONT, NET = "feature_extractor.spec_layer.", "encoder.net.2."
FFT, HOP = 2048, 512
HYPERPARAMS = """\
encoder:
  backbone: efficientnet_b0
  embedding_dim: 1000
  pretrained: true
feature_extractor:
  hop_length: 512
  n_fft: 2048
  spec_layer: melspectogram
"""
# input, expansion, kernel, stride of the first, output, repeats
STAGES = (
    (32, 1, 3, 1, 16, 1), (16, 6, 3, 2, 24, 2), (24, 6, 5, 2, 40, 2), (40, 6, 3, 2, 80, 3),
    (80, 6, 5, 1, 112, 3), (112, 6, 5, 2, 192, 4), (192, 6, 3, 1, 320, 1),
)  # fmt: skip


def layout() -> Iterator[tuple[str, tuple[int, ...]]]:
    """Names and shapes of the encoder's tensors."""

    def conv(name: str, out: int, into: int, kernel: int) -> Iterator[tuple[str, tuple[int, ...]]]:
        yield f"{name}.0.weight", (out, into, kernel, kernel)
        yield from ((f"{name}.1.{part}", (out,)) for part in ("weight", "bias", "running_mean", "running_var"))
        yield f"{name}.1.num_batches_tracked", ()

    yield from conv("features.0", 32, 3, 3)
    for stage, (into, expansion, kernel, _, out, repeats) in enumerate(STAGES, start=1):
        for i in range(repeats):
            width = into if i == 0 else out
            wide, block, part = width * expansion, f"features.{stage}.{i}.block", 0
            if expansion > 1:
                yield from conv(f"{block}.{part}", wide, width, 1)
                part += 1
            yield from conv(f"{block}.{part}", wide, 1, kernel)
            for name, a, b in (("fc1", width // 4, wide), ("fc2", wide, width // 4)):
                yield f"{block}.{part + 1}.{name}.weight", (a, b, 1, 1)
                yield f"{block}.{part + 1}.{name}.bias", (a,)
            yield from conv(f"{block}.{part + 2}", out, wide, 1)
    yield from conv("features.8", 1280, 320, 1)
    yield "classifier.1.weight", (1000, 1280)
    yield "classifier.1.bias", (1000,)


def slaney_filters(bands: int, rate_hz: int) -> np.ndarray:
    """Slaney's mel filters of unit area, (bands, FFT // 2 + 1)."""

    def hz(mel: np.ndarray) -> np.ndarray:
        return np.where(mel < 15, mel * 200 / 3, 1000 * 6.4 ** ((mel - 15) / 27))

    edges = hz(np.linspace(0, 15 + 27 * np.log(rate_hz / 2000) / np.log(6.4), bands + 2))
    bins = np.linspace(0, rate_hz / 2, FFT // 2 + 1)
    triangles = [np.interp(bins, edges[i : i + 3], [0, 1, 0]) * 2 / (edges[i + 2] - edges[i]) for i in range(bands)]
    return np.stack(triangles)


@functools.cache
def random_state(seed: int = 0) -> dict[str, Tensor]:
    """Random weights with normalisation statistics of a few sounds, so that all numbers are O(1).

    Gates and what a block adds are kept mild, as training leaves them: 81 wilder layers would make anything of a
    rounding error.
    """
    random = np.random.default_rng(seed)
    angles = 2 * np.pi * np.outer(np.arange(FFT // 2 + 1), np.arange(FFT)) / FFT
    window = np.hanning(FFT + 1)[:-1]
    state: dict[str, np.ndarray] = {
        f"{FRONT}mel_basis": slaney_filters(128, 22_050),
        f"{FRONT}stft.wsin": (np.sin(angles) * window)[:, None],
        f"{FRONT}stft.wcos": (np.cos(angles) * window)[:, None],
        f"{FRONT}stft.window_mask": window[None, :, None],
    }
    for name, shape in layout():
        if len(shape) > 1:
            value = random.normal(size=shape) * np.prod(shape[1:]) ** -0.5 * (0.3 if ".fc" in name else 1.0)
        elif ".block.2.1.weight" in name or ".block.3.1.weight" in name:  # the last of a block
            value = random.uniform(0.1, 0.5, shape)
        elif name.endswith("weight"):
            value = random.uniform(0.4, 0.8, shape)
        elif name.endswith("num_batches_tracked"):
            value = np.array(1000)
        else:
            value = random.uniform(0, 1, shape)
        state[NET + name] = value
    tensors = {k: torch.from_numpy(v) if v.dtype == np.int64 else torch.from_numpy(v).float() for k, v in state.items()}
    examples = [voice(1.5, seed) for seed in (101, 102)] + [random.normal(size=66_150) for _ in range(2)]
    encode(tensors, torch.cat([log_mel_image(tensors, x / np.abs(x).max()) for x in examples]), settle=True)
    return tensors


def log_mel_image(state: dict[str, Tensor], waveform: np.ndarray) -> Tensor:
    """The released front-end at batch 1: (T,) to (1, 3, M, F), float64."""
    padded = np.pad(waveform.astype(np.float64), FFT // 2, mode="reflect")
    frames = np.lib.stride_tricks.sliding_window_view(padded, FFT)[::HOP]
    sines, cosines = (state[f"{FRONT}stft.{name}"][:, 0].double().numpy() for name in ("wsin", "wcos"))
    power = (frames @ sines.T) ** 2 + (frames @ cosines.T) ** 2
    x = np.log(state[f"{FRONT}mel_basis"].double().numpy() @ power.T + 1e-8)
    x = x / x.max()
    mean, std = (np.array(v)[:, None, None] for v in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)))
    return torch.from_numpy((np.stack([x] * 3) - mean) / std)[None]


def encode(state: dict[str, Tensor], image: Tensor, *, settle: bool = False) -> Tensor:
    """EfficientNet-B0 without its training-time chance, by the tensors' names: (B, 3, M, F) to (B, 1000).

    ``settle`` sets each normalisation's statistics to those of this image.
    """

    def get(name: str) -> Tensor:
        return state[NET + name].double()

    def conv(x: Tensor, name: str, stride: int = 1) -> Tensor:
        weight = get(f"{name}.0.weight")
        groups = x.shape[1] if weight.shape[1] == 1 else 1
        x = functional.conv2d(x, weight, stride=stride, padding=weight.shape[-1] // 2, groups=groups)
        if settle:
            state[f"{NET}{name}.1.running_mean"] = x.mean((0, 2, 3)).float()
            state[f"{NET}{name}.1.running_var"] = x.var((0, 2, 3), correction=0).float()
        mean, var, scale, shift = (
            get(f"{name}.1.{part}")[:, None, None] for part in ("running_mean", "running_var", "weight", "bias")
        )
        return (x - mean) / (var + 1e-5).sqrt() * scale + shift

    def silu(x: Tensor) -> Tensor:
        return x / (1 + torch.exp(-x))

    x = silu(conv(image, "features.0", 2))
    for stage, (_, expansion, _, stride, _, repeats) in enumerate(STAGES, start=1):
        for i in range(repeats):
            block, part, y = f"features.{stage}.{i}.block", 0, x
            if expansion > 1:
                y, part = silu(conv(y, f"{block}.0")), 1
            y = silu(conv(y, f"{block}.{part}", stride if i == 0 else 1))
            squeeze = f"{block}.{part + 1}"
            gate = y.mean((2, 3), keepdim=True)
            gate = silu(functional.conv2d(gate, get(f"{squeeze}.fc1.weight"), get(f"{squeeze}.fc1.bias")))
            gate = functional.conv2d(gate, get(f"{squeeze}.fc2.weight"), get(f"{squeeze}.fc2.bias"))
            y = conv(y / (1 + torch.exp(-gate)), f"{block}.{part + 2}")
            x = x + y if i > 0 else y  # the first block of a stage changes the width
    x = silu(conv(x, "features.8"))
    return x.mean((2, 3)) @ get("classifier.1.weight").T + get("classifier.1.bias")


def published_embedding(state: dict[str, Tensor], waveform: np.ndarray) -> np.ndarray:
    """What the released model gives for one waveform (T,): (1000,) float64, not normalised."""
    return encode(state, log_mel_image(state, waveform))[0].numpy()


def voice(seconds: float, seed: int = 0) -> np.ndarray:
    """A gliding harmonic tone with breath at 44,100 Hz, (T,) float32, without DC, peak exactly 1."""
    random = np.random.default_rng(seed)
    time = np.arange(round(seconds * 44_100)) / 44_100
    phase = 2 * np.pi * np.cumsum(random.uniform(150, 400) * (1 + 0.05 * np.sin(2 * np.pi * 5 * time))) / 44_100
    tone = sum(np.cos(n * phase) / n ** random.uniform(0.8, 1.6) for n in range(1, 30))
    samples = (tone + 0.1 * random.normal(size=time.size)) * (1 + 0.5 * np.sin(2 * np.pi * time))
    samples = (samples - samples.mean()).astype(np.float32)
    return samples / np.abs(samples).max()


def write_checkpoint(folder: Path, state: dict[str, Tensor], *, hyperparams: str = HYPERPARAMS) -> Path:
    """Write the two published files."""
    folder.mkdir(parents=True)
    torch.save(state, folder / "model.pt")
    (folder / "hyperparams.yaml").write_text(hyperparams, encoding="utf-8")
    return folder
