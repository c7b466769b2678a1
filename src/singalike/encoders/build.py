"""Encoders by the name recipes use."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import nn

from singalike.encoders.cam_tdnn import CamTDNN
from singalike.encoders.cnn_transformer import CnnTransformer
from singalike.encoders.efficientnet import EfficientNetB0
from singalike.encoders.speaker_lstm import SpeakerLSTM
from singalike.encoders.tdnn import TDNN
from singalike.encoders.vocal_cnn import TwoVocalCnns, VocalCnn
from singalike.errors import ConfigError
from singalike.features import Preset

# Each takes the front-end (for its channels and rows) and the recipe's options; has `.dimension`.
ENCODERS: dict[str, Callable[..., nn.Module]] = {
    "cam-tdnn": lambda preset, **options: CamTDNN(bands=preset.rows, **options),
    "cnn-transformer": lambda preset, **options: CnnTransformer(preset.rows, channels=preset.channels, **options),
    "efficientnet-b0": lambda preset, **options: EfficientNetB0(in_channels=preset.channels, **options),
    "speaker-lstm": lambda preset, **options: SpeakerLSTM(bands=preset.rows, **options),
    "tdnn": lambda preset, **options: TDNN(bands=preset.rows, **options),
    "two-vocal-cnns": lambda preset, **options: TwoVocalCnns(bands=preset.rows, **options),
    "vocal-cnn": lambda preset, **options: VocalCnn(bands=preset.rows, **options),
}


def build_encoder(name: str, preset: Preset, options: dict[str, Any]) -> nn.Module:
    """Build encoder ``name`` for a front-end; ConfigError names those that exist or the wrong option."""
    if name not in ENCODERS:
        raise ConfigError(f"no encoder called {name!r}", hint=f"one of: {', '.join(sorted(ENCODERS))}")
    try:
        return ENCODERS[name](preset, **options)
    except TypeError as error:
        raise ConfigError(f"encoder {name!r} does not take {options}", hint=str(error)) from error
