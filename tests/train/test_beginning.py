"""The loss ``beginning``: what the network said in the beginning of each crop as it was."""

from __future__ import annotations

from typing import Any

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("lightning")

from singalike.augment import build_chain  # noqa: E402
from singalike.errors import ConfigError  # noqa: E402
from singalike.train.module import TrainingModule  # noqa: E402
from singalike.train.objectives import Beginning  # noqa: E402
from singalike.train.recipe import load_recipe  # noqa: E402

RATE_HZ = 16_000
TINY = [
    "encoder={name: tdnn, width: 16, aggregate: 16, dimension: 16}", "features=voice16k", "projection=0",
    "losses=[{name: beginning}]", "monitor=eer",
]  # fmt: skip
NOISE = [("noise", {"probability": 1.0, "low": 0.05, "high": 0.1})]


def _module(*overrides: str, augment: list[tuple[str, dict[str, Any]]] | None = None) -> TrainingModule:
    torch.manual_seed(0)
    chain = build_chain(augment or [])
    module = TrainingModule(load_recipe("torres-cont", [*TINY, *overrides]), augment=(chain, chain), voices=4)
    module.log = lambda *_, **__: None  # pyright: ignore
    # In training mode its encoder normalises by the batch, its copy never does: alike only in evaluation mode.
    module.network.eval()
    return module


def _batch(seconds: float = 1.0) -> dict[str, torch.Tensor]:
    waveforms = 0.1 * torch.randn(2, 4, round(seconds * RATE_HZ), generator=torch.Generator().manual_seed(0))
    return {"waveforms": waveforms, "voice": torch.arange(4), "draw": torch.tensor(3)}


def test_without_a_loss_on_unseen_voices_another_figure_is_to_be_watched() -> None:
    with pytest.raises(ConfigError, match="beginning cannot be computed on unseen voices"):
        _module("monitor=loss")


def test_nothing_is_to_change_for_a_crop_as_it_is() -> None:
    module = _module()
    loss = module.training_step(_batch(), 0)
    assert float(loss.detach()) == pytest.approx(0.0, abs=1e-6)
    loss.backward()
    assert all(p.grad.abs().max() < 1e-4 for p in module.network.parameters() if p.grad is not None)


def test_a_changed_crop_is_to_sound_as_it_was() -> None:
    module = _module(augment=NOISE)
    loss = module.training_step(_batch(), 0)
    generator = torch.Generator().manual_seed(3)
    waveforms = _batch()["waveforms"]
    with torch.no_grad():
        clean = module.network(module.network.level_crops(waveforms).flatten(0, 1))
        noisy = module.network(module._augmented(waveforms, generator))
        expected = 1 - torch.nn.functional.cosine_similarity(noisy, clean).mean()
    assert float(expected) > 1e-4
    assert float(loss.detach()) == pytest.approx(float(expected), rel=1e-4)


def test_with_contrast_a_changed_crop_is_also_to_be_told_from_other_voices() -> None:
    def loss(contrast: float, temperature: float = 0.1) -> tuple[TrainingModule, float]:
        asked = f"losses=[{{name: beginning, contrast: {contrast}, temperature: {temperature}}}]"
        module = _module(asked, augment=NOISE)
        return module, float(module.training_step({**_batch(), "voice": torch.tensor([0, 1, 1, -1])}, 0).detach())

    module, plain = loss(0.0)
    with torch.no_grad():
        clean = module.network(module.network.level_crops(_batch()["waveforms"]).flatten(0, 1))
        heard = module.network(module._augmented(_batch()["waveforms"], torch.Generator().manual_seed(3)))
        clean, heard = (torch.nn.functional.normalize(vectors, dim=-1) for vectors in (clean, heard))
    voice = [0, 1, 1, -1] * 2
    told_apart = 0.0
    for i in range(8):
        others = [j for j in range(8) if j == i or voice[j] != voice[i] or voice[i] < 0]
        logits = (clean[others] @ heard[i]) / 0.2
        told_apart += float(logits.logsumexp(0) - clean[i] @ heard[i] / 0.2) / 8
    assert told_apart > 0.1
    assert loss(0.5, 0.2)[1] == pytest.approx(plain + 0.5 * told_apart, rel=1e-3)


