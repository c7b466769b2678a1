from __future__ import annotations

import copy

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("lightning")

from singalike.augment import build_chain  # noqa: E402
from singalike.errors import ConfigError  # noqa: E402
from singalike.train.module import TrainingModule  # noqa: E402
from singalike.train.recipe import load_recipe  # noqa: E402

PLAIN = build_chain([]), build_chain([])


def _module(trained: str) -> TrainingModule:
    changes = ["encoder={name: cam-tdnn}", "recentre=null", f"trained={trained}", "losses=[{name: beginning}]"]
    return TrainingModule(load_recipe("default", changes), augment=PLAIN, voices=2)


def test_a_step_moves_what_is_trained_and_nothing_else() -> None:
    torch.manual_seed(0)
    module = _module("[head.*, xvector.block1.tdnnd1.*]")
    encoder = module.network.encoder
    before = copy.deepcopy(encoder.state_dict())
    optimizer = torch.optim.SGD([p for p in module.parameters() if p.requires_grad], lr=1.0)
    encoder(torch.randn(4, 1, 80, 60)).square().sum().backward()
    optimizer.step()
    moved = {name for name, value in encoder.named_parameters() if not torch.equal(value, before[name])}
    assert all(name.startswith(("head.", "xvector.block1.tdnnd1.")) for name in moved)
    assert {"head.conv1.weight", "xvector.block1.tdnnd1.linear1.weight"} <= moved


def test_all_are_trained_unless_some_are_named() -> None:
    assert all(parameter.requires_grad for parameter in _module("[]").network.encoder.parameters())


def test_a_pattern_that_matches_nothing_is_named() -> None:
    with pytest.raises(ConfigError, match=r"called 'tail\.\*'"):
        _module("[tail.*]")
