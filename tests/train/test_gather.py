"""Two processes with half a batch each, against one process with all of it."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace

import pytest

torch = pytest.importorskip("torch")
from torch import Tensor, nn  # noqa: E402
from torch import distributed as dist  # noqa: E402
from torch.nn.functional import normalize  # noqa: E402

from singalike import losses  # noqa: E402
from singalike.train.gather import gathered  # noqa: E402
from singalike.train.objectives import PAIRWISE, Beginning, Pairwise  # noqa: E402

WORLD, B, D, P = 2, 6, 5, 4


def _network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(D, 8), nn.Tanh(), nn.Linear(8, P))


def _views() -> Tensor:
    return torch.randn(2, B, D, generator=torch.Generator().manual_seed(1))


class _Projected:
    """As much of a Step as pairwise losses look at."""

    def __init__(self, network: nn.Module, views: Tensor) -> None:
        z1, z2 = normalize(network(views.flatten(0, 1)), dim=-1).chunk(2)
        self.views = z1, z2


def _heard(network: nn.Module, views: Tensor, voice: Tensor) -> SimpleNamespace:
    """As much of a Step as ``beginning`` looks at: the network heard something else than it said it of."""
    as_it_is = SimpleNamespace(level_crops=lambda crops: crops, images=lambda crops: crops)
    return SimpleNamespace(
        network=as_it_is, crops=views, voice=voice, sides=2, h=network(views.flatten(0, 1) + 0.5),
        encode=lambda encoder, images: encoder(images),
    )  # fmt: skip


def _beginning(network: nn.Module, rank: int = 0, of: int = 1) -> None:
    """The gradients of one share of the batch; two of its pairs are of one voice, in different shares."""
    objective = Beginning(SimpleNamespace(encoder=_network()), contrast=0.5)  # pyright: ignore[reportArgumentType]
    views, voice = _views().chunk(of, dim=1)[rank], torch.tensor([0, 1, 2, 3, 1, -1]).chunk(of)[rank]
    objective(_heard(network, views, voice)).backward()  # pyright: ignore[reportArgumentType]


def _one_process(name: str) -> tuple[Tensor, list[Tensor]]:
    network = _network()
    loss = Pairwise(PAIRWISE[name])(_Projected(network, _views()))  # pyright: ignore[reportArgumentType]
    loss.backward()
    return loss.detach(), [p.grad for p in network.parameters() if p.grad is not None]


def _a_process(rank: int, folder: str) -> None:
    dist.init_process_group("gloo", init_method=f"file://{folder}/meet", rank=rank, world_size=WORLD)
    found = {}
    for name, loss in PAIRWISE.items():
        network = nn.parallel.DistributedDataParallel(_network())
        own = _views().chunk(WORLD, dim=1)[rank]
        value = Pairwise(loss)(_Projected(network, own))  # pyright: ignore[reportArgumentType]
        value.backward()
        found[name] = value.detach(), [p.grad for p in network.parameters()]
    network = nn.parallel.DistributedDataParallel(_network())
    _beginning(network, rank, WORLD)
    found["beginning"] = None, [p.grad for p in network.parameters()]
    torch.save(found, Path(folder) / f"{rank}.pt")
    dist.barrier()
    os._exit(0)  # taking gloo down may hang: its thread waits for the interpreter lock of whoever waits for the thread


def test_two_processes_give_the_loss_and_gradients_of_one(tmp_path: Path) -> None:
    torch.multiprocessing.spawn(_a_process, args=(str(tmp_path),), nprocs=WORLD)
    for rank in range(WORLD):
        found = torch.load(tmp_path / f"{rank}.pt")
        whole = _network()
        _beginning(whole)
        for ours, theirs in zip(found.pop("beginning")[1], whole.parameters(), strict=True):
            torch.testing.assert_close(ours, theirs.grad, atol=1e-6, rtol=1e-4)
        assert set(found) == set(PAIRWISE)
        for name, (value, gradients) in found.items():
            expected, expected_gradients = _one_process(name)
            torch.testing.assert_close(value, expected, msg=lambda m, name=name: f"{name}: {m}")
            for ours, theirs in zip(gradients, expected_gradients, strict=True):
                torch.testing.assert_close(ours, theirs, atol=1e-6, rtol=1e-4)


def test_half_a_batch_alone_would_give_another_loss() -> None:
    """Or the test above would pass without any gathering."""
    network = _network()
    halves = [
        losses.decoupled_nt_xent(*_Projected(network, half).views).detach() for half in _views().chunk(WORLD, dim=1)
    ]
    assert abs(float(sum(halves)) / WORLD - float(_one_process("nt-xent")[0])) > 0.1


def test_alone_nothing_is_gathered() -> None:
    x = torch.ones(2, 3)
    assert gathered(x) is x
