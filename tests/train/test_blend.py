from __future__ import annotations

from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("safetensors")

from singalike.errors import MissingWeightsError  # noqa: E402
from singalike.train.blend import blend_with_initial, keep_initial  # noqa: E402


def _network(seed: int) -> torch.nn.Module:
    torch.manual_seed(seed)
    network = torch.nn.Sequential(torch.nn.Conv1d(3, 4, 1), torch.nn.BatchNorm1d(4))
    network.train()(torch.randn(2, 3, 5))
    return network.eval()


@pytest.mark.parametrize("share", [0.0, 0.25, 1.0])
def test_every_weight_lies_on_the_line_between_both(share: float, tmp_path: Path) -> None:
    first, last = _network(0), _network(1)
    keep_initial(first, tmp_path)
    before = {name: value.clone() for name, value in last.state_dict().items()}
    blend_with_initial(last, tmp_path, share)
    for name, value in last.state_dict().items():
        expected = share * first.state_dict()[name] + (1 - share) * before[name]
        torch.testing.assert_close(value, expected.to(value.dtype))


def test_without_the_initial_weights_nothing_is_blended(tmp_path: Path) -> None:
    network = _network(0)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    with pytest.raises(MissingWeightsError, match=r"initial\.safetensors"):
        blend_with_initial(network, tmp_path, 0.5)
    assert all(torch.equal(before[name], value) for name, value in network.state_dict().items())
