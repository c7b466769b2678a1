"""Praat as the reference of the pitch shift: its "Change gender", and its measures of F0 and formants.

parselmouth (GPL-3.0) is the optional extra ``pitch``: it is imported when a function here is called and
never needed by the default augmentation. It holds the GIL and takes one clip at a time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from singalike.errors import MissingExtraError

if TYPE_CHECKING:
    import parselmouth


def pitch_shift(
    samples: Tensor,
    *,
    sample_rate_hz: int,
    ratio: Tensor,
    range_ratio: Tensor,
    pitch_floor_hz: float = 75.0,
    pitch_ceiling_hz: float = 600.0,
) -> Tensor:
    """Shift the pitch of each clip by Praat's "Change gender"; same arguments and rules as our own.

    Args:
        samples: (B, T) float.
        sample_rate_hz: rate of ``samples``.
        ratio: (B,) new median F0 over the old one.
        range_ratio: (B,) new pitch range around the median over the old one.
        pitch_floor_hz: lowest F0 looked for.
        pitch_ceiling_hz: highest F0 looked for.

    Returns:
        (B, T); a clip without pitch, or whose lowest F0 would fall to 0 Hz or below, comes back as it was.

    Raises:
        MissingExtraError: praat-parselmouth is not installed.
    """
    shifted = [
        _change_gender(clip, sample_rate_hz, float(r), float(rr), (pitch_floor_hz, pitch_ceiling_hz))
        for clip, r, rr in zip(samples.cpu().double().numpy(), ratio, range_ratio, strict=True)
    ]
    return torch.as_tensor(np.stack(shifted), dtype=samples.dtype, device=samples.device)


def voiced_f0_hz(
    samples: np.ndarray, *, sample_rate_hz: int, pitch_floor_hz: float = 75.0, pitch_ceiling_hz: float = 600.0
) -> np.ndarray:
    """F0 of one clip (T,) in each frame that Praat calls voiced; empty where there is none."""
    sound = _praat().Sound(np.asarray(samples, dtype=np.float64), sampling_frequency=sample_rate_hz)
    f0_hz = _pitch(sound, (pitch_floor_hz, pitch_ceiling_hz)).selected_array["frequency"]
    return f0_hz[f0_hz > 0]


def formants_hz(
    samples: np.ndarray, *, sample_rate_hz: int, pitch_floor_hz: float = 75.0, pitch_ceiling_hz: float = 600.0
) -> np.ndarray:
    """Medians (3,) of F1, F2, F3 of one clip (T,) over its voiced frames, by Burg (5 under 5500 Hz)."""
    sound = _praat().Sound(np.asarray(samples, dtype=np.float64), sampling_frequency=sample_rate_hz)
    pitch = _pitch(sound, (pitch_floor_hz, pitch_ceiling_hz))
    formant = sound.to_formant_burg(max_number_of_formants=5, maximum_formant=5500)
    times = pitch.xs()[pitch.selected_array["frequency"] > 0]
    values = [[formant.get_value_at_time(n, t) for t in times] for n in (1, 2, 3)]
    return np.nanmedian(values, axis=1) if len(times) else np.full(3, np.nan)


def _change_gender(
    samples: np.ndarray, sample_rate_hz: int, ratio: float, range_ratio: float, limits_hz: tuple[float, float]
) -> np.ndarray:
    """One clip (T,) through "Change gender" with its formants and duration kept."""
    praat = _praat()
    sound = praat.Sound(samples, sampling_frequency=sample_rate_hz)
    pitch = _pitch(sound, limits_hz)
    f0_hz = pitch.selected_array["frequency"]
    f0_hz = f0_hz[f0_hz > 0]
    if not f0_hz.size:
        return samples
    new_median_hz = float(np.median(f0_hz)) * ratio
    if new_median_hz + (f0_hz.min() * ratio - new_median_hz) * range_ratio <= 0:
        return samples
    changed = praat.praat.call((sound, pitch), "Change gender", 1.0, new_median_hz, range_ratio, 1.0)
    values = changed.values[0][: len(samples)]
    return np.pad(values, (0, len(samples) - len(values)))


def _pitch(sound: parselmouth.Sound, limits_hz: tuple[float, float]) -> parselmouth.Pitch:
    return sound.to_pitch_ac(pitch_floor=limits_hz[0], pitch_ceiling=limits_hz[1])


def _praat() -> Any:
    """Import parselmouth, or say how to get it."""
    try:
        import parselmouth
    except ImportError as error:
        raise MissingExtraError("Praat is not installed", hint="pip install 'singalike[pitch]'") from error
    return parselmouth
