"""What the recipes of songs learn by: their numbers, their losses, and what is done to a batch on the way."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("lightning")

from torch import Tensor, nn  # noqa: E402
from torch import distributed as dist  # noqa: E402

from singalike import losses  # noqa: E402
from singalike.augment import PATCH_TRANSFORMS, build_chain  # noqa: E402
from singalike.errors import ConfigError  # noqa: E402
from singalike.features import set_level  # noqa: E402
from singalike.train.module import TrainingModule, _pace  # noqa: E402
from singalike.train.objectives import CONTRASTS, Contrast  # noqa: E402
from singalike.train.recipe import load_recipe, recipe_names  # noqa: E402
from singalike.train.run import _augmentations, train  # noqa: E402

TINY = ["encoder={name: tdnn, width: 16, aggregate: 16, dimension: 16}", "projection=8"]
SONGS = [name for name in recipe_names() if name.startswith(("cola", "mscol", "cvsm-", "desblancs-"))]
LABELS = [4, 7, 4, -1, 7, -1]
B, P = 6, 5


class _Step:
    """As much of a Step as contrasts look at."""

    def __init__(self, views: tuple[Tensor, Tensor], voice: Tensor, present: Tensor | None = None) -> None:
        self.views, self.voice, self.present = views, voice, present


def _views(seed: int = 0) -> tuple[Tensor, Tensor]:
    u, v = torch.tanh(torch.randn(2, B, P, generator=torch.Generator().manual_seed(seed)))
    return u, v


def _contrast(kind: str, **options: Any) -> Contrast:
    torch.manual_seed(3)
    return Contrast(kind, projected=P, **options)


def _loss(contrast: nn.Module, *given: Any) -> Tensor:
    return contrast(_Step(*given))


@pytest.mark.parametrize("labels", [LABELS, list(range(B)), [1] * B])
def test_existence_aware_is_cola_where_nothing_is_absent(labels: list[int]) -> None:
    voice, everything = torch.tensor(labels), torch.ones(B, dtype=torch.bool)
    cola, aware = _contrast("cola"), _contrast("existence-aware")
    for present in (everything, None):
        assert torch.equal(_loss(aware, _views(), voice, present), _loss(cola, _views(), voice))
    absent = everything.clone()
    absent[[2, 3]] = False
    assert not torch.equal(_loss(aware, _views(), voice, absent), _loss(aware, _views(), voice))


@pytest.mark.parametrize("kind", sorted(CONTRASTS))
def test_negatives_of_ones_own_artist_are_masked_by_default_and_unknown_ones_never(kind: str) -> None:
    voice, nobody = torch.tensor(LABELS), torch.full((B,), -1)
    masked, unmasked = _contrast(kind), _contrast(kind, mask_same_artist=False)
    everyone = _loss(unmasked, _views(), voice)
    assert float(_loss(masked, _views(), voice).detach()) < float(everyone.detach())  # fewer terms below the line
    assert torch.equal(_loss(masked, _views(), nobody), everyone)
    assert torch.equal(_loss(masked, _views(), torch.arange(B)), everyone)


def test_contrasts_are_the_losses_of_their_similarity() -> None:
    (u, v), voice = _views(), torch.tensor(LABELS)
    present = torch.tensor([True, False, True, True, False, True])
    W = _contrast("cola").similarity.weight  # pyright: ignore
    mates = losses.same_label(voice)
    expected = {
        "cola": losses.cola(u @ W @ v.T, same_artist=mates),
        "existence-aware": losses.existence_aware(u @ W @ v.T, present, same_artist=mates),
        "nt-xent-symmetric": losses.nt_xent_symmetric(u, v, temperature=0.3, same_artist=mates),
    }
    for kind, value in expected.items():
        torch.testing.assert_close(_loss(_contrast(kind, temperature=0.3), (u, v), voice, present), value)


def _module(name: str, *changes: str, patches: bool = False) -> TrainingModule:
    recipe = load_recipe(name, [*TINY, *changes])
    chain = build_chain([(part.name, part.options) for part in recipe.augment_images], PATCH_TRANSFORMS)
    augment = _augmentations(recipe, None)
    module = TrainingModule(recipe, augment=augment, voices=4, augment_images=chain if patches else None)
    module.log = lambda *_, **__: None  # pyright: ignore[reportAttributeAccessIssue]
    return module


def _batch(pairs: int = 4, *, absent: tuple[int, ...] = (), alike: bool = False) -> dict[str, Tensor]:
    waveforms = 0.1 * torch.randn(2, pairs, 16_000, generator=torch.Generator().manual_seed(0))
    present = torch.ones(pairs, dtype=torch.bool)
    for row in absent:
        present[row], waveforms[1, row] = False, 0.0
    if alike:
        waveforms[1] = waveforms[0]
    return {"waveforms": waveforms, "voice": torch.arange(pairs), "present": present, "draw": torch.tensor(3)}


def _seen(module: TrainingModule, batch: dict[str, Tensor], *, training: bool) -> Tensor:
    """Return the images (2B, 1, M, F) that the encoder is given."""
    images: list[Tensor] = []
    encode = module.network.encode
    module.network.encode = lambda x: images.append(x.detach().clone()) or encode(x)  # pyright: ignore
    module.train(training)
    (module.training_step if training else module.validation_step)(batch, 0)
    (seen,) = images
    return seen


@pytest.mark.parametrize("training", [True, False])
def test_an_absent_source_is_an_all_zero_log_mel(training: bool) -> None:
    masks = "augment_images=[{name: time-masks, probability: 1.0}, {name: shift-down, probability: 1.0}]"
    noise = "augment=[{name: noise, probability: 1.0}]"
    seen = _seen(_module("mscol", masks, noise, patches=True), _batch(absent=(1, 3)), training=training)
    assert seen.shape == (8, 1, 64, 98)
    anchors, positives = seen.chunk(2)
    assert not positives[[1, 3]].any()
    assert (anchors != 0).any((1, 2, 3)).all()
    assert (positives[[0, 2]] != 0).any((1, 2, 3)).all()


def test_colas_noise_is_on_the_positive_alone() -> None:
    module, batch = _module("cola"), _batch(alike=True)
    anchors, positives = module._augmented(batch["waveforms"], torch.Generator().manual_seed(0)).chunk(2)
    torch.testing.assert_close(anchors, batch["waveforms"][0])
    added = (positives - batch["waveforms"][1]).norm(dim=-1)
    torch.testing.assert_close(added, torch.full((4,), math.sqrt(16_000) * 0.001), rtol=0.03, atol=0)
    for name in SONGS:
        assert [part.name for part in load_recipe(name).augment] == (["noise"] if name == "cola" else [])


def test_a_crop_keeps_its_share_of_its_segments_norm_and_a_window_gets_what_crops_have_on_average() -> None:
    batch = _batch()
    batch["waveforms"] *= torch.tensor([0.1, 0.2, 0.3, 0.4])[:, None]
    module = _module("cola-artist")
    given = batch["waveforms"].flatten(0, 1)
    for training in (True, False):
        seen = _seen(module, batch, training=training)
        torch.testing.assert_close(seen, module.network.images(given))
    window = torch.randn(3, 16_000, generator=torch.Generator().manual_seed(0))
    norms = module.network.level(window).norm(dim=-1)
    torch.testing.assert_close(norms, torch.full((3,), math.sqrt(1 / 5)))


def test_crops_can_be_brought_to_norm_one_each() -> None:
    batch, module = _batch(), _module("cola-artist", "songs.level=crop")
    seen = _seen(module, batch, training=True)
    level = set_level(batch["waveforms"].flatten(0, 1), "l2")
    torch.testing.assert_close(seen, module.network.images(level))
    torch.testing.assert_close(module.network.level(batch["waveforms"][0]), level[:4])


def test_crops_keep_no_share_where_the_front_end_sets_another_level() -> None:
    with pytest.raises(ConfigError, match="voice16k"):
        _module("cola", "features=voice16k")


def test_cola_mask_changes_the_patches_of_both_views_each_on_its_own() -> None:
    batch = _batch(pairs=16, alike=True)
    clean = _seen(_module("cola-mask"), batch, training=True)
    seen = _seen(_module("cola-mask", patches=True), batch, training=True)
    first, second = (seen != clean).any(3).any(2).any(1).chunk(2)
    assert 0.6 < first.float().mean() <= 1.0  # 1 − .5·.5·.6·.6 = 91 % in the mean
    assert 0.6 < second.float().mean() <= 1.0
    assert not torch.equal(*seen.chunk(2))
    kept = _seen(_module("cola-mask", patches=True), batch, training=False)
    torch.testing.assert_close(kept, clean)  # validation sees them as they are


def test_patches_repeat_themselves_with_the_batch() -> None:
    batch = _batch()
    one, again = (_seen(_module("cola-mask", patches=True), batch, training=True) for _ in range(2))
    assert torch.equal(one, again)
    other = _seen(_module("cola-mask", patches=True), {**batch, "draw": torch.tensor(4)}, training=True)
    assert not torch.equal(one, other)


def test_the_papers_numbers() -> None:
    for name in SONGS:
        r = load_recipe(name)
        assert (r.features, r.batch_size, r.optimizer.weight_decay) == ("cola16k", 128, 0.0)
        assert (r.crop_seconds, r.optimizer.lr) == ((6.0, 1e-4) if name.startswith("desblancs") else (1.0, 1e-3))
        updates = (r.steps_per_epoch or 0) * r.max_epochs
        assert updates == (640_000 if name.startswith("mscol") else 256_000)
        halved = name.startswith("mscol") or name == "cvsm-two-stage"
        assert r.optimizer.schedule == ("halved" if halved else "constant")
        assert (r.monitor, r.patience) == ("loss", None)
        assert r.songs is not None
        seconds = {"mscol": 3.92, "desbl": 12.0}.get(name[:5], 5.0)
        assert (r.songs.segment_seconds, r.songs.law) == (seconds, "square")
        assert r.songs.bleed_db == (-6.0 if name == "mscol-degraded" else None)
        (loss,) = r.losses
        expected = "existence-aware" if name.startswith("mscol") else "cola"
        assert loss.name == ("nt-xent-symmetric" if name.startswith("desblancs") else expected)
        assert loss.options == ({"temperature": 0.2} if name.startswith("desblancs") else {})


@pytest.mark.parametrize("total", [10, 11, 640_000])
def test_halved_is_once_and_half_way(total: int) -> None:
    around = (0, 1, total // 2 - 1, (total + 1) // 2, total - 1)
    assert [_pace(step, total, 0, "halved") for step in around] == [1.0, 1.0, 1.0, 0.5, 0.5]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("head=projection", "loss 'cola' needs head: bilinear"),
        ("projection=0", "loss 'cola' needs head: bilinear and a projection"),
        ("losses=[{name: nt-xent-symmetric}]", "needs head: projection"),
        ("losses=[{name: cola, mask_same_artists: false}]", "no option mask_same_artists.*mask_same_artist"),
    ],
)
def test_a_loss_without_its_head_says_what_is_wrong(change: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        _module("cola", change)


def test_the_mask_is_an_option_of_the_recipe() -> None:
    for change, masked in (("losses=[{name: cola}]", True), ("losses=[{name: cola, mask_same_artist: false}]", False)):
        assert _module("cola", change).objectives["cola"].mask_same_artist is masked


# Two processes with half a batch each, against one with all of it: labels and absences are gathered too.


class _Network(nn.Module):
    """A head under a contrast, so that the gradients of both are compared."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.contrast = _contrast(kind)
        self.head = nn.Linear(P, P)

    def forward(self, views: Tensor, voice: Tensor, present: Tensor) -> Tensor:
        u, v = torch.tanh(self.head(views))
        return _loss(self.contrast, (u, v), voice, present)


