"""What encoders standardise their images by: mean and deviation over the training part (Kim et al. 2021)."""

from __future__ import annotations

import numpy as np
import torch

from singalike.corpus.segments import Segments
from singalike.train.network import VoiceNetwork

_SEGMENTS = 1000  # a sample: both figures are of millions of cells
_AT_A_TIME = 50


@torch.no_grad()
def set_statistics(network: VoiceNetwork, segments: Segments, *, seed: int) -> None:
    """Give each encoder of a network that standardises the statistics of what it hears; others are left alone.

    Args:
        network: Its front-end makes the images; its encoder's ``towers`` say what each hears.
        segments: The training part; of each source the segments in which it sounds are taken.
        seed: Draws the sample.
    """
    for source, tower in getattr(network.encoder, "towers", {}).items():
        sounding = segments.where(source)
        sample = np.random.default_rng(seed).permutation(sounding)[:_SEGMENTS]
        if not len(sample):
            continue
        count, total, squares = 0, 0.0, 0.0
        for part in np.array_split(sample, -(-len(sample) // _AT_A_TIME)):
            waveforms = np.stack([segments.read(int(segment), source) for segment in part])
            images = network.front_end(network.level(torch.from_numpy(waveforms))).double()
            count, total = count + images.numel(), total + float(images.sum())
            squares += float(images.square().sum())
        mean = total / count
        tower.set_statistics(mean, max(squares / count - mean**2, 0.0) ** 0.5)
