"""A recipe's objectives, by the names of its losses."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import partial

from torch import Tensor, nn

from singalike import losses
from singalike.errors import ConfigError
from singalike.train.network import VoiceNetwork
from singalike.train.objectives.beginning import Beginning
from singalike.train.objectives.byol import Byol
from singalike.train.objectives.classes import Classes
from singalike.train.objectives.contrast import Contrast
from singalike.train.objectives.margin import Margin
from singalike.train.objectives.masked_frames import MaskedFrames
from singalike.train.objectives.pairwise import Pairwise
from singalike.train.objectives.step import Objective
from singalike.train.objectives.taught import Taught
from singalike.train.objectives.triplets import Triplets
from singalike.train.recipe import Loss, Recipe

# Losses of two views (B, P), (B, P).
PAIRWISE: dict[str, Callable[..., Tensor]] = {
    "nt-xent": losses.decoupled_nt_xent,
    "alignment": losses.alignment,
    "uniformity": losses.uniformity,
    "variance": losses.variance,
    "covariance": losses.covariance,
    "invariance": losses.invariance,
}

# Losses of songs, and the head each is made for.
CONTRASTS = {"cola": "bilinear", "existence-aware": "bilinear", "nt-xent-symmetric": "projection"}


_OF_TRIPLETS = ("softmax", "structure-preserving")
_OTHERS = ("am-softmax", "beginning", "byol", "masked-frames", "softmax", "structure-preserving", "teacher")


def build_objectives(
    recipe: Recipe, network: VoiceNetwork, projection: nn.Module, *, voices: int, taught: int
) -> nn.ModuleDict:
    """Build the recipe's objectives by name.

    Raises:
        ConfigError: a loss or an option does not exist, a loss needs what the recipe does not have, or the loss is
            watched and none can be computed on unseen voices.
    """
    if network.readouts and recipe.pairs.name != "triplets":
        raise ConfigError(f"encoder {recipe.encoder.name!r} needs batches of vocals and mixes", hint="pairs: triplets")
    if recipe.pairs.name == "triplets" and (others := {loss.name for loss in recipe.losses} - set(_OF_TRIPLETS)):
        raise ConfigError(f"loss {', '.join(sorted(others))} cannot take triplets", hint="another rule for pairs")
    built = {loss.name: _objective(loss, recipe, network, projection, voices, taught) for loss in recipe.losses}
    if recipe.monitor == "loss" and not any(objective.on_unseen for objective in built.values()):
        raise ConfigError(f"{', '.join(built)} cannot be computed on unseen voices, so there is no loss to watch",
                          hint="monitor: eer")  # fmt: skip
    return nn.ModuleDict(built)


def _objective(
    loss: Loss, recipe: Recipe, network: VoiceNetwork, projection: nn.Module, voices: int, taught: int
) -> Objective:
    if loss.name in PAIRWISE:
        return Pairwise(_with_options(PAIRWISE[loss.name], loss))
    if loss.name in CONTRASTS:
        head = CONTRASTS[loss.name]
        if recipe.head != head or not recipe.projection:
            raise ConfigError(f"loss {loss.name!r} needs head: {head} and a projection")
        return _with_options(Contrast, loss)(loss.name, projected=recipe.projection)
    if loss.name == "am-softmax":
        return Margin(_with_options(losses.am_softmax, loss), voices=voices, dimension=network.dimension)
    if loss.name == "softmax":
        return _with_options(Classes, loss)(voices=voices, dimension=network.dimension)
    if loss.name == "structure-preserving":
        if not network.readouts:
            raise ConfigError("loss 'structure-preserving' needs an encoder for vocals and one for mixes",
                              hint="encoder: two-vocal-cnns, pairs: triplets")  # fmt: skip
        return _with_options(Triplets, loss)()
    if loss.name == "teacher":
        if not taught:
            raise ConfigError("loss 'teacher' needs data.teacher")
        return Taught(_with_options(losses.teacher_cosine, loss), dimension=network.dimension, taught=taught)
    if loss.name == "beginning":
        return _with_options(Beginning, loss)(network)
    if loss.name == "byol":
        if not recipe.projection:
            raise ConfigError("loss 'byol' needs a projection")
        return _with_options(Byol, loss)(network, projection, projected=recipe.projection)
    if loss.name == "masked-frames":
        if not hasattr(network.encoder, "masked"):
            raise ConfigError(f"loss 'masked-frames' cannot train encoder {recipe.encoder.name!r}",
                              hint="encoder cnn-transformer")  # fmt: skip
        return _with_options(MaskedFrames, loss)()
    names = ", ".join(sorted([*PAIRWISE, *CONTRASTS, *_OTHERS]))
    raise ConfigError(f"no loss called {loss.name!r}", hint=f"one of: {names}")


def _with_options(function: Callable, loss: Loss) -> Callable:
    known = [p.name for p in inspect.signature(function).parameters.values() if p.kind is p.KEYWORD_ONLY]
    if unknown := sorted(set(loss.options) - set(known)):
        options = ", ".join(known) or "none"
        raise ConfigError(f"loss {loss.name!r} has no option {', '.join(unknown)}", hint=f"its options: {options}")
    return partial(function, **loss.options)
