"""A graph whose weights lie in the safetensors file beside it, so that a model folder holds them once.

ONNX may keep a tensor's bytes outside the graph: a file of the same folder, an offset, a length. A safetensors file is
the header's length (8 bytes, little-endian), a JSON header, and the tensors' bytes; offsets in the header count from
its end. So the one format can point into the other. Integers (:mod:`singalike.train.quantise`) are multiplied by their
scales in the graph, by Cast, Mul and Reshape, which ONNX Runtime computes once, when it loads the graph;
DequantizeLinear it would compute anew in every run.
"""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import NodeProto, TensorProto, helper, numpy_helper
from safetensors.torch import load_file

from singalike.train.quantise import SCALE, dequantised_state

_SMALLEST_BYTES = 256  # to say where something lies takes about a hundred


def share_weights(model: onnx.ModelProto, weights: Path) -> None:
    """Let a graph's float32 initializers lie in a safetensors file wherever it holds the same numbers.

    What is alike is known by shape and content, not by name. Tensors that the file does not hold (filters of the
    front-end, what the exporter computed from weights) and small ones stay in the graph.

    Args:
        model: changed in place; it can then only be loaded from a path in the folder of ``weights``.
        weights: a safetensors file of float32 tensors, and of int8 ones with scales.
    """
    stored, places = load_file(weights), _places(weights)
    names = {_content(tensor.numpy()): name for name, tensor in dequantised_state(stored).items()}
    kept: list[TensorProto] = []
    nodes: list[NodeProto] = []
    for initializer in model.graph.initializer:
        array = numpy_helper.to_array(initializer)
        name = names.get(_content(array)) if array.nbytes >= _SMALLEST_BYTES else None
        target, shape = initializer.name, list(array.shape)
        if name is None:
            kept.append(initializer)
        elif stored[name].dtype == torch.int8:
            scales = list(stored[name + SCALE].shape)
            levels, scale, size = f"{target}.levels", f"{target}{SCALE}", f"{target}.shape"
            kept.append(
                _pointer(levels, TensorProto.INT8, [*scales, array.size // math.prod(scales)], weights, places[name])
            )
            kept.append(_pointer(scale, TensorProto.FLOAT, [*scales, 1], weights, places[name + SCALE]))
            kept.append(numpy_helper.from_array(np.array(shape, np.int64), size))
            nodes += _product(levels, scale, size, target)
        else:
            kept.append(_pointer(target, initializer.data_type, shape, weights, places[name]))
    nodes += model.graph.node
    for field, values in (("initializer", kept), ("node", nodes)):
        model.graph.ClearField(field)
        getattr(model.graph, field).extend(values)


def _product(levels: str, scale: str, shape: str, target: str) -> list[NodeProto]:
    """Return the nodes that make float32 weights of groups of integers (C, G, size) and their scales (C, G, 1)."""
    floats, groups = f"{levels}.float", f"{target}.groups"
    return [
        helper.make_node("Cast", [levels], [floats], to=TensorProto.FLOAT),
        helper.make_node("Mul", [floats, scale], [groups]),
        helper.make_node("Reshape", [groups, shape], [target]),
    ]


def _content(array: np.ndarray) -> tuple[str, tuple[int, ...], bytes]:
    return array.dtype.str, array.shape, array.tobytes()


def _places(weights: Path) -> dict[str, tuple[int, int]]:
    """Return offset in the file and length, in bytes, of every tensor."""
    with weights.open("rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
        start = file.tell()
    header.pop("__metadata__", None)
    return {
        name: (start + t["data_offsets"][0], t["data_offsets"][1] - t["data_offsets"][0]) for name, t in header.items()
    }


def _pointer(name: str, kind: int, shape: list[int], file: Path, place: tuple[int, int]) -> TensorProto:
    tensor = TensorProto(name=name, data_type=kind, dims=shape, data_location=TensorProto.EXTERNAL)
    for key, value in (("location", file.name), ("offset", place[0]), ("length", place[1])):
        tensor.external_data.add(key=key, value=str(value))
    return tensor
