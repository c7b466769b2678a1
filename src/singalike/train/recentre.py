"""What a trained space is looked at from, found again when training is over: its nuisances and its centre.

Singing lies in one corner of a speaker encoder's space, speech in another; training moves both. What is taken off the
unit vectors in the end are the nuisances (:mod:`.nuisances`), if the encoder has room for some, and then a point on the
line from the mean of the voices that speak to the mean of those that sing. The nearer to singing, the better singers
are told apart; the nearer to speech, the more cosines of different collections, some sung more like speech than
others, mean the same. Where the nuisances are taken off, the two lie close together.
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
from singalike.train.nuisances import moved_by_pitch, nuisance_directions
from singalike.train.prepare import Part, Progress
from singalike.train.recipe import Recipe

CENTRES = "centres.safetensors"
_FULL_SCALE = 32_767.0
_SHIFTED = 300  # so many recordings say where pitch leads
_AT_ONCE = 16


def check_centre(network: VoiceNetwork) -> None:
    """Refuse an encoder that takes no centre off its vectors, as ConfigError."""
    if not isinstance(getattr(network.encoder, "centre", None), Tensor):
        raise ConfigError("recentre needs an encoder with a centre", hint="cam-tdnn or speaker-lstm")


@torch.no_grad()
def recentre(
    network: VoiceNetwork, part: Part, *, recipe: Recipe, sung_share: float, progress: Progress
) -> dict[str, Tensor]:
    """Give a network the nuisances and the centre of its space, and return them: ``centre`` (D,), ``nuisances`` (K, D).

    Args:
        network: in evaluation mode; its encoder gives unit vectors less nuisances and centre.
        part: what it was trained on; of each recording the middle window is heard, for the centre of originals alone.
        recipe: says how long a window is, and which recordings are too short to be heard.
        sung_share: how far it lies from the mean of the voices that speak (0) to that of the voices that sing (1).
        progress: called as ("centre", done, of), and ("nuisances", done, of).

    Raises:
        ConfigError: the encoder has no centre; no recording is long enough; the network's vectors are not finite.
    """
    check_centre(network)
    places = _places(network)
    for place in places.values():
        place.zero_()
    vectors, heard = _originals(network, part, recipe, progress)
    if not np.isfinite(vectors).all():
        raise ConfigError("the centre is not finite: training diverged", hint="a lower optimizer.lr")
    if "nuisances" in places:
        ways = kind_means(vectors, heard)
        leading = ways["sung"] - ways["spoken"] if len(ways) > 1 else None
        moved = moved_by_pitch(network, draw_middles(network, part, recipe, count=_SHIFTED), progress=progress)
        taken_off = nuisance_directions(moved, leading, count=len(places["nuisances"]))
        places["nuisances"].copy_(torch.from_numpy(taken_off))
        vectors = vectors - vectors @ taken_off.T @ taken_off
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    places["centre"].copy_(torch.from_numpy(between(vectors, heard, sung_share=sung_share)))
    return {name: place.detach().clone() for name, place in places.items()}


def _originals(
    network: VoiceNetwork, part: Part, recipe: Recipe, progress: Progress
) -> tuple[np.ndarray, list[Recording]]:
    """Return the vector (N, D) of the middle of each recording that is long enough, copies left out."""
    shortest = recipe.min_seconds * network.sample_rate_hz
    originals = {recording.path: i for i, recording in reversed(list(enumerate(part.recordings)))}
    lengths = {i: len(np.load(part.samples[i], mmap_mode="r")) for i in originals.values()}
    heard = {i: min(length, _window(network, recipe)) for i, length in lengths.items() if length >= shortest}
    order = sorted(heard, key=heard.__getitem__)  # one length, one batch
    if not order:
        raise ConfigError(f"no recording is as long as min_seconds, {recipe.min_seconds}: there is no centre")
    vectors = []
    while len(vectors) < len(order):
        progress("centre", len(vectors), len(order))
        rest = order[len(vectors) :][:_AT_ONCE]
        batch = np.stack([_middle(network, part, i, recipe) for i in rest if heard[i] == heard[rest[0]]])
        vectors.extend(network(network.level(torch.from_numpy(batch))).numpy())
    progress("centre", len(order), len(order))
    return np.stack(vectors), [part.recordings[i] for i in order]


def draw_middles(network: VoiceNetwork, part: Part, recipe: Recipe, *, count: int) -> Tensor:
    """Return the middles (B, T) of at most ``count`` recordings, copies too, that are as long as a window."""
    window, found = _window(network, recipe), []
    for i in np.random.default_rng(recipe.seed).permutation(len(part.recordings)):
        middle = _middle(network, part, int(i), recipe)
        if len(middle) == window:
            found.append(middle)
        if len(found) == count:
            break
    return torch.from_numpy(np.stack(found) if found else np.zeros((0, window), np.float32))


def _middle(network: VoiceNetwork, part: Part, i: int, recipe: Recipe) -> np.ndarray:
    window, samples = _window(network, recipe), np.load(part.samples[i], mmap_mode="r")
    start = max(0, (len(samples) - window) // 2)
    return samples[start : start + window].astype(np.float32) / _FULL_SCALE


def _window(network: VoiceNetwork, recipe: Recipe) -> int:
    return round((recipe.window_seconds or recipe.crop_seconds) * network.sample_rate_hz)


def kind_means(vectors: np.ndarray, recordings: list[Recording]) -> dict[str, np.ndarray]:
    """Return, of those that ``sung`` and those that were ``spoken``, the mean (D,) of the voices' mean vectors."""
    found = {}
    for kind in ("sung", "spoken"):
        voices: dict[str, list[np.ndarray]] = {}
        for vector, recording in zip(vectors, recordings, strict=True):
            if (recording.kind == "sung") == (kind == "sung"):
                voices.setdefault(recording.voice, []).append(vector)
        if voices:
            found[kind] = np.mean([np.mean(own, axis=0) for own in voices.values()], axis=0)
    return found


