from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import singer_identity_checkpoint as published  # noqa: E402
from singalike.checksum import sha256  # noqa: E402
from singalike.errors import MissingWeightsError  # noqa: E402
from singalike.model.card import GRAPH, WEIGHTS, Card  # noqa: E402
from singalike.model.hub import load_model  # noqa: E402
from singalike.train import export  # noqa: E402
from singalike.train.network import Exportable  # noqa: E402
from singalike.train.published import adopt, load_published  # noqa: E402


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return published.write_checkpoint(tmp_path_factory.mktemp("published") / "mine", published.random_state())


@pytest.fixture
def without_graph(monkeypatch: pytest.MonkeyPatch) -> None:
    """Export all but the graph, which takes most of a minute."""
    monkeypatch.setattr(export, "_write_graph", lambda network, recipe, path: path.write_bytes(b"graph"))


def _published_unit_vector(waveform: np.ndarray) -> np.ndarray:
    vector = published.published_embedding(published.random_state(), waveform)
    return vector / np.linalg.norm(vector)


def test_the_network_gives_the_published_embedding(folder: Path) -> None:
    recipe, network = load_published(folder)
    assert (recipe.features, recipe.crop_seconds, network.sample_rate_hz) == ("torres2023", 4.0, 44_100)
    waveform = published.voice(4.0)
    expected = published.published_embedding(published.random_state(), waveform)
    with torch.no_grad():
        np.testing.assert_allclose(network(torch.from_numpy(waveform)[None])[0].numpy(), expected, atol=1e-5)


def test_neither_level_nor_batch_mates_move_a_vector(folder: Path) -> None:
    """Unlike the released module, whose image is divided by the batch's maximum; at batch 1 and peak 1 they agree."""
    _, network = load_published(folder)
    waveforms = np.stack([published.voice(1.0, seed) for seed in range(3)])
    gains = np.array([1.0, 0.1, 0.003], np.float32)[:, None]
    with torch.no_grad():
        vectors = Exportable(network)(torch.from_numpy(gains * waveforms)).numpy()
    for vector, waveform in zip(vectors, waveforms, strict=True):
        np.testing.assert_allclose(vector, _published_unit_vector(waveform), atol=1e-5)


@pytest.mark.usefixtures("without_graph")
def test_an_adopted_checkpoint_has_a_card_and_a_fingerprint(folder: Path, tmp_path: Path) -> None:
    card = adopt(folder, tmp_path / "model", name="mine")
    assert card == Card.load(tmp_path / "model")
    assert card.fingerprint == sha256(tmp_path / "model" / WEIGHTS)
    assert (card.name, card.dimension, card.sample_rate_hz, card.window_seconds) == ("mine", 1000, 44_100, 4.0)
    assert "MIT" in card.licence
    assert "peak 1" in card.limits


@pytest.mark.usefixtures("without_graph")
def test_other_weights_have_another_fingerprint(folder: Path, tmp_path: Path) -> None:
    again = adopt(folder, tmp_path / "a", name="a").fingerprint
    assert adopt(folder, tmp_path / "b", name="b").fingerprint == again
    bias = published.NET + "classifier.1.bias"
    state = published.random_state()
    other = published.write_checkpoint(tmp_path / "other", {**state, bias: state[bias] + 1e-3})
    assert adopt(other, tmp_path / "c", name="c").fingerprint != again


@pytest.mark.parametrize("file", ["model.pt", "hyperparams.yaml"])
def test_a_missing_file_leaves_nothing_behind(file: str, folder: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(folder, broken)
    (broken / file).unlink()
    with pytest.raises(MissingWeightsError, match=file):
        adopt(broken, tmp_path / "model", name="mine")
    assert not (tmp_path / "model").exists()


@pytest.mark.slow
def test_the_graph_gives_the_published_embedding(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SINGALIKE_HOME", str(tmp_path))
    model = load_model(folder)
    assert model.folder.parent == tmp_path / "models"
    assert model.card.onnx_sha256 == sha256(model.folder / GRAPH)
    for seconds, gain in ((4.0, 1.0), (1.3, 0.2), (0.5, 1.0)):
        waveform = published.voice(seconds, seed=7)
        (vector,) = model.encode(np.float32(gain) * waveform[None])
        np.testing.assert_allclose(vector, _published_unit_vector(waveform), atol=1e-5)
    waveform = published.voice(4.0, seed=8)
    whole = model.embed(waveform, sample_rate_hz=44_100)
    np.testing.assert_allclose(whole, _published_unit_vector(waveform), atol=1e-5)
    assert load_model(folder).fingerprint == model.fingerprint
