"""Mixtures from parts, as CVSM makes them (Garoufis, Zlatintsi & Maragos 2025): pure functions of arrays (T,)."""

from __future__ import annotations

from typing import Literal

import numpy as np

ACTIVE = 0.01  # mean |x| of a segment in which a source sounds, full scale 1 (MSCOL 2023, CVSM 2025)
WEIGHTS = (0.6, 0.8)
Law = Literal["square", "root"]


def is_active(stem: np.ndarray) -> bool:
    """Tell whether a source sounds in a segment (T,): mean |x| > 0.01, before any normalisation."""
    return bool(np.abs(stem).mean() > ACTIVE)


def unit_norm(samples: np.ndarray) -> np.ndarray:
    """Return samples (T,) with L2 norm 1; digital silence stays what it is."""
    norm = float(np.sqrt(np.square(samples, dtype=np.float64).sum()))
    return samples / np.float32(norm) if norm > 0 else samples


def artificial_mixture(
    vocals: np.ndarray, accompaniment: np.ndarray, weight: float, *, law: Law = "square"
) -> np.ndarray:
    """Lay vocals over an accompaniment: ``w·accompaniment + (1 − w²)·vocals``, neither beat nor key aligned.

    Args:
        vocals: (T,), of unit norm by convention.
        accompaniment: (T,), of unit norm by convention.
        weight: w, in the paper from U(0.6, 0.8).
        law: ``square`` as published; ``root`` takes ``sqrt(1 − w²)``, which keeps the energy of uncorrelated parts.

    Raises:
        ValueError: Lengths differ.
    """
    if vocals.shape != accompaniment.shape:
        raise ValueError(f"vocals {vocals.shape} and accompaniment {accompaniment.shape} are not of one length")
    share = 1.0 - weight**2
    over = share if law == "square" else np.sqrt(share)
    return np.float32(weight) * accompaniment + np.float32(over) * vocals
