"""The published layouts, written down apart from our modules, and a plain computation on a state dict of them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import librosa
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

Layout = dict[str, tuple[int, ...]]
WIDTHS = {"f-resnet": (16, 32, 64, 128), "h-asp": (32, 64, 128, 256)}
STRIDES = {"f-resnet": (1, 2, 2, 1), "h-asp": (1, 2, 2, 2)}


def _bn(name: str, width: int) -> Layout:
    kinds = ("weight", "bias", "running_mean", "running_var")
    return {f"{name}.{kind}": (width,) for kind in kinds} | {f"{name}.num_batches_tracked": ()}


def _stages(widths: tuple[int, ...]) -> Layout:
    layout: Layout = {}
    n_in = widths[0]
    for stage, (width, blocks) in enumerate(zip(widths, (3, 4, 6, 3), strict=True), start=1):
        for block in range(blocks):
            at = f"layer{stage}.{block}"
            layout |= {f"{at}.conv1.weight": (width, n_in, 3, 3), f"{at}.conv2.weight": (width, width, 3, 3)}
            layout |= _bn(f"{at}.bn1", width) | _bn(f"{at}.bn2", width)
            layout |= {f"{at}.se.fc.0.weight": (width // 8, width), f"{at}.se.fc.0.bias": (width // 8,)}
            layout |= {f"{at}.se.fc.2.weight": (width, width // 8), f"{at}.se.fc.2.bias": (width,)}
            if n_in != width:
                layout |= {f"{at}.downsample.0.weight": (width, n_in, 1, 1)} | _bn(f"{at}.downsample.1", width)
            n_in = width
    return layout


LAYOUTS: dict[str, Layout] = {
    "f-resnet": {
        "torchfb.spectrogram.window": (400,),
        "torchfb.mel_scale.fb": (257, 40),
        "conv1.weight": (16, 1, 7, 7),
        **_bn("bn1", 16),
        **_stages(WIDTHS["f-resnet"]),
        "sap_linear.weight": (128, 128),
        "sap_linear.bias": (128,),
        "attention": (128, 1),
        "fc.weight": (512, 128),
        "fc.bias": (512,),
    },
    "h-asp": {
        "torchfb.0.flipped_filter": (1, 1, 2),
        "torchfb.1.spectrogram.window": (400,),
        "torchfb.1.mel_scale.fb": (257, 64),
        "conv1.weight": (32, 1, 3, 3),
        "conv1.bias": (32,),
        **_bn("bn1", 32),
        **_stages(WIDTHS["h-asp"]),
        "attention.0.weight": (128, 2048, 1),
        "attention.0.bias": (128,),
        **_bn("attention.2", 128),
        "attention.3.weight": (2048, 128, 1),
        "attention.3.bias": (2048,),
        "fc.weight": (512, 4096),
        "fc.bias": (512,),
    },
}


def random_state(name: str, *, seed: int = 0) -> dict[str, Tensor]:
    """A state of a layout: random weights, the front-end's buffers as librosa and torch would make them."""
    generator = torch.Generator().manual_seed(seed)
    state = {}
    for key, shape in LAYOUTS[name].items():
        fan_in = int(np.prod(shape[1:])) or 1
        state[key] = torch.randn(shape, generator=generator) / fan_in**0.5
        if key.endswith("running_var"):
            state[key] = state[key].abs() + 0.5
        elif key.endswith("num_batches_tracked"):
            state[key] = torch.tensor(1000)
        elif key.endswith("window"):
            state[key] = torch.hamming_window(400)
        elif key.endswith("fb"):
            bands = librosa.filters.mel(sr=16_000, n_fft=512, n_mels=shape[1], htk=True, norm=None)
            state[key] = torch.from_numpy(bands.T.copy())
        elif key.endswith("flipped_filter"):
            state[key] = torch.tensor([[[-0.97, 1.0]]])
    return state


