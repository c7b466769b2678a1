"""The released singer-identity checkpoints: read, and checked to be what we compute.

Torres, Lattner and Richard, *Singer Identity Representation Learning using Self-Supervised Techniques*, ISMIR
2023. A checkpoint is the state dict of a front-end (nnAudio's mel spectrogram, whose STFT kernels and mel filters
are stored as buffers) and an EfficientNet-B0: 364 tensors, of which 5,288,548 numbers are parameters.

``hyperparams.yaml`` says the rest: the hop is in no tensor. Its ``pretrained: true`` made the released code fetch
ImageNet's weights only to overwrite them; nothing here fetches anything.
"""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import torch
import yaml
from torch import Tensor

from singalike.encoders.efficientnet import EfficientNetB0
from singalike.errors import ConfigError, MissingWeightsError
from singalike.features import Preset, mel_filters, preset

FRONT_END, ENCODER = "feature_extractor.spec_layer.", "encoder.net.2."
_MEL, _STFT = "mel_basis", ("stft.wsin", "stft.wcos", "stft.window_mask")
_PRESETS = ("torres2023", "torres2023-paper")
_TOLERANCE = 1e-6  # the stored kernels are float32, at most 1


def read_singer_identity(checkpoint: Path, hyperparams: Path) -> tuple[Preset, dict[str, Tensor]]:
    """Read a released checkpoint.

    Args:
        checkpoint: ``model.pt``, a state dict; read without running any code that it may hold.
        hyperparams: ``hyperparams.yaml``; tags that name classes are not followed.

    Returns:
        The front-end whose filters the checkpoint holds, and the state dict of an
        :class:`~singalike.encoders.EfficientNetB0`.

    Raises:
        MissingWeightsError: a file is not there.
        ConfigError: a file is something else; the message names the first tensor or value that is wrong.
    """
    state = _load(checkpoint)
    _check_layout(state, checkpoint)
    front_end = _find_front_end(state, checkpoint)
    _check_hyperparams(hyperparams, front_end)
    return front_end, {name.removeprefix(ENCODER): x for name, x in state.items() if name.startswith(ENCODER)}


def encoder_layout() -> dict[str, Tensor]:
    """Return the encoder's tensors as a checkpoint names them, for their shapes and types."""
    return {ENCODER + name: value for name, value in EfficientNetB0().state_dict().items()}


def _load(path: Path) -> dict[str, Tensor]:
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except OSError as error:
        raise MissingWeightsError("no checkpoint that can be opened", where=path) from error
    except (pickle.UnpicklingError, RuntimeError, EOFError, ValueError, KeyError) as error:
        reason = str(error).partition("\n")[0]
        raise ConfigError(f"not a checkpoint of tensors: {reason}", where=path) from error
    if not isinstance(state, dict) or not all(isinstance(value, Tensor) for value in state.values()):
        raise ConfigError("not a state dict: something in it is not a tensor", where=path)
    return state


def _check_layout(state: dict[str, Tensor], path: Path) -> None:
    layout = encoder_layout()
    names = [FRONT_END + name for name in (_MEL, *_STFT)] + list(layout)
    found = f"{len(state)} tensors of {len(names)}"
    for name in names:
        if name not in state:
            raise ConfigError(f"{found}; the first missing is {name}", where=path)
    for name in state:
        if name not in names:
            raise ConfigError(f"{found}; {name} is none of a singer-identity model's", where=path)
    for name, expected in layout.items():
        value = state[name]
        if value.shape != expected.shape or value.dtype != expected.dtype:
            had, wanted = (f"{tuple(x.shape)} {x.dtype}" for x in (value, expected))
            raise ConfigError(f"{name} is {had}, not {wanted}", where=path)
        if not torch.isfinite(value).all():
            raise ConfigError(f"{name} holds NaN or infinite values", where=path)


def _find_front_end(state: dict[str, Tensor], path: Path) -> Preset:
    """Return the preset that computes what the checkpoint's own kernels do."""
    filters = state[FRONT_END + _MEL]
    distances = {name: _distance(filters, mel_filters(preset(name))) for name in _PRESETS}
    nearest = preset(min(distances, key=lambda name: distances[name]))
    if distances[nearest.name] > _TOLERANCE:
        tried = "; ".join(f"{name}: {_in_words(distance)}" for name, distance in distances.items())
        raise ConfigError(
            f"{FRONT_END}{_MEL} {tuple(filters.shape)} is the mel axis of no front-end ({tried})", where=path
        )
    for name, kernel in zip(_STFT, _stft_kernels(nearest), strict=True):
        distance = _distance(state[FRONT_END + name], kernel)
        if distance > _TOLERANCE:
            raise ConfigError(f"{FRONT_END}{name} is not that of {nearest.name}: {_in_words(distance)}", where=path)
    return nearest


def _stft_kernels(p: Preset) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return nnAudio's STFT as it is stored: Hann-windowed sines and cosines (K, 1, fft), the window (1, fft, 1)."""
    n = np.arange(p.fft)
    window = 0.5 - 0.5 * np.cos(2 * np.pi * n / p.window)
    phases = 2 * np.pi / p.fft * (np.outer(np.arange(p.fft // 2 + 1), n) % p.fft)
    return (window * np.sin(phases))[:, None], (window * np.cos(phases))[:, None], window[None, :, None]


def _distance(stored: Tensor, ours: np.ndarray) -> float:
    """Return the greatest difference of two arrays; infinite for another shape or NaN."""
    if tuple(stored.shape) != ours.shape:
        return float("inf")
    distance = float(np.abs(stored.double().numpy() - ours).max())
    return distance if np.isfinite(distance) else float("inf")


def _in_words(distance: float) -> str:
    return f"differs by up to {distance:.2g}" if np.isfinite(distance) else "another shape, or not finite"


def _check_hyperparams(path: Path, front_end: Preset) -> None:
    """Refuse a file that contradicts what will be computed; what it leaves out is as in the released models."""
    expected = {
        "feature_extractor": {
            "spec_layer": "melspectogram",  # so spelt in the released files
            "sample_rate": front_end.sample_rate_hz,
            "n_fft": front_end.fft,
            "hop_length": front_end.hop,
            "n_mels": front_end.bands,
        },
        "encoder": {"backbone": "efficientnet_b0", "embedding_dim": 1000},
    }
    given = _load_hyperparams(path)
    for section, values in expected.items():
        stated = given.get(section)
        for key, value in values.items():
            found = stated.get(key) if isinstance(stated, dict) else None
            if found is not None and found != value:
                raise ConfigError(f"{section}.{key} is {found!r}; the checkpoint beside it has {value!r}", where=path)


class _PlainLoader(yaml.SafeLoader):
    """YAML whose unknown tags (``!new:``, ``!name:``, ``!ref`` of HyperPyYAML) are passed over, never executed."""


def _untagged(loader: yaml.SafeLoader, tag: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return None  # a reference or a class: it says no value


_PlainLoader.add_multi_constructor("", _untagged)  # every tag that SafeLoader does not know


def _load_hyperparams(path: Path) -> dict[str, Any]:
    try:
        fields = yaml.load(path.read_bytes(), Loader=_PlainLoader)
    except OSError as error:
        raise MissingWeightsError("no hyperparams.yaml that can be opened", where=path) from error
    except yaml.YAMLError as error:
        raise ConfigError(f"not YAML: {error}", where=path) from error
    if not isinstance(fields, dict):
        raise ConfigError("holds no fields", where=path, hint="the released file has encoder and feature_extractor")
    return fields
