"""What the baselines' tests sing to them."""

from __future__ import annotations

import numpy as np

RATE_HZ = 16_000


def tone(seconds: float = 2.0, *, hz: float = 220.0, gain: float = 0.1) -> np.ndarray:
    """Eleven harmonics."""
    time = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    harmonics = np.sum([np.sin(2 * np.pi * n * hz * time) / n for n in range(1, 12)], axis=0)
    return (gain * harmonics).astype(np.float32)