def _whole_batch() -> tuple[Tensor, Tensor, Tensor]:
    return torch.stack(_views(1)), torch.tensor(LABELS), torch.tensor([True, True, False, True, False, True])


def _a_process(rank: int, folder: str) -> None:
    dist.init_process_group("gloo", init_method=f"file://{folder}/meet", rank=rank, world_size=2)
    found = {}
    for kind in CONTRASTS:
        network = nn.parallel.DistributedDataParallel(_Network(kind))
        views, voice, present = _whole_batch()
        value = network(views.chunk(2, 1)[rank], voice.chunk(2)[rank], present.chunk(2)[rank])
        value.backward()
        found[kind] = value.detach(), [p.grad for p in network.parameters()]
    torch.save(found, Path(folder) / f"{rank}.pt")
    dist.barrier()
    os._exit(0)  # taking gloo down may hang: its thread waits for the interpreter lock of whoever waits for the thread


@pytest.mark.slow
def test_two_processes_give_the_loss_and_gradients_of_one(tmp_path: Path) -> None:
    torch.multiprocessing.spawn(_a_process, args=(str(tmp_path),), nprocs=2)
    for rank in range(2):
        for kind, (value, gradients) in torch.load(tmp_path / f"{rank}.pt").items():
            network = _Network(kind)
            expected = network(*_whole_batch())
            expected.backward()
            torch.testing.assert_close(value, expected.detach(), msg=lambda m, kind=kind: f"{kind}: {m}")
            for ours, parameter in zip(gradients, network.parameters(), strict=True):
                torch.testing.assert_close(ours, parameter.grad, atol=1e-6, rtol=1e-4)


