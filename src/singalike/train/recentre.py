"""The centre of the trained space, found again when training is over.

Singing lies in one corner of a speaker encoder's space, speech in another; training moves both. What is taken off the
unit vectors in the end is a point on the line from the mean of the voices that speak to the mean of those that sing.
The nearer to singing, the better singers are told apart; the nearer to speech, the more cosines of different
collections, some sung more like speech than others, mean the same.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save
from torch import Tensor

from singalike.atomic import draft
from singalike.corpus.recordings import Recording
from singalike.errors import ConfigError, MissingWeightsError
from singalike.train.network import VoiceNetwork
from singalike.train.prepare import Part, Progress
from singalike.train.recipe import Recipe

CENTRES = "centres.safetensors"
_FULL_SCALE = 32_767.0


def check_centre(network: VoiceNetwork) -> None:
    """Refuse an encoder that takes no centre off its vectors, as ConfigError."""
    if not isinstance(getattr(network.encoder, "centre", None), Tensor):
        raise ConfigError("recentre needs an encoder with a centre", hint="cam-tdnn or speaker-lstm")


@torch.no_grad()
def find_centre(network: VoiceNetwork, part: Part, *, recipe: Recipe, sung_share: float, progress: Progress) -> Tensor:
    """Return the centre (D,) of a network's space.

    Args:
        network: in evaluation mode; its encoder gives unit vectors less its ``centre``.
        part: what it was trained on; of each recording the middle window is heard, copies are not.
        recipe: says how long a window is, and which recordings are too short to be heard.
        sung_share: how far it lies from the mean of the voices that speak (0) to that of the voices that sing (1).
        progress: called as ("centre", done, of).

    Raises:
        ConfigError: the encoder has no centre; no recording is long enough; the network's vectors are not finite.
    """
    check_centre(network)
    own = network.encoder.get_parameter("centre")
    rate = network.sample_rate_hz
    window, shortest = round((recipe.window_seconds or recipe.crop_seconds) * rate), recipe.min_seconds * rate
    originals = list({recording.path: i for i, recording in reversed(list(enumerate(part.recordings)))}.values())
    vectors, heard = [], []
    for done, i in enumerate(originals, start=1):
        progress("centre", done, len(originals))
        samples = np.load(part.samples[i], mmap_mode="r")
        if len(samples) < shortest:
            continue
        start = max(0, (len(samples) - window) // 2)
        middle = torch.from_numpy(samples[start : start + window].astype(np.float32) / _FULL_SCALE)
        vectors.append((network(network.level(middle[None]))[0] + own).numpy())
        heard.append(part.recordings[i])
    if not heard:
        raise ConfigError(f"no recording is as long as min_seconds, {recipe.min_seconds}: there is no centre")
    found = between(np.stack(vectors), heard, sung_share=sung_share)
    if not np.isfinite(found).all():
        raise ConfigError("the centre is not finite: training diverged", hint="a lower optimizer.lr")
    return torch.from_numpy(found)


def between(vectors: np.ndarray, recordings: list[Recording], *, sung_share: float) -> np.ndarray:
    """Return the point (D,) between the kinds' means of the voices' means of vectors (N, D), one a recording.

    Where all sing, or nobody does, it is their mean.
    """
    kinds, shares = [], []
    for sung in (True, False):
        voices: dict[str, list[np.ndarray]] = {}
        for vector, recording in zip(vectors, recordings, strict=True):
            if (recording.kind == "sung") == sung:
                voices.setdefault(recording.voice, []).append(vector)
        if voices:
            kinds.append(np.mean([np.mean(own, axis=0) for own in voices.values()], axis=0))
            shares.append(sung_share if sung else 1.0 - sung_share)
    return np.average(kinds, axis=0, weights=shares if len(kinds) > 1 else None).astype(np.float32)


def keep_centres(centres: dict[str, Tensor], run: Path) -> None:
    """Write the centre of each checkpoint, by its name, into a run's folder, atomically."""
    with draft(run / CENTRES) as place:
        place.write_bytes(save(centres))


@torch.no_grad()
def take_centre(network: VoiceNetwork, run: Path, checkpoint: str) -> None:
    """Give a network the centre that was found for a run's checkpoint.

    Raises:
        MissingWeightsError: none was found: the run did not come to its end.
    """
    path = run / CENTRES
    centres = load_file(path) if path.is_file() else {}
    if checkpoint not in centres:
        hint = "train it to its end (--resume): the centre is found there"
        raise MissingWeightsError(f"no centre of checkpoint {checkpoint!r}", where=run, hint=hint)
    network.encoder.get_parameter("centre").copy_(centres[checkpoint])
