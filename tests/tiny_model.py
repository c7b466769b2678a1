"""A real model folder of a few kilobytes: a bank of filters, their mean levels, a random projection."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from singalike.checksum import sha256
from singalike.model.card import GRAPH, WEIGHTS, Calibration, Card

RATE_HZ, BANDS, DIMENSION = 8000, 48, 24
_KERNEL, _HOP = 512, 256


def write_model(folder: Path, *, seed: int = 0, calibrated: bool = True) -> Path:
    """Write card, graph and weights; models of different seeds have different fingerprints."""
    folder.mkdir(parents=True)
    weights = _weights(seed)
    (folder / WEIGHTS).write_bytes(b"".join(array.tobytes() for array in weights.values()))
    onnx.save(_graph(weights), str(folder / GRAPH))
    Card(
        name=f"tiny-{seed}",
        fingerprint=sha256(folder / WEIGHTS),
        onnx_sha256=sha256(folder / GRAPH),
        sample_rate_hz=RATE_HZ,
        window_seconds=1.0,
        hop_seconds=0.5,
        min_seconds=0.25,
        dimension=DIMENSION,
        domains=["vocals", "mix"],
        recipe="none",
        created="2026-01-01",
        calibration=_calibration() if calibrated else None,
        figures=[{"data": "nothing", "eer": 0.5}],
        intended_use="tests",
        misuse="anything else",
    ).save(folder)
    return folder


def _calibration() -> Calibration:
    return Calibration(
        slope=20.0,
        intercept=-18.0,
        unknown_threshold=0.9,
        fitted_on="nothing",
        cohort_name="nobody",
        cohort_quantiles=np.linspace(-1, 1, 101).tolist(),
    )


def _weights(seed: int) -> dict[str, np.ndarray]:
    times = np.arange(_KERNEL) / RATE_HZ
    phases = 2 * np.pi * np.geomspace(100, 3600, BANDS)[:, None] * times
    filters = np.concatenate([np.cos(phases), np.sin(phases)]) * np.hanning(_KERNEL)
    projection = np.random.default_rng(seed).normal(size=(BANDS, DIMENSION))
    return {
        "filters": filters[:, None].astype(np.float32),
        "projection": projection.astype(np.float32),
        "floor": np.array([1e-3], np.float32),
        "one": np.array([1], np.int64),
        "halves": np.array([BANDS, BANDS], np.int64),
    }


def _graph(weights: dict[str, np.ndarray]) -> onnx.ModelProto:
    nodes = [
        helper.make_node("Unsqueeze", ["waveform", "one"], ["x"]),
        helper.make_node("Conv", ["x", "filters"], ["y"], strides=[_HOP]),
        helper.make_node("Mul", ["y", "y"], ["squares"]),
        helper.make_node("Split", ["squares", "halves"], ["cosines", "sines"], axis=1),
        helper.make_node("Add", ["cosines", "sines"], ["power"]),
        helper.make_node("ReduceMean", ["power"], ["level"], axes=[2], keepdims=0),
        helper.make_node("Add", ["level", "floor"], ["floored"]),
        helper.make_node("Log", ["floored"], ["log"]),
        helper.make_node("ReduceMean", ["log"], ["mean"], axes=[1], keepdims=1),
        helper.make_node("Sub", ["log", "mean"], ["shape"]),
        helper.make_node("MatMul", ["shape", "projection"], ["h"]),
        helper.make_node("LpNormalization", ["h"], ["vector"], axis=1, p=2),
    ]
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("waveform", TensorProto.FLOAT, ["batch", "samples"])],
        [helper.make_tensor_value_info("vector", TensorProto.FLOAT, ["batch", DIMENSION])],
        [numpy_helper.from_array(array, name) for name, array in weights.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
