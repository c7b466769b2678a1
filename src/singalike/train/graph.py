"""One ONNX graph from waveform to unit vector, its weights as the module has them."""

from __future__ import annotations

import io
import logging
import warnings
from contextlib import redirect_stdout
from typing import Any

import onnx
import onnx.compose
import torch

from singalike.train.network import Exportable


def whole_graph(whole: Exportable, example: torch.Tensor) -> onnx.ModelProto:
    """Trace a module in evaluation mode into a graph of ``waveform`` (batch, samples) to ``vector``.

    Every weight of the encoder is an initializer with the numbers and the shape it has in the module's state.

    Args:
        whole: the module.
        example: waveforms (B, T) to trace it with, B and T not 1.
    """
    with torch.no_grad():
        images = whole.images(example)
    # In two halves, joined: an LSTM behind an STFT makes the exporter lose the number of frames.
    samples, frames = torch.export.Dim("samples", min=2048), torch.export.Dim("frames", min=8)
    with whole.network.front_end.for_graphs():
        front = _graph(_Images(whole), example, ("waveform", "images"), {0: torch.export.Dim("batch"), 1: samples})
    back = _graph(_Vectors(whole), images, ("images", "vector"), {0: torch.export.Dim("batch"), 3: frames})
    back = onnx.compose.add_prefix(back, "encoder/", rename_inputs=False, rename_outputs=False)
    return onnx.compose.merge_models(front, back, io_map=[("images", "images")])


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
    for logger in ("torch.onnx", "onnx_ir"):
        logging.getLogger(logger).setLevel(logging.ERROR)
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
            optimize=False,
        )
    assert program is not None
    # What is an input may have another value one day: so weights are not folded into others, and stay what the
    # safetensors file has. ONNX Runtime folds them when it loads the graph.
    graph, state = program.model.graph, module.state_dict()
    graph.inputs.extend(value for name, value in graph.initializers.items() if name in state)
    program.optimize()
    del graph.inputs[1:]
    return _without_origins(program.model_proto)


def _without_origins(model: onnx.ModelProto) -> onnx.ModelProto:
    """Take away where the nodes come from, lines of source with their paths: half of a graph without weights."""
    graph = model.graph
    for described in (model, graph, *graph.node, *graph.input, *graph.output, *graph.value_info):
        described.ClearField("metadata_props")
        described.ClearField("doc_string")
    return model
