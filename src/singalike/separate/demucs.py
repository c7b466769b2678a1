"""HT-Demucs: S. Rouard, F. Massa, A. Défossez, "Hybrid transformers for music source separation", ICASSP 2023.

The network and its checkpoints are the package ``demucs``'s. Its random shift in time is left out, so that the same
file always gives the same stems (the shift is worth up to 0.2 dB, says the package).
"""

from __future__ import annotations

import hashlib
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from singalike.errors import ModelMismatchError
from singalike.separate import checkpoints

if TYPE_CHECKING:
    from demucs.apply import BagOfModels

_OVERLAP = 0.25  # of a segment, as the package does
_VERSION = 1  # to be raised when the output changes


class Demucs:
    """HT-Demucs as a :class:`~singalike.separate.base.Separator`.

    A chunk is one segment as the network was trained on (7.8 s). Stereo is separated as it is; of any other number of
    channels each is separated by itself, sent as both sides.

    Args:
        weights: A folder or file, see :func:`singalike.separate.checkpoints.load`.
        stems: The stems wanted. All but the last are the network's; the last is what they leave of the mix, and so
            holds what the network's own outputs lack of adding up.

    Raises:
        MissingWeightsError: There is no checkpoint.
        ModelMismatchError: It is another network's, or does not know a stem.
    """

    name = "demucs"
    min_seconds = 0.1

    def __init__(self, weights: Path | None = None, *, stems: tuple[str, ...]) -> None:
        import torch

        self._device = "cuda" if torch.cuda.is_available() else "cpu"
        self._bag = checkpoints.load(weights).eval()
        known = self._bag.sources
        if self._bag.audio_channels != 2 or not set(stems[:-1]) <= set(known):
            what = f"separates {self._bag.audio_channels} channels into {', '.join(known)}"
            raise ModelMismatchError(what, where=weights, hint=f"take a stereo network for {', '.join(stems[:-1])}")
        self.stems = stems
        self.sample_rate_hz: int | None = int(self._bag.samplerate)
        self.chunk_seconds = min(float(model.segment) for model in self._bag.models)  # pyright: ignore[reportArgumentType]
        self._segment = int(self.chunk_seconds * self.sample_rate_hz)  # samples
        self.overlap_seconds = _OVERLAP * self.chunk_seconds
        self.fingerprint = _fingerprint(self._bag)
        self._one_at_a_time = threading.Lock()  # the cores, or the GPU, are all taken by one

    def separate(self, samples: np.ndarray, *, sample_rate_hz: int) -> dict[str, np.ndarray]:
        """Return the stems (C, T) of a mix (C, T).

        Raises:
            ModelMismatchError: It is not at ``self.sample_rate_hz``.
        """
        if sample_rate_hz != self.sample_rate_hz:
            raise ModelMismatchError(f"{self.name} takes {self.sample_rate_hz} Hz, not {sample_rate_hz} Hz")
        samples = np.asarray(samples, dtype=np.float32)
        if len(samples) == 2:
            made = self._separate_pair(samples)
        else:
            made = np.stack([self._separate_pair(np.stack([c, c])).mean(axis=1) for c in samples], axis=1)
        stems = dict(zip(self.stems, made, strict=False))
        return {**stems, self.stems[-1]: samples - made.sum(axis=0)}

    def _separate_pair(self, pair: np.ndarray) -> np.ndarray:
        """Return the network's stems (S - 1, 2, T) of one stereo mix (2, T)."""
        import torch
        from demucs.apply import apply_model

        mix = torch.from_numpy(pair)
        centre, scale = mix.mean(), mix.mean(dim=0).std() + 1e-8  # level: as the package's own command
        level = ((mix - centre) / scale)[None]
        longer = mix.shape[1] > self._segment
        with self._one_at_a_time:
            sources = apply_model(self._bag, level, shifts=0, split=longer, overlap=_OVERLAP, device=self._device)[0]
        wanted = [self._bag.sources.index(name) for name in self.stems[:-1]]
        return (sources[wanted] * scale + centre).cpu().numpy()


def _fingerprint(bag: BagOfModels) -> str:
    """Return the sha256 of all weights, by name, and of how the models of the bag are weighed."""
    digest = hashlib.sha256(f"demucs {_VERSION} {bag.weights}".encode())
    for name, tensor in sorted(bag.state_dict().items()):
        digest.update(f"{name} {tuple(tensor.shape)} {tensor.dtype}".encode())
        digest.update(tensor.cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()
