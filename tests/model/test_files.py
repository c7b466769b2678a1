from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest

from singalike.checksum import sha256
from singalike.errors import MissingWeightsError, ModelMismatchError
from singalike.model.card import GRAPH, WEIGHTS, Card
from singalike.model.encoder import Model
from singalike.model.files import check_files
from tiny_model import RATE_HZ, write_model


@pytest.fixture
def inside(tmp_path: Path) -> Path:
    """A folder whose graph holds its weights, as earlier exports."""
    return write_model(tmp_path / "inside")


@pytest.fixture
def beside(inside: Path, tmp_path: Path) -> Path:
    """The same model, its graph pointing into the file beside it."""
    folder = tmp_path / "beside"
    folder.mkdir()
    graph = onnx.load(str(inside / GRAPH))
    onnx.save(graph, str(folder / GRAPH), save_as_external_data=True, location=WEIGHTS, size_threshold=100)
    files = {"fingerprint": sha256(folder / WEIGHTS), "onnx_sha256": sha256(folder / GRAPH)}
    Card.load(inside).model_copy(update=files).save(folder)
    return folder


def test_both_kinds_open_and_agree(inside: Path, beside: Path) -> None:
    assert (beside / GRAPH).stat().st_size < 0.1 * (inside / GRAPH).stat().st_size
    waveform = np.random.default_rng(0).normal(size=(1, RATE_HZ)).astype(np.float32)
    np.testing.assert_array_equal(Model(beside).encode(waveform), Model(inside).encode(waveform))


@pytest.mark.parametrize("kind", ["inside", "beside"])
def test_the_graph_must_be_there_and_unchanged(kind: str, request: pytest.FixtureRequest) -> None:
    folder: Path = request.getfixturevalue(kind)
    with (folder / GRAPH).open("ab") as file:
        file.write(b"\0")
    with pytest.raises(ModelMismatchError, match=GRAPH):
        Model(folder)
    (folder / GRAPH).unlink()
    with pytest.raises(MissingWeightsError, match=GRAPH):
        Model(folder)


def test_weights_that_a_graph_points_into_must_be_there_and_unchanged(beside: Path) -> None:
    whole = (beside / WEIGHTS).read_bytes()
    (beside / WEIGHTS).write_bytes(whole[:-8])
    with pytest.raises(ModelMismatchError, match=WEIGHTS):
        Model(beside)
    (beside / WEIGHTS).unlink()
    with pytest.raises(MissingWeightsError, match=WEIGHTS):
        Model(beside)


def test_a_graph_with_its_weights_inside_needs_no_other_file(inside: Path) -> None:
    (inside / WEIGHTS).unlink()
    check_files(inside, Card.load(inside))
