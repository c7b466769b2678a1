"""The recipes of Kim et al. 2021: statistics, one encoder first, four sides to a batch, and repeats after a kill."""

from __future__ import annotations

import inspect
import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("lightning")

from torch import Tensor, nn  # noqa: E402
from torch import distributed as dist  # noqa: E402
from torch.nn.functional import normalize  # noqa: E402

from singalike import losses  # noqa: E402
from singalike.augment import build_chain  # noqa: E402
from singalike.corpus.segments import Segments, SongSamples, cut  # noqa: E402
from singalike.corpus.songs import Song  # noqa: E402
from singalike.errors import ConfigError, MissingWeightsError  # noqa: E402
from singalike.features import LogMel, preset  # noqa: E402
from singalike.train import run as running  # noqa: E402
from singalike.train.export import load_network  # noqa: E402
from singalike.train.initial import begin_with_run  # noqa: E402
from singalike.train.module import TrainingModule  # noqa: E402
from singalike.train.network import VoiceNetwork  # noqa: E402
from singalike.train.objectives import Classes, Triplets  # noqa: E402
from singalike.train.recipe import load_recipe  # noqa: E402
from singalike.train.run import train  # noqa: E402
from singalike.train.statistics import set_statistics  # noqa: E402

PLAIN = build_chain([]), build_chain([])
SMALL = [
    "batch_size=4", "steps_per_epoch=2", "max_epochs=2", "crop_seconds=1.0", "songs.segment_seconds=1.5",
    "encoder.width=8", "encoder.dimension=8", "data.validation_share=0.34", "seed=3",
]  # fmt: skip
FIRST = "first.changes={max_epochs: 2, steps_per_epoch: 2, batch_size: 4, optimizer.lr: 0.01}"
CROSS = [*SMALL, FIRST]


def _module(name: str, *changes: str, voices: int = 3) -> TrainingModule:
    module = TrainingModule(load_recipe(name, [*SMALL, *changes]), augment=PLAIN, voices=voices)
    module.log = lambda *_, **__: None  # pyright: ignore[reportAttributeAccessIssue]
    return module


