"""From a run to a model folder: one graph from waveform to unit vector, checked against the torch module.

The graph is checked on waveforms of several lengths and batch sizes; export refuses when any number differs by
more than 1e-5, so that what is served is what was trained. The weights lie in ``model.safetensors`` alone, which the
graph points into (:mod:`singalike.train.share_weights`), as float32 or as 8-bit integers.
"""

from __future__ import annotations

import copy
import datetime
import json
import os
import tempfile
from pathlib import Path
from typing import Literal, get_args

import numpy as np
import onnx
import onnxruntime
import torch
from safetensors.torch import save

from singalike.atomic import draft
from singalike.checksum import sha256
from singalike.errors import ConfigError, MissingWeightsError
from singalike.model.card import CARD, GRAPH, WEIGHTS, Card, TrainingSource
from singalike.model.voice import VoiceDetector
from singalike.train.begun import DATA
from singalike.train.graph import whole_graph
from singalike.train.network import Exportable, VoiceNetwork
from singalike.train.quantise import dequantised_state, quantised_state
from singalike.train.recentre import take_centre
from singalike.train.recipe import RECIPE, Recipe, begun_recipe
from singalike.train.share_weights import share_weights
from singalike.train.voice_detector import take_voice

TOLERANCE = 1e-5
Weights = Literal["float32", "int8"]


def export_run(
    run: Path, out: Path, *, checkpoint: str = "best", name: str | None = None, weights: Weights = "float32"
) -> Card:
    """Export a checkpoint of a run into a model folder and return its card.

    Args:
        run: a run folder of :func:`singalike.train.run.train`.
        out: the model folder, made if it is not there.
        checkpoint: ``best`` or ``last``.
        name: the model's name; the recipe's by default.
        weights: how they are kept; see :func:`export_network`.

    Raises:
        MissingWeightsError: the run has no such checkpoint.
        ConfigError: the graph differs from the torch module, or weights cannot be kept so.
    """
    recipe, network = load_network(run, checkpoint)
    described = json.loads((run / DATA).read_text(encoding="utf-8"))
    training = [TrainingSource.model_validate(source) for source in described["sources"]]
    voice = take_voice(run, checkpoint) if recipe.hears_voice else None
    named = name or recipe.name
    return export_network(network, recipe, out, name=named, training=training, voice=voice, weights=weights)


def load_network(run: Path, checkpoint: str = "best", *, recentred: bool = True) -> tuple[Recipe, VoiceNetwork]:
    """Load a run's recipe and its network (averaged, recentred, where the recipe says so), in evaluation mode.

    Args:
        run: a run folder.
        checkpoint: ``best`` or ``last``.
        recentred: with the centre that was found at the end of the run, not the one that it was trained with.

    Raises:
        MissingWeightsError: the run has no such checkpoint, or no centre of it.
    """
    path = run / "checkpoints" / f"{checkpoint}.ckpt"
    if not path.is_file() or not (run / RECIPE).is_file():
        raise MissingWeightsError(f"no checkpoint {checkpoint!r}", where=run, hint="a folder that `train` wrote")
    recipe = begun_recipe(run)
    state = torch.load(path, map_location="cpu", weights_only=True)["state_dict"]
    prefix = "average.module." if recipe.weight_average else "network."
    network = VoiceNetwork(recipe)
    network.load_state_dict({k.removeprefix(prefix): v for k, v in state.items() if k.startswith(prefix)})
    if recipe.recentre is not None and recentred:
        take_centre(network, run, checkpoint)
    return recipe, network.eval()


