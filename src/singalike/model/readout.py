"""Read-outs: the vectors of a model that has one encoder for vocals and one for mixes (Kim et al. 2021).

``vocal`` and ``mix`` lie in one space: a query of one kind finds entries of the other, and both carry the model's
fingerprint. ``both`` is the two unit vectors one after the other, over √2, of whatever audio is given to both encoders;
it is compared with its like alone, and so has a fingerprint of its own.
"""

from __future__ import annotations

import hashlib

import numpy as np

from singalike.errors import ConfigError
from singalike.model.card import Card

BOTH = "both"


def choose_readout(card: Card, name: str | None) -> str:
    """Return the read-out asked for, or the card's last; "" for a model with one encoder.

    Raises:
        ConfigError: the model has no such read-out.
    """
    if not card.readouts:
        if name is not None:
            raise ConfigError(f"{card.name} has one read-out, not {name!r}", hint="leave --readout out")
        return ""
    if name is None:
        return card.readouts[-1]
    if name not in (*card.readouts, BOTH):
        names = ", ".join((*card.readouts, BOTH))
        raise ConfigError(f"{card.name} has no read-out {name!r}", hint=f"one of: {names}")
    return name


def fingerprint_of(card: Card, readout: str) -> str:
    """Return what vectors of a read-out carry: those with one fingerprint can be compared."""
    return hashlib.sha256(f"{card.fingerprint} {BOTH}".encode()).hexdigest() if readout == BOTH else card.fingerprint


def read_out(output: np.ndarray, card: Card, readout: str) -> np.ndarray:
    """Return unit vectors (N, D) from a graph's output: (N, D), or (R, N, D) of a model with R read-outs."""
    if not card.readouts:
        return output
    if readout == BOTH:
        return np.concatenate(list(output), axis=-1) / np.float32(np.sqrt(len(output)))
    return output[list[str](card.readouts).index(readout)]


def mean_vector(
    vectors: np.ndarray, shares: np.ndarray, card: Card, readout: str, voice: np.ndarray | None = None
) -> np.ndarray:
    """Return the unit vector (D,) float32 of a recording from those of its windows (N, D): their mean, normalised.

    Each window weighs as much as its share (N,) of what no window before it covered, if the card's ``pooling`` says so,
    and by the probability (N,) that there is a voice in it, where that is known. Of both read-outs each half is
    normalised, so that each has the same say.
    """
    weights = shares if card.pooling == "time" else None
    if voice is not None:
        weights = voice if weights is None else weights * voice
    mean = np.average(vectors, axis=0, weights=weights)
    halves = mean.reshape(len(card.readouts) if readout == BOTH else 1, -1)
    unit = halves / np.linalg.norm(halves, axis=1, keepdims=True)
    return (unit / np.sqrt(len(unit))).reshape(-1).astype(np.float32)
