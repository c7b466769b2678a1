"""What is done to a crop before it is encoded: one transform a file, drawing apart from applying."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from singalike.augment.accompaniment import Accompaniment
from singalike.augment.base import Chain, Transform
from singalike.augment.circular_shift import CircularShift
from singalike.augment.coloured_noise import ColouredNoise
from singalike.augment.distortion import Distortion
from singalike.augment.equaliser import Equaliser
from singalike.augment.formant_shift import FormantShift
from singalike.augment.gain import Gain
from singalike.augment.noise import Noise
from singalike.augment.pitch_shift import PitchShift
from singalike.augment.reverb import Reverb
from singalike.augment.spectrogram import PATCH_TRANSFORMS
from singalike.augment.time_mask import TimeMask
from singalike.augment.time_stretch import TimeStretch
from singalike.errors import ConfigError

TRANSFORMS: dict[str, Callable[..., Transform]] = {
    "accompaniment": Accompaniment,
    "circular-shift": CircularShift,
    "coloured-noise": ColouredNoise,
    "distortion": Distortion,
    "equaliser": Equaliser,
    "formant-shift": FormantShift,
    "gain": Gain,
    "noise": Noise,
    "pitch-shift": PitchShift,
    "reverb": Reverb,
    "time-mask": TimeMask,
    "time-stretch": TimeStretch,
}

__all__ = ["PATCH_TRANSFORMS", "TRANSFORMS", "Chain", "Transform", "build_chain"]


def build_chain(
    parts: Sequence[tuple[str, dict[str, Any]]], table: Mapping[str, Callable[..., Transform]] = TRANSFORMS
) -> Chain:
    """Build a chain of (name, options) from a table; ConfigError names an unknown transform or option."""
    transforms = []
    for name, options in parts:
        if name not in table:
            raise ConfigError(f"no augmentation called {name!r}", hint=f"one of: {', '.join(sorted(table))}")
        try:
            transforms.append(table[name](**options))
        except TypeError as error:
            raise ConfigError(f"augmentation {name!r}: {error}") from error
    return Chain(transforms)
