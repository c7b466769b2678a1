from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import onnx  # noqa: E402
import onnxruntime  # noqa: E402
from onnx import TensorProto, helper, numpy_helper  # noqa: E402
from safetensors.torch import load_file, save_file  # noqa: E402

from singalike.train.quantise import dequantise, quantise  # noqa: E402
from singalike.train.share_weights import share_weights  # noqa: E402

IN, HIDDEN, OUT = 24, 40, 96  # a row of w2 is two groups of integers
X = np.random.default_rng(0).normal(size=(3, IN)).astype(np.float32)


def _arrays() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(1)
    shapes = {"w1": (IN, HIDDEN), "w2": (HIDDEN, OUT), "bias": (1,), "other": (IN, IN)}
    return {name: rng.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}


def _model(arrays: dict[str, np.ndarray]) -> onnx.ModelProto:
    """((x · other) · w1) · w2 + bias, where the initializers have a prefix."""
    chain = [("x", "other", "a"), ("a", "w1", "b"), ("b", "w2", "c")]
    nodes = [helper.make_node("MatMul", [a, f"net/{w}"], [y]) for a, w, y in chain]
    nodes.append(helper.make_node("Add", ["c", "net/bias"], ["y"]))
    graph = helper.make_graph(
        nodes,
        "chain",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", IN])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["batch", OUT])],
        [numpy_helper.from_array(array, f"net/{name}") for name, array in arrays.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def _session(path: Path, optimised: Path | None = None) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    if optimised:
        options.optimized_model_filepath = str(optimised)
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def _run(path: Path) -> np.ndarray:
    return np.asarray(_session(path).run(None, {"x": X})[0])


def _inside(model: onnx.ModelProto) -> set[str]:
    return {i.name for i in model.graph.initializer if i.data_location != TensorProto.EXTERNAL}


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    """A file of w1 as it is, w2 as integers; the bias is small, ``other`` is not in it."""
    arrays = {name: torch.from_numpy(array) for name, array in _arrays().items()}
    levels, scale = quantise(arrays["w2"])
    stored = {"a.w1": arrays["w1"], "a.w2": levels, "a.w2.scale": scale, "a.bias": arrays["bias"]}
    save_file(stored, tmp_path / "weights.safetensors", metadata={"recipe": "{}"})
    return tmp_path / "weights.safetensors"


@pytest.fixture
def served(weights: Path) -> dict[str, np.ndarray]:
    stored = load_file(weights)
    return {**_arrays(), "w2": dequantise(stored["a.w2"], stored["a.w2.scale"]).numpy()}


def test_a_graph_that_points_computes_the_same(weights: Path, served: dict[str, np.ndarray], tmp_path: Path) -> None:
    model = _model(served)
    onnx.save(model, str(tmp_path / "whole.onnx"))
    share_weights(model, weights)
    onnx.save(model, str(tmp_path / "shared.onnx"))
    assert _inside(model) == {"net/bias", "net/other", "net/w2.shape"}
    np.testing.assert_array_equal(_run(tmp_path / "shared.onnx"), _run(tmp_path / "whole.onnx"))
    by_hand = X.astype(np.float64) @ served["other"] @ served["w1"] @ served["w2"] + served["bias"]
    np.testing.assert_allclose(_run(tmp_path / "shared.onnx"), by_hand, rtol=1e-4, atol=1e-4)


def test_the_numbers_are_those_of_the_file(weights: Path, served: dict[str, np.ndarray], tmp_path: Path) -> None:
    model = _model(served)
    share_weights(model, weights)
    onnx.save(model, str(tmp_path / "shared.onnx"))
    before = _run(tmp_path / "shared.onnx")
    state = load_file(weights)
    save_file({**state, "a.w1": 2 * state["a.w1"]}, weights, metadata={"recipe": "{}"})
    bias = served["bias"]
    np.testing.assert_allclose(_run(tmp_path / "shared.onnx") - bias, 2 * (before - bias), rtol=1e-5, atol=1e-4)


def test_integers_are_multiplied_once(weights: Path, served: dict[str, np.ndarray], tmp_path: Path) -> None:
    model = _model(served)
    share_weights(model, weights)
    assert [node.op_type for node in model.graph.node] == [
        "Cast",
        "Mul",
        "Reshape",
        "MatMul",
        "MatMul",
        "MatMul",
        "Add",
    ]
    onnx.save(model, str(tmp_path / "shared.onnx"))
    _session(tmp_path / "shared.onnx", tmp_path / "optimised.onnx")
    left = onnx.load(str(tmp_path / "optimised.onnx"), load_external_data=False)
    assert {node.op_type for node in left.graph.node}.isdisjoint({"Cast", "Mul", "Reshape"})


def test_what_only_resembles_a_tensor_of_the_file_stays(weights: Path, served: dict[str, np.ndarray]) -> None:
    """Another shape, or one number that is different: the name alone does not tie them."""
    changed = served["w1"].copy()
    changed[0, 0] += 1e-3
    model = _model({**served, "w1": changed, "w2": served["w2"].reshape(OUT, HIDDEN)})
    share_weights(model, weights)
    assert _inside(model) == {"net/bias", "net/other", "net/w1", "net/w2"}
    assert [node.op_type for node in model.graph.node] == ["MatMul", "MatMul", "MatMul", "Add"]


def test_two_tensors_of_one_content_need_one_place(served: dict[str, np.ndarray], tmp_path: Path) -> None:
    path = tmp_path / "weights.safetensors"
    save_file({"w1": torch.from_numpy(served["w1"])}, path)
    model = _model(served)
    model.graph.initializer.append(numpy_helper.from_array(served["w1"], "twin"))
    share_weights(model, path)
    assert _inside(model) == {"net/bias", "net/other", "net/w2"}