@pytest.fixture(scope="module")
def first(choir_songs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of the classifier, as the other recipes would train it."""
    out = tmp_path_factory.mktemp("runs") / "classifier"
    changes = ["max_epochs=2", "steps_per_epoch=2", "batch_size=4", "optimizer.lr=0.01"]
    return train("kim-classifier", data=choir_songs, out=out, overrides=[*SMALL, *changes])


@pytest.fixture(scope="module")
def whole(choir_songs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of the cross-domain recipe that trains the classifier itself."""
    out = tmp_path_factory.mktemp("runs") / "cross"
    return train("kim-cross", data=choir_songs, out=out, overrides=CROSS)


# --- what the recipes say ---------------------------------------------------------------------------------------------


def test_the_three_recipes_differ_in_their_terms_alone() -> None:
    terms = {
        "kim-cross": (0.0, 0.0, 0.0), "kim-bidirectional": (1.0, 0.0, 0.0), "kim-structure-preserving": (1.0, 0.2, 0.2)
    }  # fmt: skip
    rest = []
    for name, expected in terms.items():
        recipe = load_recipe(name)
        (loss,) = recipe.losses
        assert tuple(loss.options[key] for key in ("reverse", "within_vocals", "within_mixes")) == expected
        rest.append(recipe.model_dump(exclude={"name", "description", "citation", "losses"}))
    assert rest[0] == rest[1] == rest[2]
    assert (rest[0]["batch_size"], rest[0]["first"]["recipe"]) == (32, "kim-classifier")


def test_the_first_is_trained_by_adam_and_triplets_by_nesterovs_momentum() -> None:
    classifier, cross = (_module(name).configure_optimizers() for name in ("kim-classifier", "kim-cross"))
    assert type(classifier) is torch.optim.Adam
    assert type(cross) is torch.optim.SGD
    group = cross.param_groups[0]
    assert (group["lr"], group["momentum"], group["nesterov"], group["weight_decay"]) == (1e-3, 0.9, True, 0.0)
    assert classifier.param_groups[0]["lr"] == 1e-3
    plain = _module("kim-cross", "optimizer.momentum=0").configure_optimizers()
    assert plain.param_groups[0]["momentum"] == 0


def test_nesterovs_step_by_hand() -> None:
    module = _module("kim-cross")
    optimizer = module.configure_optimizers()
    weight = module.network.encoder.vocal.last[0].weight
    expected, velocity = weight.detach().clone(), torch.zeros_like(weight)
    for gradient in (1.0, -2.0, 0.5):
        for p in module.parameters():
            p.grad = torch.full_like(p, gradient)
        optimizer.step()
        velocity = 0.9 * velocity + gradient
        expected -= 1e-3 * (gradient + 0.9 * velocity)
    torch.testing.assert_close(weight.detach(), expected)


@pytest.mark.parametrize(
    ("name", "changes", "said"),
    [
        ("kim-cross", ["pairs=same-artist"], "vocals and mixes"),
        ("kim-cross", ["pairs=same-artist", "losses=[{name: softmax}]"], "vocals and mixes"),
        ("kim-classifier", ["losses=[{name: structure-preserving}]", "pairs=triplets"], "one for mixes"),
        ("kim-cross", ["losses=[{name: structure-preserving, negatives: furthest}]"], "furthest"),
        ("kim-cross", ["losses=[{name: structure-preserving, lambda: 1}]"], "lambda"),
    ],
)
def test_parts_that_do_not_fit_are_refused(name: str, changes: list[str], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        _module(name, *changes)


# --- statistics -------------------------------------------------------------------------------------------------------


@pytest.fixture
def segments(tmp_path: Path) -> Segments:
    """Three songs of two singers; vocals pause in the second half of the last."""
    songs, length = [], 16_000
    for number, voice in enumerate(("ann", "ann", "bea")):
        rng = np.random.default_rng(number)
        vocals, band = 3000 * rng.standard_normal((2, 2 * length)) * np.array([[1.0], [2.0]])
        band = np.cumsum(band) / 40  # darker than the vocals
        if number == 2:
            vocals[length:] = 0
        stems = {"mixture": vocals + band, "vocals": vocals}
        paths = {name: tmp_path / f"{number}-{name}.npy" for name in stems}
        for name, samples in stems.items():
            np.save(paths[name], np.clip(samples, -32_768, 32_767).astype(np.int16))
        songs.append(SongSamples(Song(str(number), voice, paths), paths))
    return cut(songs, length=length)


def _plain_statistics(segments: Segments, source: str) -> tuple[float, float]:
    """Mean and deviation over all cells of all images, at once."""
    front_end = LogMel(preset("kim2021"))
    images = []
    for segment in range(len(segments)):
        samples = segments.read(segment, source).astype(np.float64)
        if np.abs(samples).mean() <= 0.01:
            continue
        samples *= 0.1 / np.sqrt((samples**2).mean())
        images.append(front_end(torch.from_numpy(samples.astype(np.float32))[None]).double().numpy())
    cells = np.concatenate(images)
    return float(cells.mean()), float(cells.std())


def test_each_encoder_has_the_statistics_of_what_it_hears(segments: Segments, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(inspect.unwrap(set_statistics).__globals__, "_AT_A_TIME", 2)
    network = VoiceNetwork(load_recipe("kim-cross", SMALL))
    set_statistics(network, segments, seed=0)
    expected = {"vocal": _plain_statistics(segments, "vocals"), "mix": _plain_statistics(segments, "mixture")}
    for name, (mean, std) in expected.items():
        tower = getattr(network.encoder, name)
        assert float(tower.mean) == pytest.approx(mean, rel=1e-5)
        assert float(tower.std) == pytest.approx(std, rel=1e-5)
    assert abs(expected["vocal"][0] - expected["mix"][0]) > 0.01
    alone = VoiceNetwork(load_recipe("kim-classifier", SMALL))
    set_statistics(alone, segments, seed=0)
    assert float(alone.encoder.mean) == pytest.approx(expected["vocal"][0], rel=1e-5)


def test_of_many_segments_a_sample_is_taken(segments: Segments, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []
    monkeypatch.setitem(inspect.unwrap(set_statistics).__globals__, "_SEGMENTS", 3)
    whole = Segments.read
    monkeypatch.setattr(
        Segments, "read", lambda self, segment, source: read.append(segment) or whole(self, segment, source)
    )
    set_statistics(VoiceNetwork(load_recipe("kim-classifier", SMALL)), segments, seed=0)
    assert len(set(read)) == len(read) == 3
    assert 5 not in read  # a pause


def test_other_encoders_have_none(segments: Segments) -> None:
    network = VoiceNetwork(load_recipe("cola", ["encoder={name: tdnn, width: 8, aggregate: 8, dimension: 8}"]))
    before = {key: value.clone() for key, value in network.state_dict().items()}
    set_statistics(network, segments, seed=0)
    assert all(torch.equal(value, before[key]) for key, value in network.state_dict().items())


# --- beginning with an earlier run ------------------------------------------------------------------------------------


def test_both_encoders_begin_with_its_weights_and_their_own_statistics(first: Path) -> None:
    module = _module("kim-cross", "weight_average=0.9")
    encoder = module.network.encoder
    encoder.vocal.set_statistics(0.1, 0.2)
    encoder.mix.set_statistics(0.3, 0.4)
    begin_with_run(module, first)
    weights = load_network(first)[1].encoder.state_dict()
    for tower, statistics in ((encoder.vocal, (0.1, 0.2)), (encoder.mix, (0.3, 0.4))):
        assert (float(tower.mean), float(tower.std)) == pytest.approx(statistics)
        for key in weights.keys() - {"mean", "std"}:
            assert torch.equal(tower.state_dict()[key], weights[key]), key
    assert module.average is not None
    averaged = module.average.module.state_dict()
    assert all(torch.equal(value, averaged[key]) for key, value in module.network.state_dict().items())
    with torch.no_grad():
        encoder.vocal.last[0].weight.add_(1.0)
    assert not torch.equal(encoder.vocal.last[0].weight, encoder.mix.last[0].weight)  # alike, not the same


def test_runs_that_do_not_fit_are_refused(first: Path, whole: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="another shape"):
        begin_with_run(_module("kim-cross", "encoder.width=12"), first)
    with pytest.raises(ConfigError, match="another kind"):
        begin_with_run(_module("kim-cross"), whole)
    with pytest.raises(MissingWeightsError, match="best"):
        begin_with_run(_module("kim-cross"), tmp_path)


def _log(run: Path) -> str:
    return (run / "log.txt").read_text()


def test_the_first_is_trained_inside_the_run_on_the_same_singers(whole: Path, first: Path) -> None:
    inner = whole / "first"
    recipe, network = load_network(inner)
    assert (recipe.name, recipe.seed, recipe.songs.segment_seconds) == ("kim-classifier", 3, 1.5)
    assert recipe.data == load_network(whole)[0].data
    assert (inner / "data.json").read_text() == (whole / "data.json").read_text()
    assert _log(inner) == _log(first)  # what was asked of it by hand gives the same
    vocal = load_network(whole)[1].encoder.vocal
    assert vocal.mean == network.encoder.mean  # the same singers, the same segments
    assert "val/loss" in _log(whole)
    assert "val/loss" not in _log(inner)  # singers it does not know


def test_a_first_run_that_is_there_is_taken(choir_songs: Path, whole: Path, tmp_path: Path) -> None:
    again = tmp_path / "again"
    train("kim-cross", data=choir_songs, out=again, overrides=[*CROSS, f"first.run={whole / 'first'}"])
    assert not (again / "first").exists()
    assert _log(again) == _log(whole)


def test_a_first_run_that_knows_other_singers_is_refused(choir_songs: Path, whole: Path, tmp_path: Path) -> None:
    other = [*CROSS, f"first.run={whole / 'first'}", "seed=4"]
    with pytest.raises(ConfigError, match="another seed"):
        train("kim-cross", data=choir_songs, out=tmp_path / "other", overrides=other)
    assert not (tmp_path / "other" / "recipe.yaml").exists()


class _KilledError(Exception):
    pass


@pytest.mark.parametrize("stage", ["first", "after it", "second"])
def test_a_resumed_run_repeats_the_uninterrupted(
    stage: str, choir_songs: Path, whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed = tmp_path / "killed"

    def kill(self: TrainingModule) -> None:
        if self.current_epoch == 1 and stage == ("first" if self.recipe.name == "kim-classifier" else "second"):
            raise _KilledError

    def kill_before_the_second(*_: Any) -> None:
        raise _KilledError

    with monkeypatch.context() as patch:
        patch.setattr(TrainingModule, "on_train_epoch_start", kill)
        if stage == "after it":
            patch.setattr(running, "begin_with_run", kill_before_the_second)
        with pytest.raises(_KilledError):
            train("kim-cross", data=choir_songs, out=killed, overrides=CROSS)
    assert (killed / "checkpoints" / "last.ckpt").exists() == (stage == "second")
    if stage == "second":
        shutil.rmtree(killed / "first")  # no longer needed
    train("kim-cross", data=choir_songs, out=killed, overrides=CROSS, resume=True)
    assert _log(killed) == _log(whole)
    ours, theirs = (load_network(run, "last")[1].state_dict() for run in (killed, whole))
    for key in ours:
        torch.testing.assert_close(ours[key], theirs[key])


def test_a_first_run_out_of_patience_is_not_trained_on(
    choir_songs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or an interruption between the two would change where the second begins."""
    changes = "first.changes={max_epochs: 9, patience: 1, steps_per_epoch: 1, batch_size: 4, optimizer.lr: 0.0}"

    def kill_before_the_second(*_: Any) -> None:
        raise _KilledError

    monkeypatch.setattr(running, "begin_with_run", kill_before_the_second)
    logs = []
    for resume in (False, True):
        with pytest.raises(_KilledError):
            train("kim-cross", data=choir_songs, out=tmp_path, overrides=[*SMALL, changes], resume=resume)
        logs.append(_log(tmp_path / "first"))
    assert len(logs[0].splitlines()) < 9
    assert logs[0] == logs[1]


def test_several_devices_need_a_first_run_that_is_there(choir_songs: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="kim-classifier has to be trained first") as caught:
        train("kim-cross", data=choir_songs, out=tmp_path / "run", overrides=CROSS, devices=2)
    assert "first.run=" in str(caught.value.hint)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("recipe", ["kim-cross", "kim-classifier"])
def test_songs_without_vocals_are_refused_before_anything_is_trained(
    recipe: str, choir_songs: Path, tmp_path: Path
) -> None:
    for path in choir_songs.glob("*/*/mixture.wav"):
        place = tmp_path / "data" / path.relative_to(choir_songs)
        place.parent.mkdir(parents=True)
        shutil.copy(path, place)
    with pytest.raises(ConfigError, match=r"0 segment\(s\) in which what is paired sounds"):
        train(recipe, data=tmp_path / "data", out=tmp_path / "run", overrides=SMALL)
    assert not (tmp_path / "run").exists()


# --- objectives -------------------------------------------------------------------------------------------------------


class _Step:
    """As much of a Step as these objectives look at."""

    def __init__(self, h: Tensor, voice: Tensor, *, seed: int = 0) -> None:
        self.h, self.voice = h, voice
        self.sides = len(h) // len(voice)
        self.generator = torch.Generator().manual_seed(seed)


def _h(batch: int = 6, dimension: int = 5) -> Tensor:
    return torch.randn(4 * batch, dimension, generator=torch.Generator().manual_seed(1))


def test_triplets_hand_the_four_sides_to_the_loss_in_their_order() -> None:
    h, voice = _h(), torch.tensor([0, 1, 0, 2, 1, 2])
    v, x, v_other, x_other = normalize(h, dim=-1).chunk(4)
    hardest = Triplets(negatives="hardest", margin=0.3, within_vocals=0.7, within_mixes=0.0)
    expected = losses.structure_preserving(
        v, x, v_other, x_other, voice, margin=0.3, reverse=1.0, within_vocals=0.7, within_mixes=0.0
    )
    torch.testing.assert_close(hardest(_Step(h, voice)), expected)
    scores = torch.rand(6, 6, generator=torch.Generator().manual_seed(8))
    chosen = losses.uniform_negatives(voice, scores, count=2)
    expected = losses.structure_preserving(v, x, v_other, x_other, voice, chosen)
    torch.testing.assert_close(Triplets(count=2)(_Step(h, voice, seed=8)), expected)


def test_the_classifier_learns_from_every_side() -> None:
    objective = Classes(voices=3, dimension=5)
    h, voice = _h(), torch.tensor([0, 1, 0, 2, 1, 2])
    logits = objective.linear(h)
    labels = [int(voice[row % 6]) for row in range(24)]
    expected = -torch.stack([logits[row].log_softmax(-1)[label] for row, label in enumerate(labels)]).mean()
    torch.testing.assert_close(objective(_Step(h, voice)), expected)
    assert not objective.on_unseen


def test_validation_compares_vocals_with_the_mix_of_another_track() -> None:
    module = _module("kim-cross").eval()
    batch = {
        "waveforms": torch.randn(4, 3, 22_050, generator=torch.Generator().manual_seed(0)),
        "voice": torch.tensor([0, 1, 2]), "present": torch.ones(3, dtype=torch.bool), "draw": torch.tensor(1),
    }  # fmt: skip
    with torch.no_grad():
        module.validation_step(batch, 0)
        network = module.network
        images = network.images(network.level(batch["waveforms"].flatten(0, 1)))
        (found,) = module._validation
        torch.testing.assert_close(found["h1"], network.encoder.vocal(images[:3]))
        torch.testing.assert_close(found["h2"], network.encoder.mix(images[9:]))


# --- two processes ----------------------------------------------------------------------------------------------------

WORLD, WIDTH = 2, 5
KINDS: dict[str, dict[str, Any]] = {
    "uniform": {"count": 100},
    "hardest": {"negatives": "hardest"},
}  # 100: all there are


def _linear() -> nn.Module:
    torch.manual_seed(0)
    return nn.Linear(WIDTH, 4)


def _share(rank: int, processes: int) -> tuple[Tensor, Tensor]:
    sides = _h(8, WIDTH).unflatten(0, (4, 8)).chunk(processes, 1)[rank]
    return sides.flatten(0, 1), torch.tensor([0, 1, 0, 2, 1, 2, 0, 3]).chunk(processes)[rank]


def _of_one(kind: str) -> tuple[Tensor, Tensor]:
    network = _linear()
    h, voice = _share(0, 1)
    loss = Triplets(**KINDS[kind])(_Step(network(h), voice))
    loss.backward()
    assert isinstance(network.weight.grad, Tensor)
    return loss.detach(), network.weight.grad


def _a_process(rank: int, folder: str) -> None:
    dist.init_process_group("gloo", init_method=f"file://{folder}/meet", rank=rank, world_size=WORLD)
    found = {}
    for kind, options in KINDS.items():
        network = nn.parallel.DistributedDataParallel(_linear())
        h, voice = _share(rank, WORLD)
        loss = Triplets(**options)(_Step(network(h), voice, seed=rank))
        loss.backward()
        found[kind] = loss.detach(), network.module.weight.grad
    torch.save(found, Path(folder) / f"{rank}.pt")
    dist.barrier()
    os._exit(0)  # see test_gather.py


@pytest.mark.slow
def test_two_processes_give_the_loss_and_gradients_of_one(tmp_path: Path) -> None:
    torch.multiprocessing.spawn(_a_process, args=(str(tmp_path),), nprocs=WORLD)
    for rank in range(WORLD):
        for kind, (value, gradient) in torch.load(tmp_path / f"{rank}.pt").items():
            expected, expected_gradient = _of_one(kind)
            torch.testing.assert_close(value, expected)
            torch.testing.assert_close(gradient, expected_gradient, atol=1e-6, rtol=1e-4)