def export_network(
    network: VoiceNetwork,
    recipe: Recipe,
    out: Path,
    *,
    name: str,
    training: list[TrainingSource],
    voice: VoiceDetector | None = None,
    weights: Weights = "float32",
) -> Card:
    """Write ``model.safetensors``, ``model.onnx`` and ``card.json`` of a network and return its card.

    Args:
        network: in evaluation mode; it is not changed.
        recipe: what it was trained by.
        out: the model folder, made if it is not there. An earlier model in it stays if the export fails.
        name: the model's name.
        training: for the card.
        voice: for the card: tells where there is a voice.
        weights: ``float32``, or ``int8``: convolutions and linear layers are rounded to 8 bits
            (:mod:`singalike.train.quantise`), and the graph computes with the rounded weights, as exactly as before.

    Raises:
        ConfigError: the graph differs from the torch module, or weights cannot be kept so.
    """
    if weights not in get_args(Weights):
        raise ConfigError(f"weights cannot be kept as {weights!r}", hint=f"one of: {', '.join(get_args(Weights))}")
    state = quantised_state(network) if weights == "int8" else network.state_dict()
    served = copy.deepcopy(network)
    served.load_state_dict(dequantised_state(state))
    # They go into the file's header, so that the fingerprint covers the front-end, and of what a vector is the mean.
    covered = {"features", "encoder", "crop_seconds"}
    covered |= {name for name in ("songs", "window_seconds") if getattr(recipe, name) is not None}
    covered |= {"pooling"} if recipe.pooling != "windows" else set()  # earlier exports keep their fingerprints
    header = recipe.model_dump(include=covered) | ({} if voice is None else {"voice": voice.model_dump()})
    metadata = {"recipe": json.dumps(header, sort_keys=True)}  # under one key: the order of several is not fixed
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out, prefix=".exporting-") as folder:
        made = Path(folder)
        # As bytes: `save_file` writes what only its owner can read.
        (made / WEIGHTS).write_bytes(save({key: value.contiguous() for key, value in state.items()}, metadata))
        _write_graph(served, recipe, made / GRAPH)
        card = _card(network, recipe, made, name, training, voice)
        card.save(made)
        for file in (WEIGHTS, GRAPH, CARD):
            with draft(out / file) as place:
                os.replace(made / file, place)
    return card


def _card(
    network: VoiceNetwork, recipe: Recipe, made: Path, name: str, training: list[TrainingSource],
    voice: VoiceDetector | None,
) -> Card:  # fmt: skip
    return Card(
        name=name,
        fingerprint=sha256(made / WEIGHTS),
        onnx_sha256=sha256(made / GRAPH),
        sample_rate_hz=network.sample_rate_hz,
        window_seconds=recipe.window_seconds or recipe.crop_seconds,
        hop_seconds=recipe.hop_seconds,
        min_seconds=recipe.min_seconds,
        pooling=recipe.pooling,
        dimension=network.dimension,
        domains=list(recipe.domains),
        readouts=list(network.readouts),
        recipe=recipe.name,
        created=datetime.date.today().isoformat(),
        training=training,
        voice=voice,
    )


def _write_graph(network: VoiceNetwork, recipe: Recipe, path: Path) -> None:
    """Write the graph of a network whose weights lie beside it, and compare the two."""
    whole = Exportable(network).eval()
    T = round(recipe.crop_seconds * network.sample_rate_hz)
    model = whole_graph(whole, 0.1 * torch.randn(2, T, generator=torch.Generator().manual_seed(0)))
    share_weights(model, path.with_name(WEIGHTS))
    onnx.save(model, str(path))
    _check(whole, path, T)


@torch.no_grad()
def _check(whole: Exportable, path: Path, T: int) -> None:
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    generator = torch.Generator().manual_seed(1)
    for batch, length in ((1, T), (3, T), (2, T // 2 + 17), (1, 2 * T + 1)):
        waveform = 0.1 * torch.randn(batch, length, generator=generator)
        ours = np.asarray(session.run(None, {"waveform": waveform.numpy()})[0])
        difference = float(np.abs(ours - whole(waveform).numpy()).max())
        if not difference <= TOLERANCE:  # NaN too
            raise ConfigError(
                f"the graph differs from the torch module by {difference:.2g}", hint=f"at most {TOLERANCE}"
            )
