"""Log-mel front-ends and their presets."""

from __future__ import annotations

from singalike.features.log_mel import LogMel, mel_filters, set_level
from singalike.features.presets import PRESETS, Preset, preset

__all__ = ["PRESETS", "LogMel", "Preset", "mel_filters", "preset", "set_level"]
