"""Directions of a space that say how somebody sings, not who: found from voices that are changed and stay who they are.

Nuisance attribute projection (Solomonoff, Campbell & Boardman, *Advances in channel compensation for SVM speaker
recognition*, ICASSP 2005): where the vectors of one voice differ, there is nothing to be learned of the voice. The
first direction leads from the voices that speak to those that sing; the others are those along which vectors move most
when a voice is shifted in pitch. No labels of voices are needed.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from singalike.augment.pitch_shift import pitch_shift
from singalike.train.network import VoiceNetwork
from singalike.train.prepare import Progress

SHIFTS_SEMITONES = (-7, -4, 4, 7)
F0_HZ = (65.0, 1100.0)  # from a bass's C2 to a soprano's C6
_AT_ONCE = 8


def nuisance_directions(differences: np.ndarray, leading: np.ndarray | None, *, count: int) -> np.ndarray:
    """Return orthonormal directions (count, D); where fewer are to be had, the last ones are zero.

    Args:
        differences: (N, D), each of two vectors of one voice; their main directions, by squared length, are taken.
        leading: (D,) a direction that comes first; None for none.
        count: how many.
    """
    _, lengths, mains = np.linalg.svd(differences, full_matrices=False)
    mains = mains[lengths > 1e-6 * max(float(lengths.max(initial=0.0)), 1e-6)]
    first = [] if leading is None or np.linalg.norm(leading) < 1e-6 else [leading[None]]
    wanted = np.concatenate([*first, mains])[:count]
    directions = np.zeros((count, differences.shape[1]), np.float32)
    directions[: len(wanted)] = np.linalg.qr(wanted.T)[0].T
    return directions


@torch.no_grad()
def moved_by_pitch(network: VoiceNetwork, waveforms: Tensor, *, progress: Progress) -> np.ndarray:
    """Return how far vectors move when voices are shifted: (4·B, D), for waveforms (B, T), :data:`SHIFTS_SEMITONES`.

    ``progress`` is called as ("nuisances", done, of).
    """
    low_hz, high_hz = F0_HZ
    found = []
    for done in range(0, len(waveforms), _AT_ONCE):
        progress("nuisances", done, len(waveforms))
        some = waveforms[done : done + _AT_ONCE]
        level = network.level(some)
        as_it_is = network(level)
        for semitones in SHIFTS_SEMITONES:
            shifted = pitch_shift(
                level, sample_rate_hz=network.sample_rate_hz, ratio=torch.full((len(some),), 2.0 ** (semitones / 12)),
                range_ratio=torch.ones(len(some)), pitch_floor_hz=low_hz, pitch_ceiling_hz=high_hz,
            )  # fmt: skip
            found.append(network(network.level(shifted)) - as_it_is)
    progress("nuisances", len(waveforms), len(waveforms))
    return torch.cat(found).numpy() if found else np.zeros((0, network.dimension), np.float32)
