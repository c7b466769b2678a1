"""Where there is a voice, found when training is over: a logistic regression on what the trained network says.

Voices are recordings that it was trained on; what is no voice is the music that was laid under them, and noise of any
colour. Both are heard as they are and, half as long, as in training, changed by the recipe's augmentations, so that a
voice under a band is a voice, and a band in a room is none.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from singalike.atomic import draft
from singalike.augment import Chain
from singalike.augment.base import seeds, uniform
from singalike.augment.coloured_noise import coloured
from singalike.errors import MissingWeightsError
from singalike.model.voice import VoiceDetector
from singalike.train.accompaniments import Pool
from singalike.train.network import Exportable, VoiceNetwork
from singalike.train.prepare import Part, Progress
from singalike.train.recentre import draw_middles
from singalike.train.recipe import Recipe

LEAST = 0.25  # a voice left out is worse than a bar of music kept
_VOICES, _PIECES, _NOISES = 600, 480, 120
_TRUST = 20.0  # how much the mean error weighs against the penalty on the weights
_AT_ONCE = 8
_BROWN = 2.0  # the power of brown noise falls as f^−2


@torch.no_grad()
def fit_voice(
    network: VoiceNetwork, part: Part, music: Pool, change: Chain, *, recipe: Recipe, progress: Progress
) -> VoiceDetector:
    """Fit the regression to the vectors of windows with and without voices.

    Args:
        network: in evaluation mode, as it will be exported.
        part: voices it was trained on; their middles are heard.
        music: what was laid under them.
        change: the augmentations of training.
        recipe: says how long a window is, and seeds what is drawn.
        progress: called as ("voice", done, of).
    """
    generator = torch.Generator().manual_seed(recipe.seed)
    voices = draw_middles(network, part, recipe, count=_VOICES)
    others = torch.cat(
        [_pieces(music, voices.shape[1], generator), _noises(voices.shape[1], generator, network.sample_rate_hz)]
    )
    whole = Exportable(network).eval()
    every = torch.cat([voices, others])
    vectors = []
    for done in range(0, len(every), _AT_ONCE):
        progress("voice", done, len(every))
        some = network.level(every[done : done + _AT_ONCE])
        changed = change(some, generator, sample_rate_hz=network.sample_rate_hz)
        half = changed[:, : voices.shape[1] // 2]
        vectors.append(torch.stack([whole(some), whole(half)], dim=1).flatten(0, 1))
    progress("voice", len(every), len(every))
    is_voice = np.repeat(np.arange(len(every)) < len(voices), 2)
    weights, bias = _regression(torch.cat(vectors).numpy().astype(np.float64), is_voice)
    return VoiceDetector(
        weights=weights.tolist(),
        bias=bias,
        least=LEAST,
        fitted_on=f"{len(voices)} training voices; {_PIECES} pieces of what was laid under them, and {_NOISES} noises",
    )


def _regression(vectors: np.ndarray, is_voice: np.ndarray) -> tuple[np.ndarray, float]:
    """Return weights (D,) and bias that tell vectors (N, D) of voices (N,) from the others, both kinds alike."""
    from sklearn.linear_model import LogisticRegression

    # In a narrow space all vectors are nearly one: what counts is how far they are apart there.
    middle, spread = vectors.mean(axis=0), vectors.std(axis=0).mean()
    model = LogisticRegression(C=_TRUST / len(vectors), class_weight="balanced", max_iter=1000)
    fitted = model.fit((vectors - middle) / spread, is_voice)
    weights = fitted.coef_[0] / spread
    return weights, float(fitted.intercept_[0] - weights @ middle)


def _pieces(music: Pool, length: int, generator: torch.Generator) -> Tensor:
    """Return stretches (:data:`_PIECES`, length) of the music, each piece as often as any other."""
    found = []
    for i in torch.randperm(len(music.samples), generator=generator).repeat(1 + _PIECES // len(music.samples)):
        piece = torch.from_numpy(music.samples[int(i)])
        start = int(torch.randint(max(1, len(piece) - length), (), generator=generator))
        found.append(piece.repeat(1 + length // len(piece))[start : start + length])
        if len(found) == _PIECES:
            break
    return torch.stack(found)


def _noises(length: int, generator: torch.Generator, sample_rate_hz: int) -> Tensor:
    """Return noise (:data:`_NOISES`, length), white to brown."""
    slope = uniform(generator, _NOISES, 0.0, _BROWN)
    return coloured(seeds(generator, _NOISES), slope, length, sample_rate_hz=sample_rate_hz)


def keep_voice(detector: VoiceDetector, run: Path, checkpoint: str) -> None:
    """Write the detector of a checkpoint into a run's folder, atomically."""
    with draft(voice_file(run, checkpoint)) as place:
        place.write_text(detector.model_dump_json(indent=2) + "\n", encoding="utf-8")


def take_voice(run: Path, checkpoint: str) -> VoiceDetector:
    """Return the detector of a checkpoint.

    Raises:
        MissingWeightsError: there is none: the run did not come to its end.
    """
    path = voice_file(run, checkpoint)
    if not path.is_file():
        hint = "train it to its end (--resume): it is fitted there"
        raise MissingWeightsError(f"no detector of voices of checkpoint {checkpoint!r}", where=run, hint=hint)
    return VoiceDetector.model_validate_json(path.read_bytes())


def voice_file(run: Path, checkpoint: str) -> Path:
    """Return where a run keeps the detector of a checkpoint."""
    return run / f"voice-{checkpoint}.json"
