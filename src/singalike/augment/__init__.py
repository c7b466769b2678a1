"""What is done to a crop before it is encoded: one transform a file, drawing apart from applying."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from singalike.augment.accompaniment import Accompaniment
from singalike.augment.base import Chain, Transform
from singalike.augment.equaliser import Equaliser
from singalike.augment.gain import Gain
from singalike.augment.noise import Noise
from singalike.augment.pitch_shift import PitchShift
from singalike.augment.reverb import Reverb
from singalike.augment.time_mask import TimeMask
from singalike.errors import ConfigError

TRANSFORMS: dict[str, Callable[..., Transform]] = {
    "accompaniment": Accompaniment,
    "equaliser": Equaliser,
    "gain": Gain,
    "noise": Noise,
    "pitch-shift": PitchShift,
    "reverb": Reverb,
    "time-mask": TimeMask,
}

__all__ = ["TRANSFORMS", "Chain", "Transform", "build_chain"]


def build_chain(parts: Sequence[tuple[str, dict[str, Any]]]) -> Chain:
    """Build a chain of (name, options); ConfigError names an unknown transform or option."""
    transforms = []
    for name, options in parts:
        if name not in TRANSFORMS:
            raise ConfigError(f"no augmentation called {name!r}", hint=f"one of: {', '.join(sorted(TRANSFORMS))}")
        try:
            transforms.append(TRANSFORMS[name](**options))
        except TypeError as error:
            raise ConfigError(f"augmentation {name!r}: {error}") from error
    return Chain(transforms)