def test_a_speed_makes_another_voice_so_no_loss_may_know_its_name() -> None:
    _module("max_speed=1.2")
    with pytest.raises(ConfigError, match="only the loss beginning"):
        _module("max_speed=1.2", "losses=[{name: beginning}, {name: am-softmax}]")
    with pytest.raises(ConfigError, match="max_speed"):
        _module("max_speed=0.9")


def test_nuisances_that_nothing_finds_are_refused() -> None:
    with pytest.raises(ConfigError, match="found by recentre alone"):
        load_recipe("default", ["recentre=null"])


def test_what_was_said_in_the_beginning_stays() -> None:
    module = _module(augment=NOISE)
    objective = module.objectives["beginning"]
    assert isinstance(objective, Beginning)
    before = {name: value.clone() for name, value in objective.encoder.state_dict().items()}
    optimizer = torch.optim.SGD([p for p in module.parameters() if p.requires_grad], lr=1.0)
    module.train()
    assert module.network.encoder.training
    assert not objective.encoder.training
    for _ in range(2):
        optimizer.zero_grad()
        module.training_step(_batch(), 0).backward()
        optimizer.step()
    after = objective.encoder.state_dict()
    assert all(torch.equal(before[name], after[name]) for name in before)
    moved = module.network.encoder.state_dict()
    assert any(not torch.equal(before[name], moved[name]) for name in before)
    other = _module()
    other.network.encoder.requires_grad_(False).apply(lambda m: [p.zero_() for p in m.parameters(recurse=False)])
    other.objectives["beginning"].begin(other.network)  # pyright: ignore
    other.load_state_dict(module.state_dict())  # as a run that is resumed
    said = other.objectives["beginning"].encoder.state_dict()  # pyright: ignore
    assert all(torch.equal(before[name], said[name]) for name in before)
    objective.begin(module.network)
    assert all(torch.equal(value, moved[name]) for name, value in objective.encoder.state_dict().items())


def test_a_stretch_of_each_crop_is_heard_and_compared_with_the_whole() -> None:
    module = _module("heard_seconds=0.5")
    batch = _batch()
    heard = module._heard(batch["waveforms"], torch.Generator().manual_seed(3))
    again = module._heard(batch["waveforms"], torch.Generator().manual_seed(3))
    assert heard.shape == (2, 4, RATE_HZ // 2)
    assert torch.equal(heard, again)
    places = set()
    for stretch, crop in zip(heard.flatten(0, 1), batch["waveforms"].flatten(0, 1), strict=True):
        start = int((crop.unfold(0, RATE_HZ // 2, 1) == stretch).all(1).nonzero()[0, 0])
        places.add(start)
    assert len(places) > 4
    with torch.no_grad():
        clean = module.network(module.network.level_crops(batch["waveforms"]).flatten(0, 1))
        part = module.network(module.network.level_crops(heard).flatten(0, 1))
        expected = 1 - torch.nn.functional.cosine_similarity(part, clean).mean()
    assert float(module.training_step(batch, 0).detach()) == pytest.approx(float(expected), rel=1e-4)


@pytest.mark.parametrize(
    ("recipe", "override"), [("torres-cont", "0"), ("torres-cont", "-1"), ("torres-cont", "4.5"), ("cola", "0.5")]
)
def test_no_less_than_something_no_more_than_there_is_and_nothing_of_songs(recipe: str, override: str) -> None:
    with pytest.raises(ConfigError, match="heard_seconds"):
        load_recipe(recipe, [f"heard_seconds={override}"])


@pytest.mark.parametrize("seconds", ["null", "1.0", "4.0"])
def test_a_whole_crop_is_heard_as_it_is(seconds: str) -> None:
    waveforms = _batch()["waveforms"]
    heard = _module(f"heard_seconds={seconds}")._heard(waveforms, torch.Generator().manual_seed(0))
    assert torch.equal(heard, waveforms)
