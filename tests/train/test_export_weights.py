"""Exported folders hold their weights once, as float32 or as integers, and work wherever they are."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import onnx  # noqa: E402
from onnx import TensorProto  # noqa: E402
from safetensors.torch import load_file  # noqa: E402

from singalike.checksum import sha256  # noqa: E402
from singalike.errors import ConfigError, MissingWeightsError, ModelMismatchError  # noqa: E402
from singalike.model.card import CARD, GRAPH, WEIGHTS, Card  # noqa: E402
from singalike.model.hub import load_model  # noqa: E402
from singalike.train import export  # noqa: E402
from singalike.train.export import Weights, export_network  # noqa: E402
from singalike.train.network import Exportable, VoiceNetwork  # noqa: E402
from singalike.train.quantise import dequantised_state  # noqa: E402
from singalike.train.recipe import Recipe, load_recipe  # noqa: E402

KINDS: tuple[Weights, ...] = ("float32", "int8")


def _recipe() -> Recipe:
    return load_recipe("default", ["encoder={name: vocal-cnn}"])  # convolutions without bias are followed by norms


def _network() -> VoiceNetwork:
    torch.manual_seed(0)
    network = VoiceNetwork(_recipe()).eval()
    for module in network.modules():  # statistics as after some training
        if isinstance(module, torch.nn.BatchNorm1d):
            torch.nn.init.uniform_(module.running_mean, -1, 1)
            torch.nn.init.uniform_(module.running_var, 0.5, 2)
    return network


@dataclass(frozen=True)
class Exported:
    kind: str
    folder: Path
    card: Card
    network: VoiceNetwork


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Exported]:
    network, found = _network(), {}
    for kind in KINDS:
        folder = tmp_path_factory.mktemp(kind)
        card = export_network(network, _recipe(), folder, name=kind, training=[], weights=kind)
        found[kind] = Exported(kind, folder, card, network)
    return found


@pytest.fixture(params=KINDS)
def exported(request: pytest.FixtureRequest, folders: dict[str, Exported]) -> Exported:
    return folders[request.param]


def _waveforms(count: int, length: int = 30_001) -> np.ndarray:
    return 0.1 * np.random.default_rng(0).normal(size=(count, length)).astype(np.float32)


def test_no_weight_is_in_the_graph_too(exported: Exported) -> None:
    model = onnx.load(str(exported.folder / GRAPH), load_external_data=False)
    inside = [i for i in model.graph.initializer if i.data_location != TensorProto.EXTERNAL]
    large = {i.name for i in inside if len(i.raw_data) >= 256}
    assert all("front_end" in name for name in large), large
    assert len(model.graph.initializer) > len(inside)
    assert b"/singalike/" not in (exported.folder / GRAPH).read_bytes()  # nor where the code lay that made it


def test_the_file_has_as_many_bytes_as_its_weights(folders: dict[str, Exported]) -> None:
    n = sum(tensor.numel() for tensor in folders["float32"].network.state_dict().values())
    sizes = {kind: (folders[kind].folder / WEIGHTS).stat().st_size for kind in KINDS}
    assert sizes["float32"] == pytest.approx(4 * n, rel=0.02)
    assert sizes["int8"] < 0.3 * sizes["float32"]
    graphs = [(folders[kind].folder / GRAPH).stat().st_size for kind in KINDS]
    assert graphs[1] - graphs[0] < 10_000


def test_the_graph_computes_with_what_the_file_says(exported: Exported) -> None:
    again = VoiceNetwork(_recipe()).eval()
    again.load_state_dict(dequantised_state(load_file(exported.folder / WEIGHTS)))
    for count, length in ((1, 8000), (4, 30_001)):
        x = _waveforms(count, length)
        with torch.no_grad():
            expected = Exportable(again)(torch.from_numpy(x)).numpy()
        np.testing.assert_allclose(load_model(exported.folder).encode(x), expected, atol=1e-5)


def test_integers_move_a_vector_only_a_little(folders: dict[str, Exported]) -> None:
    whole, rounded = (load_model(folders[kind].folder).encode(_waveforms(5)) for kind in KINDS)
    cosines = (whole * rounded).sum(1)
    assert cosines.min() > 0.999
    assert np.abs(whole - rounded).max() > 1e-5  # they are not float32 by another name


def test_alone_and_in_a_batch(exported: Exported) -> None:
    model = load_model(exported.folder)
    together = np.asarray(model._open().run(None, {"waveform": _waveforms(4)})[0])
    np.testing.assert_allclose(model.encode(_waveforms(4)), together, atol=1e-6)


def test_the_network_is_left_as_it_was(folders: dict[str, Exported]) -> None:
    for name, tensor in _network().state_dict().items():
        assert torch.equal(folders["int8"].network.state_dict()[name], tensor), name


def test_fingerprints_are_of_the_weights(folders: dict[str, Exported]) -> None:
    for exported in folders.values():
        assert exported.card == Card.load(exported.folder)
        assert exported.card.fingerprint == sha256(exported.folder / WEIGHTS)
        assert sorted(path.name for path in exported.folder.iterdir()) == sorted([CARD, GRAPH, WEIGHTS])
    assert folders["int8"].card.fingerprint != folders["float32"].card.fingerprint


def test_other_weights_have_another_fingerprint(
    folders: dict[str, Exported], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "_write_graph", lambda network, recipe, path: path.write_bytes(b"graph"))
    network = _network()
    for kind in KINDS:
        same = export_network(network, _recipe(), tmp_path / kind, name=kind, training=[], weights=kind)
        assert same.fingerprint == folders[kind].card.fingerprint
    largest = next(p for p in network.parameters() if p.ndim > 1 and p.numel() >= 4096)
    with torch.no_grad():
        largest.mul_(1.01)
    for kind in KINDS:
        other = export_network(network, _recipe(), tmp_path / kind, name=kind, training=[], weights=kind)
        assert other.fingerprint != folders[kind].card.fingerprint


def test_another_pooling_has_another_fingerprint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "_write_graph", lambda network, recipe, path: path.write_bytes(b"graph"))
    cards = {}
    for pooling in ("windows", "time"):
        recipe = _recipe().model_copy(update={"pooling": pooling})
        cards[pooling] = export_network(_network(), recipe, tmp_path / pooling, name="a", training=[])
        assert Card.load(tmp_path / pooling).pooling == pooling
    assert cards["windows"].fingerprint != cards["time"].fingerprint


def test_a_folder_may_move(exported: Exported, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = load_model(exported.folder).encode(_waveforms(1))
    moved = Path(shutil.copytree(exported.folder, tmp_path / "else where" / "ein Modell"))
    np.testing.assert_array_equal(load_model(moved).encode(_waveforms(1)), expected)
    monkeypatch.chdir(moved.parent)
    np.testing.assert_array_equal(load_model("ein Modell").encode(_waveforms(1)), expected)


def test_files_that_are_missing_or_cut_off_are_named(exported: Exported, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(exported.folder, tmp_path / "m"))
    whole = (folder / WEIGHTS).read_bytes()
    for damaged in (whole[:-100], whole[:50], b"", whole[:-1] + bytes([whole[-1] ^ 1])):
        (folder / WEIGHTS).write_bytes(damaged)
        with pytest.raises(ModelMismatchError, match=WEIGHTS):
            load_model(folder)
    (folder / WEIGHTS).unlink()
    with pytest.raises(MissingWeightsError, match=WEIGHTS):
        load_model(folder)


def test_a_refused_export_leaves_the_earlier_model(
    exported: Exported, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Path(shutil.copytree(exported.folder, tmp_path / "m"))
    before = {path.name: sha256(path) for path in folder.iterdir()}

    def refuse(network: VoiceNetwork, recipe: Recipe, path: Path) -> None:
        raise ConfigError("differs")

    monkeypatch.setattr(export, "_write_graph", refuse)
    with pytest.raises(ConfigError, match="differs"):
        export_network(_network(), _recipe(), folder, name="new", training=[])
    assert {path.name: sha256(path) for path in folder.iterdir()} == before


def test_an_unknown_kind_of_weights_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"int4.*float32, int8"):
        export_network(_network(), _recipe(), tmp_path / "m", name="x", training=[], weights="int4")  # pyright: ignore[reportArgumentType]
    assert not (tmp_path / "m").exists()
