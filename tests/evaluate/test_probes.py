from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from singalike.errors import ConfigError, NotFiniteError
from singalike.evaluate import probes
from singalike.evaluate.folds import deal_files
from singalike.evaluate.linear_probe import Probe, Training, train_probe

BRIEF = Training(learning_rate=0.02, max_epochs=30)
GOLDEN = json.loads((Path(__file__).parent / "golden" / "probes.json").read_text())


def voices_around(*, spread: float, singers: int = 6, files: int = 10, clips: int = 4, dimension: int = 16):
    """Vectors around one centre a singer; files and voices."""
    chance = np.random.default_rng(0)
    names = [f"v{v}/{n}.wav" for v in range(singers) for n in range(files) for _ in range(clips)]
    centres = np.repeat(chance.normal(size=(singers, dimension)), files * clips, axis=0)
    vectors = centres + spread * chance.normal(size=centres.shape)
    return vectors.astype(np.float32), names, [name.partition("/")[0] for name in names]


def test_overlapping_voices_are_told_apart_as_well_as_by_an_outside_classifier():
    linear_model = pytest.importorskip("sklearn.linear_model")
    vectors, files, voices = voices_around(spread=1.5)
    result = probes.evaluate(vectors, files, voices, seed=0, replicates=100, training=BRIEF)
    singer, theirs = np.array(voices), []
    for trains, chooses, tests in deal_files(files, voices, folds=5, seed=0):
        oracle = linear_model.LogisticRegression(C=1.0, max_iter=1000)
        seen = np.concatenate((trains, chooses))
        theirs.append(oracle.fit(vectors[seen], singer[seen]).score(vectors[tests], singer[tests]))
    assert 0.6 < np.mean(theirs) < 0.95
    assert result["accuracy"] == pytest.approx(np.mean(theirs), abs=0.05)
    assert result["accuracy"] == pytest.approx(np.mean(result["folds"]))
    assert result["accuracy_low"] < result["accuracy"] < result["accuracy_high"]
    counts = {name: result[name] for name in ("clips", "files", "singers", "left_out")}
    assert counts == {"clips": 240, "files": 60, "singers": 6, "left_out": 0}
    assert result["chance"] == pytest.approx(1 / 6)
    json.dumps(result)


def test_shuffled_names_are_at_chance():
    vectors, files, _ = voices_around(spread=1.0)
    owners = sorted(set(files))
    shuffled = dict(
        zip(owners, np.random.default_rng(1).permutation([o.partition("/")[0] for o in owners]), strict=True)
    )
    result = probes.evaluate(vectors, files, [shuffled[file] for file in files], seed=0, replicates=10, training=BRIEF)
    assert result["accuracy"] < 0.35  # chance 1/6


def test_a_probe_never_sees_the_files_it_is_tested_on():
    # Every file has a direction of its own, which says nothing of the singer's other files.
    chance = np.random.default_rng(0)
    names = np.repeat([f"v{v}/{n}.wav" for v in range(4) for n in range(10)], 5)
    vectors = np.repeat(chance.normal(size=(40, 40)), 5, axis=0) * 3 + 0.1 * chance.normal(size=(200, 40))
    result = probes.evaluate(vectors, names, [name[:2] for name in names], seed=0, replicates=10, training=BRIEF)
    assert result["accuracy"] < 0.45


def test_of_several_layers_the_telling_one_gets_the_weight():
    vectors, files, voices = voices_around(spread=0.5)
    noise = np.random.default_rng(3).normal(size=vectors.shape).astype(np.float32)
    layers = np.stack((3 * noise, vectors, noise), axis=1)
    singer = torch.from_numpy(np.unique(voices, return_inverse=True)[1])
    trains, chooses, _ = next(iter(deal_files(files, voices, folds=5, seed=0)))
    training = Training(learning_rate=0.05, max_epochs=40)
    probe = train_probe(torch.from_numpy(layers), singer, trains, chooses, seed=0, training=training)
    weights = probe.mix.softmax(dim=0)
    assert int(weights.argmax()) == 1
    result = probes.evaluate(layers, files, voices, seed=0, replicates=10, training=training)
    assert result["accuracy"] > 0.9


def test_plain_vectors_are_one_layer():
    vectors, files, voices = voices_around(spread=1.0)
    plain, one = (
        probes.evaluate(h, files, voices, seed=0, replicates=10, training=BRIEF) for h in (vectors, vectors[:, None])
    )
    assert plain == one


