"""Begin where a teacher is, or an earlier run, instead of from nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch

from singalike.encoders import CamTDNN, SpeakerLSTM
from singalike.errors import ConfigError
from singalike.train.begun import parts_that_differ
from singalike.train.export import load_network
from singalike.train.module import TrainingModule
from singalike.train.objectives import Beginning, Byol, Margin, Taught
from singalike.train.prepare import Part, Progress, quiet
from singalike.train.recentre import recentre
from singalike.train.recipe import Recipe, begun_recipe
from singalike.train.teacher import centred, open_teacher

_ENCODERS = {"ge2e": (SpeakerLSTM, "speaker-lstm"), "campplus": (CamTDNN, "cam-tdnn")}
_HALF_WAY = 0.5  # from speech to singing
_HEARD = ("seed", "data", "songs", "features", "crop_seconds")  # what singers, and what of them, a run has heard


@torch.no_grad()
def begin_with_teacher(module: TrainingModule, part: Part, *, progress: Progress = quiet) -> None:
    """Give the encoder the teacher's weights, the centre of its vectors, and each voice's mean vector as its prototype.

    Raises:
        ConfigError: the encoder is not the teacher's, or of another size, or the teacher is another one.
        MissingExtraError, MissingWeightsError: the teacher's weights are not here.
    """
    encoder, name = module.network.encoder, module.recipe.initial
    kind, called = _ENCODERS[name]
    if not isinstance(encoder, kind) or module.recipe.data.teacher not in ("", name):
        raise ConfigError(f"initial: {name} needs encoder {called}, and data.teacher {name} or none")
    try:
        left = encoder.load_state_dict(open_teacher(name).weights(), strict=False)
    except RuntimeError as error:
        raise ConfigError(f"initial: {name} is of another size than the encoder", hint=str(error)) from error
    if left.unexpected_keys or set(left.missing_keys) - {"centre", "nuisances"}:
        raise ConfigError(f"initial: {name} is not of this encoder's layers", hint=str(left))
    if part.teacher is None and any(isinstance(objective, Margin) for objective in module.objectives.values()):
        raise ConfigError(f"am-softmax that begins with {name} needs data.teacher {name}")
    if part.teacher is not None:
        encoder.get_parameter("centre").copy_(torch.from_numpy(part.centre))
    else:  # that of the voices as the encoder hears them
        module.eval()
        recentre(module.network, part, recipe=module.recipe, sung_share=_HALF_WAY, progress=progress)
        module.train()
    for objective in module.objectives.values():
        if isinstance(objective, Taught):
            torch.nn.init.eye_(objective.linear.weight)
            torch.nn.init.zeros_(objective.linear.bias)
        if isinstance(objective, Margin):
            assert part.teacher is not None
            vectors, labels = centred(part.teacher, part.centre), part.labels
            means = np.stack([vectors[labels == k].mean(0) for k in range(len(part.voices))])
            objective.prototypes.weight.copy_(torch.from_numpy(means))
    _take_over(module)


@torch.no_grad()
def begin_with_run(module: TrainingModule, run: Path) -> None:
    """Give every encoder of the network the weights of an earlier run's best checkpoint, but for its statistics.

    Raises:
        ConfigError: the encoders are not of one kind.
        MissingWeightsError: there is no such checkpoint.
    """
    _, earlier = load_network(run)
    weights = {key: value for key, value in earlier.encoder.state_dict().items() if key not in ("mean", "std")}
    for tower in getattr(module.network.encoder, "towers", {"": module.network.encoder}).values():
        try:
            left = tower.load_state_dict(weights, strict=False)
        except RuntimeError as error:
            raise ConfigError("its encoder is of another shape", where=run, hint=str(error)) from error
        if left.unexpected_keys or set(left.missing_keys) - {"mean", "std", "nuisances"}:
            raise ConfigError("its encoder is of another kind", where=run)
    _take_over(module)


def _take_over(module: TrainingModule) -> None:
    """Give the copies of a network what it begins with."""
    for objective in module.objectives.values():
        if isinstance(objective, Beginning):
            objective.begin(module.network)
        if isinstance(objective, Byol):
            objective.target.begin(module.network.encoder, module.projection)
    if module.average is not None:
        module.average.module.load_state_dict(module.network.state_dict())


def check_singers(recipe: Recipe, run: Path, parts: dict[str, Any]) -> None:
    """Refuse an earlier run that may have been trained on singers who are to be validated on.

    Args:
        recipe: what is to be trained.
        run: the earlier run.
        parts: what there is to train and to validate on, as ``data.json`` has it.

    Raises:
        ConfigError: the run heard other data, or other parts of them.
        MissingWeightsError: there is no such run.
    """
    earlier = begun_recipe(run)
    differ = [name for name in _HEARD if getattr(earlier, name) != getattr(recipe, name)]
    differ += parts_that_differ(run, parts)
    if differ:
        what = f"begun with another {', '.join(differ)}: it may know singers that are to be validated on"
        raise ConfigError(what, where=run, hint="train it on the same data, with the same settings")
