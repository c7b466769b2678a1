from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from singalike.checksum import sha256  # noqa: E402
from singalike.errors import ConfigError, ModelMismatchError  # noqa: E402
from singalike.model.card import GRAPH, WEIGHTS, Card  # noqa: E402
from singalike.model.hub import load_model  # noqa: E402
from singalike.train import export  # noqa: E402
from singalike.train.network import Exportable, VoiceNetwork  # noqa: E402
from singalike.train.recipe import load_recipe  # noqa: E402


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> tuple[VoiceNetwork, Path]:
    torch.manual_seed(0)
    recipe = load_recipe("default", ["encoder={name: tdnn, width: 32, aggregate: 32, dimension: 24}"])
    network = VoiceNetwork(recipe).eval()
    for module in network.modules():  # statistics as after some training
        if isinstance(module, torch.nn.BatchNorm2d | torch.nn.BatchNorm1d):
            torch.nn.init.uniform_(module.running_mean, -1, 1)
            torch.nn.init.uniform_(module.running_var, 0.5, 2)
    folder = tmp_path_factory.mktemp("model")
    export.export_network(network, recipe, folder, name="small", training=[])
    return network, folder


@pytest.mark.parametrize(("batch", "length"), [(1, 8000), (1, 40_000), (4, 30_001), (2, 100_000)])
def test_the_graph_equals_the_module(exported: tuple[VoiceNetwork, Path], batch: int, length: int) -> None:
    network, folder = exported
    x = 0.1 * torch.randn(batch, length)
    with torch.no_grad():
        expected = Exportable(network)(x).numpy()
    np.testing.assert_allclose(load_model(folder).encode(x.numpy()), expected, atol=1e-5)


def test_the_card_ties_the_files_together(exported: tuple[VoiceNetwork, Path]) -> None:
    _, folder = exported
    card = Card.load(folder)
    assert card.fingerprint == sha256(folder / WEIGHTS)
    assert card.onnx_sha256 == sha256(folder / GRAPH)
    assert (card.dimension, card.sample_rate_hz, card.domains) == (24, 16_000, ["vocals", "mix"])
    assert not list(folder.glob("*.tmp"))


def test_weights_load_back(exported: tuple[VoiceNetwork, Path]) -> None:
    from safetensors.torch import load_file

    network, folder = exported
    again = VoiceNetwork(load_recipe("default", ["encoder={name: tdnn, width: 32, aggregate: 32, dimension: 24}"]))
    again.load_state_dict(load_file(folder / WEIGHTS))
    x = torch.randn(1, 16_000)
    with torch.no_grad():
        assert torch.equal(again.eval()(x), network(x))


def test_export_refuses_a_graph_that_differs(
    exported: tuple[VoiceNetwork, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    network, folder = exported
    graph = load_model(folder).folder / GRAPH
    with torch.no_grad():
        network.encoder.project.bias.add_(0.01)
        try:
            with pytest.raises(ConfigError, match="differs from the torch module"):
                export._check(Exportable(network), graph, 40_000)
        finally:
            network.encoder.project.bias.sub_(0.01)


def test_a_swapped_graph_is_noticed(exported: tuple[VoiceNetwork, Path], tmp_path: Path) -> None:
    import shutil

    shutil.copytree(exported[1], tmp_path / "m")
    with (tmp_path / "m" / GRAPH).open("ab") as file:
        file.write(b"\0")
    with pytest.raises(ModelMismatchError, match=GRAPH):
        load_model(tmp_path / "m")