def write_checkpoint(path: Path, name: str, *, seed: int = 0) -> Path:
    """As published: the network's names prefixed, the loss's parameters beside them."""
    state = {f"__S__.{key}": value for key, value in random_state(name, seed=seed).items()}
    torch.save({**state, "__L__.w": torch.tensor(10.0), "__L__.b": torch.tensor(-5.0)}, path)
    return path


def log_mel(samples: np.ndarray, bands: int, *, pre_emphasis: bool) -> np.ndarray:
    """The front-end by librosa and NumPy: (M, F), each band of mean 0 and variance 1 over time."""
    x = samples.astype(np.float64) * 32_768
    if pre_emphasis:
        x = x - 0.97 * np.concatenate((x[1:2], x[:-1]))
    spectrum = librosa.stft(
        x, n_fft=512, hop_length=160, win_length=400, window="hamming", center=True, pad_mode="reflect"
    )
    mel = librosa.filters.mel(sr=16_000, n_fft=512, n_mels=bands, htk=True, norm=None) @ np.abs(spectrum) ** 2
    logs = np.log(mel + 1e-6)
    return (logs - logs.mean(1, keepdims=True)) / np.sqrt(logs.var(1, keepdims=True) + 1e-5)


def embedding(name: str, state: Mapping[str, Tensor], samples: np.ndarray) -> np.ndarray:
    """What the publications describe, by plain function calls on a state; (512,), unit norm."""
    fast = name == "f-resnet"
    x = log_mel(samples, 40 if fast else 64, pre_emphasis=not fast)
    x = torch.from_numpy(x).float()[None, None]

    def bn(x: Tensor, at: str) -> Tensor:
        values = [state[f"{at}.{kind}"] for kind in ("running_mean", "running_var", "weight", "bias")]
        return F.batch_norm(x, *values)

    if fast:
        x = F.relu(bn(F.conv2d(x, state["conv1.weight"], stride=(2, 1), padding=3), "bn1"))
    else:
        x = bn(F.relu(F.conv2d(x, state["conv1.weight"], state["conv1.bias"], padding=1)), "bn1")
    for stage, (blocks, stride) in enumerate(zip((3, 4, 6, 3), STRIDES[name], strict=True), start=1):
        for block in range(blocks):
            at, step = f"layer{stage}.{block}", stride if block == 0 else 1
            y = bn(F.relu(F.conv2d(x, state[f"{at}.conv1.weight"], stride=step, padding=1)), f"{at}.bn1")
            y = bn(F.conv2d(y, state[f"{at}.conv2.weight"], padding=1), f"{at}.bn2")
            gate = F.relu(F.linear(y.mean((2, 3)), state[f"{at}.se.fc.0.weight"], state[f"{at}.se.fc.0.bias"]))
            gate = torch.sigmoid(F.linear(gate, state[f"{at}.se.fc.2.weight"], state[f"{at}.se.fc.2.bias"]))
            if f"{at}.downsample.0.weight" in state:
                x = bn(F.conv2d(x, state[f"{at}.downsample.0.weight"], stride=step), f"{at}.downsample.1")
            x = F.relu(y * gate[:, :, None, None] + x)
    if fast:
        frames = x[0].mean(1).T  # (F, C)
        hidden = torch.tanh(frames @ state["sap_linear.weight"].T + state["sap_linear.bias"])
        pooled = (torch.softmax((hidden @ state["attention"])[:, 0], 0)[:, None] * frames).sum(0)
    else:
        frames = x.reshape(1, -1, x.shape[-1])
        hidden = F.relu(F.conv1d(frames, state["attention.0.weight"], state["attention.0.bias"]))
        scores = F.conv1d(bn(hidden, "attention.2"), state["attention.3.weight"], state["attention.3.bias"])
        weights = scores.softmax(2)
        mean = (weights * frames).sum(2)
        deviation = ((weights * frames**2).sum(2) - mean**2).clamp(min=1e-5).sqrt()
        pooled = torch.cat((mean, deviation), 1)[0]
    vector = state["fc.weight"] @ pooled + state["fc.bias"]
    return (vector / vector.norm()).numpy()
