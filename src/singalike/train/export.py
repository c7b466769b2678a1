"""From a run to a model folder: one graph from waveform to unit vector, checked against the torch module.

The graph is checked on waveforms of several lengths and batch sizes; export refuses when any number differs by
more than 1e-5, so that what is served is what was trained.
"""

from __future__ import annotations

import datetime
import io
import json
import logging
import warnings
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnx.compose
import onnxruntime
import torch
from safetensors.torch import save_file

from singalike.atomic import draft
from singalike.checksum import sha256
from singalike.errors import ConfigError, MissingWeightsError
from singalike.model.card import GRAPH, WEIGHTS, Card, TrainingSource
from singalike.train.network import Exportable, VoiceNetwork
from singalike.train.recipe import Recipe, begun_recipe

TOLERANCE = 1e-5


def export_run(run: Path, out: Path, *, checkpoint: str = "best", name: str | None = None) -> Card:
    """Export a checkpoint of a run into a model folder and return its card.

    Args:
        run: a run folder of :func:`singalike.train.run.train`.
        out: the model folder, made if it is not there.
        checkpoint: ``best`` or ``last``.
        name: the model's name; the recipe's by default.

    Raises:
        MissingWeightsError: the run has no such checkpoint.
        ConfigError: the graph differs from the torch module.
    """
    recipe, network = load_network(run, checkpoint)
    described = json.loads((run / "data.json").read_text(encoding="utf-8"))
    training = [TrainingSource.model_validate(source) for source in described["sources"]]
    return export_network(network, recipe, out, name=name or recipe.name, training=training)


def load_network(run: Path, checkpoint: str = "best") -> tuple[Recipe, VoiceNetwork]:
    """Load a run's recipe and its network (the averaged one where weights are averaged), in evaluation mode."""
    path = run / "checkpoints" / f"{checkpoint}.ckpt"
    if not path.is_file() or not (run / "recipe.yaml").is_file():
        raise MissingWeightsError(f"no checkpoint {checkpoint!r}", where=run, hint="a folder that `train` wrote")
    recipe = begun_recipe(run)
    state = torch.load(path, map_location="cpu", weights_only=True)["state_dict"]
    prefix = "average.module." if recipe.weight_average else "network."
    network = VoiceNetwork(recipe)
    network.load_state_dict({k.removeprefix(prefix): v for k, v in state.items() if k.startswith(prefix)})
    return recipe, network.eval()


def export_network(
    network: VoiceNetwork, recipe: Recipe, out: Path, *, name: str, training: list[TrainingSource]
) -> Card:
    """Write ``model.safetensors``, ``model.onnx`` and ``card.json`` of a network, each atomically."""
    out.mkdir(parents=True, exist_ok=True)
    weights = {key: value.contiguous() for key, value in network.state_dict().items()}
    # The recipe goes into the file's header, so that the fingerprint covers the front-end too.
    covered = {"features", "encoder", "crop_seconds"} | ({"songs"} if recipe.songs else set())
    metadata = {"recipe": json.dumps(recipe.model_dump(include=covered), sort_keys=True)}
    with draft(out / WEIGHTS) as place:
        save_file(weights, place, metadata=metadata)
    with draft(out / GRAPH) as place:
        _write_graph(network, recipe, place)
    card = Card(
        name=name,
        fingerprint=sha256(out / WEIGHTS),
        onnx_sha256=sha256(out / GRAPH),
        sample_rate_hz=network.sample_rate_hz,
        window_seconds=recipe.crop_seconds,
        hop_seconds=recipe.hop_seconds,
        min_seconds=recipe.min_seconds,
        dimension=network.dimension,
        domains=list(recipe.domains),
        readouts=list(network.readouts),
        recipe=recipe.name,
        created=datetime.date.today().isoformat(),
        training=training,
    )
    card.save(out)
    return card


def _write_graph(network: VoiceNetwork, recipe: Recipe, path: Path) -> None:
    whole = Exportable(network).eval()
    T = round(recipe.crop_seconds * network.sample_rate_hz)
    example = 0.1 * torch.randn(2, T, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        images = whole.images(example)
    # In two halves, joined: an LSTM behind an STFT makes the exporter lose the number of frames.
    samples, frames = torch.export.Dim("samples", min=2048), torch.export.Dim("frames", min=8)
    with network.front_end.for_graphs():
        front = _graph(_Images(whole), example, ("waveform", "images"), {0: torch.export.Dim("batch"), 1: samples})
    back = _graph(_Vectors(whole), images, ("images", "vector"), {0: torch.export.Dim("batch"), 3: frames})
    back = onnx.compose.add_prefix(back, "encoder/", rename_inputs=False, rename_outputs=False)
    onnx.save(onnx.compose.merge_models(front, back, io_map=[("images", "images")]), str(path))
    _check(whole, path, T)


class _Images(torch.nn.Module):
    def __init__(self, whole: Exportable) -> None:
        super().__init__()
        self.whole = whole

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.whole.images(x)


class _Vectors(_Images):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.whole.vectors(x)


def _graph(
    module: torch.nn.Module, example: torch.Tensor, names: tuple[str, str], dynamic: dict[int, Any]
) -> onnx.ModelProto:
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings(), redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        program = torch.onnx.export(
            module.eval(),
            (example,),
            dynamo=True,
            dynamic_shapes=(dynamic,),
            input_names=[names[0]],
            output_names=[names[1]],
            external_data=False,
            verbose=False,
        )
    assert program is not None
    return program.model_proto


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