@pytest.mark.slow
def test_an_interrupted_run_of_two_stages_repeats_the_whole_one(
    choir_songs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Interrupted in the first stage, it goes on into the second, at half the rate."""
    changes = [*TINY, "batch_size=3", "steps_per_epoch=2", "max_epochs=4", "data.validation_share=0.34",
               "songs.segment_seconds=1.5"]  # fmt: skip
    train("cvsm-two-stage", data=choir_songs, out=tmp_path / "whole", overrides=changes)

    def fails_in_the_second_epoch(module: TrainingModule) -> None:
        if module.current_epoch == 1:
            raise RuntimeError("interrupted")

    with monkeypatch.context() as patch:
        patch.setattr(TrainingModule, "on_train_epoch_start", fails_in_the_second_epoch)
        with pytest.raises(RuntimeError, match="interrupted"):
            train("cvsm-two-stage", data=choir_songs, out=tmp_path / "cut", overrides=changes)
    train("cvsm-two-stage", data=choir_songs, out=tmp_path / "cut", overrides=changes, resume=True)
    whole, cut = (torch.load(tmp_path / name / "checkpoints" / "last.ckpt") for name in ("whole", "cut"))
    for state in (whole, cut):
        assert state["optimizer_states"][0]["param_groups"][0]["lr"] == pytest.approx(5e-4)
        assert state["global_step"] == 8
    for key, value in whole["state_dict"].items():
        torch.testing.assert_close(cut["state_dict"][key], value, atol=1e-6, rtol=1e-5)
    logs = [(tmp_path / name / "log.txt").read_text().splitlines() for name in ("whole", "cut")]
    assert logs[1][-1] == logs[0][-1]