def test_the_forward_pass_is_a_linear_layer_on_the_weighted_sum():
    probe = Probe(3, 5, 4, torch.Generator().manual_seed(0))
    h = torch.randn(2, 3, 5, generator=torch.Generator().manual_seed(1))
    probe.mix.data = torch.tensor([0.0, 1.0, 2.0])
    share = np.exp([0.0, 1.0, 2.0]) / np.exp([0.0, 1.0, 2.0]).sum()
    summed = sum(share[layer] * h[:, layer].numpy() for layer in range(3))
    expected = summed @ probe.weight.detach().numpy().T + probe.bias.detach().numpy()
    np.testing.assert_allclose(probe(h).detach().numpy(), expected, rtol=1e-5, atol=1e-6)


def test_the_best_epoch_is_kept_not_the_last():
    # The validation part's names are turned round: training only ever makes it worse.
    vectors, files, voices = voices_around(spread=0.3, singers=2)
    h, singer = torch.from_numpy(vectors[:, None]), torch.tensor([voice == "v1" for voice in voices]).long()
    trains, chooses, _ = next(iter(deal_files(files, voices, folds=5, seed=0)))
    singer[chooses] = 1 - singer[chooses]

    def validation_loss(max_epochs: int, patience: int) -> float:
        training = Training(learning_rate=0.05, max_epochs=max_epochs, patience=patience)
        probe = train_probe(h, singer, trains, chooses, seed=0, training=training)
        with torch.no_grad():
            return float(torch.nn.functional.cross_entropy(probe(h[chooses]), singer[chooses]))

    first = validation_loss(1, 20)
    assert validation_loss(100, 100) == first
    assert validation_loss(100, 5) == first


def test_standardising_makes_the_scale_nothing():
    vectors, files, voices = voices_around(spread=1.0)
    scaled = vectors * np.logspace(-3, 3, 16, dtype=np.float32) + 5
    training = replace(BRIEF, standardise=True)
    plain, other = (
        probes.evaluate(h, files, voices, seed=0, replicates=10, training=training) for h in (vectors, scaled)
    )
    assert other["accuracy"] == pytest.approx(plain["accuracy"], abs=0.01)
    constant = np.concatenate((vectors, np.ones_like(vectors[:, :1])), axis=1)
    assert probes.evaluate(constant, files, voices, seed=0, replicates=10, training=training)["accuracy"] > 0.8


def test_same_seed_same_figures_whatever_was_drawn_before():
    vectors, files, voices = voices_around(spread=1.5)
    first = probes.evaluate(vectors, files, voices, seed=0, replicates=10, training=BRIEF)
    torch.manual_seed(99)
    before = torch.get_rng_state()
    assert probes.evaluate(vectors, files, voices, seed=0, replicates=10, training=BRIEF) == first
    assert torch.equal(torch.get_rng_state(), before)
    assert probes.evaluate(vectors, files, voices, seed=1, replicates=10, training=BRIEF)["folds"] != first["folds"]


def test_singers_left_out_are_counted_and_progress_is_told():
    vectors, files, voices = voices_around(spread=1.0)
    kept = [number for number, file in enumerate(files) if not file.startswith("v0/") or file == "v0/0.wav"]
    told: list[tuple[int, int]] = []
    data = vectors[kept], [files[n] for n in kept], [voices[n] for n in kept]
    with pytest.raises(ConfigError, match="4 files of each singer: v0 has 1"):
        probes.evaluate(*data, folds=4, seed=0)
    result = probes.evaluate(
        *data,
        folds=4,
        seed=0,
        min_files=4,
        replicates=10,
        training=BRIEF,
        progress=lambda done, of: told.append((done, of)),
    )
    assert (result["singers"], result["left_out"], result["clips"], result["files"]) == (5, 1, 200, 50)
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_bad_input_is_refused():
    vectors, files, voices = voices_around(spread=1.0)
    with pytest.raises(ConfigError, match="must be"):
        probes.evaluate(vectors[0], files, voices, seed=0)
    with pytest.raises(ConfigError, match="239 voices"):
        probes.evaluate(vectors, files, voices[:-1], seed=0)
    vectors[7, 3] = np.nan
    with pytest.raises(NotFiniteError, match=r"v0/1.wav: 1 vectors are not finite, first number 7"):
        probes.evaluate(vectors, files, voices, seed=0)


def test_golden_figures():
    inputs = (GOLDEN[name] for name in ("vectors", "files", "voices"))
    result = probes.evaluate(*inputs, **GOLDEN["options"], training=Training(**GOLDEN["training"]))
    assert {name: pytest.approx(value, abs=1e-9) for name, value in GOLDEN["expected"].items()} == result