def between(vectors: np.ndarray, recordings: list[Recording], *, sung_share: float) -> np.ndarray:
    """Return the point (D,) between the kinds' means of vectors (N, D), one a recording.

    Where all sing, or nobody does, it is their mean.
    """
    means = kind_means(vectors, recordings)
    shares = [sung_share if kind == "sung" else 1.0 - sung_share for kind in means]
    return np.average(list(means.values()), axis=0, weights=shares if len(means) > 1 else None).astype(np.float32)


def keep_centres(found: dict[str, dict[str, Tensor]], run: Path) -> None:
    """Write what was found of each checkpoint, by its name, into a run's folder, atomically."""
    named = {_key(checkpoint, name): value for checkpoint, one in found.items() for name, value in one.items()}
    with draft(run / CENTRES) as place:
        place.write_bytes(save(named))


@torch.no_grad()
def take_centre(network: VoiceNetwork, run: Path, checkpoint: str) -> None:
    """Give a network the centre, and the nuisances, that were found for a run's checkpoint.

    Raises:
        MissingWeightsError: none was found: the run did not come to its end.
    """
    path = run / CENTRES
    found = load_file(path) if path.is_file() else {}
    for name, place in _places(network).items():
        key = _key(checkpoint, name)
        if key not in found:
            hint = "train it to its end (--resume): the centre is found there"
            raise MissingWeightsError(f"no {name} of checkpoint {checkpoint!r}", where=run, hint=hint)
        place.copy_(found[key])


def _places(network: VoiceNetwork) -> dict[str, Tensor]:
    """Return what the encoder takes off its vectors, by name: its centre and, if it has room for some, nuisances."""
    state = dict(network.encoder.named_buffers()) | dict(network.encoder.named_parameters())
    return {name: state[name] for name in ("centre", "nuisances") if name in state and len(state[name])}


def _key(checkpoint: str, name: str) -> str:
    return checkpoint if name == "centre" else f"{checkpoint}.{name}"
