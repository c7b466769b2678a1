from __future__ import annotations

import copy
import math

import pytest

torch = pytest.importorskip("torch")
from torch import nn  # noqa: E402

from singalike.train.target import Target  # noqa: E402


def test_the_decay_rises_on_a_cosine() -> None:
    target = Target(nn.Linear(2, 2), nn.Linear(2, 2), base=0.99)
    assert target.decay(0, 100) == pytest.approx(0.99)
    assert target.decay(50, 100) == pytest.approx(1 - 0.01 * 0.5)
    assert target.decay(25, 100) == pytest.approx(1 - 0.01 * (math.cos(math.pi / 4) + 1) / 2)
    assert target.decay(100, 100) == target.decay(150, 100) == 1.0


def test_it_follows_the_parameters_and_not_the_buffers() -> None:
    encoder, projection = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4)), nn.Linear(4, 2)
    target = Target(encoder, projection)
    before = copy.deepcopy(target.state_dict())
    with torch.no_grad():
        for parameter in (*encoder.parameters(), *projection.parameters()):
            parameter.add_(torch.randn_like(parameter))
    encoder[1].running_mean.fill_(7.0)
    target.follow(encoder, projection, 0.9)
    online = {f"encoder.{k}": v for k, v in encoder.state_dict().items()}
    online |= {f"projection.{k}": v for k, v in projection.state_dict().items()}
    followed = {name for name, _ in target.named_parameters()}
    for name, value in target.state_dict().items():
        expected = 0.9 * before[name] + 0.1 * online[name] if name in followed else before[name]
        torch.testing.assert_close(value, expected)


def test_it_begins_with_all_that_the_network_begins_with() -> None:
    encoder, projection = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4)), nn.Linear(4, 2)
    target = Target(nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4)), nn.Linear(4, 2))
    encoder[1].running_mean.fill_(7.0)
    target.begin(encoder, projection)
    for own, online in ((target.encoder, encoder), (target.projection, projection)):
        for name, value in online.state_dict().items():
            torch.testing.assert_close(own.state_dict()[name], value)


def test_no_gradient_reaches_it() -> None:
    encoder, projection = nn.Linear(3, 4), nn.Linear(4, 2)
    target = Target(encoder, projection)
    assert not target(torch.randn(5, 3)).requires_grad
    assert all(not p.requires_grad for p in target.parameters())
    assert all(p.requires_grad for p in (*encoder.parameters(), *projection.parameters()))
