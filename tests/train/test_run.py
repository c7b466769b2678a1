"""Every recipe trains two steps on the virtual choir; a killed run, resumed, repeats the run that was not killed."""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytest.importorskip("lightning")

import soundfile
import torch

from singalike.errors import ConfigError, MissingWeightsError
from singalike.train.batches import RecordingBatches
from singalike.train.checkpoints import AtomicCheckpoints
from singalike.train.export import load_network
from singalike.train.prepare import prepare, quiet
from singalike.train.recipe import load_recipe
from singalike.train.registry import RegisteredRecipe, registered
from singalike.train.run import train

# Any recipe, made small enough for a test; what it is stays.
SMALL = ["batch_size=3", "steps_per_epoch=2", "max_epochs=1", "crop_seconds=1.0"]
FAST = [
    *SMALL, "encoder={name: tdnn, width: 16, aggregate: 16, dimension: 16}", "features=voice16k", "projection=8",
    "augment=[{name: gain, probability: 0.5}, {name: noise, probability: 0.5}]", "data.validation_share=0.34",
]  # fmt: skip
CHOIR_ONLY = [
    "data.reader=table",
    "data.commercial_only=false",
    "data.choir_singers=0",
    "data.speeds=[]",
    'data.teacher=""',
    "data.validation_share=0.34",
]


@pytest.mark.parametrize("recipe", registered(), ids=lambda recipe: recipe.name)
def test_every_recipe_trains_two_steps(
    recipe: RegisteredRecipe, choir_folder: Path, choir_songs: Path, tmp_path: Path
) -> None:
    data = choir_songs if load_recipe(recipe.name).songs else choir_folder
    run = train(recipe.name, data=data, out=tmp_path / "run", overrides=[*SMALL, *CHOIR_ONLY, *recipe.test_overrides])
    assert (run / "checkpoints" / "last.ckpt").is_file()
    log = (run / "log.txt").read_text()
    for figure in (
        "val/eer",
        "val/mean_normalised_rank",
        "val/alignment",
        "val/uniformity",
        "val/effective_rank",
        "val/std",
    ):
        assert figure in log
    assert list((run / "tensorboard").glob("events.*"))
    described = json.loads((run / "data.json").read_text())
    assert described["train"]["voices"] + described["validation"]["voices"] == 6
    assert described["sources"][0]["hours"] > 0
    load_network(run, "last")


def _losses(run: Path) -> list[str]:
    return [line.split("val_eer")[0] for line in (run / "log.txt").read_text().splitlines()]


@pytest.mark.parametrize(
    "losses",
    [[], ["losses=[{name: beginning}]", "projection=0", "heard_seconds=0.8", "monitor=eer"]],
    ids=["recipe", "beginning"],
)
def test_a_resumed_run_repeats_the_uninterrupted(losses: list[str], choir_folder: Path, tmp_path: Path) -> None:
    settings = [*FAST, "max_epochs=4", *losses]
    whole = train("torres-cont", data=choir_folder, out=tmp_path / "whole", overrides=settings)
    killed = tmp_path / "killed"
    program = (
        "import sys; from pathlib import Path; from singalike.train.run import train;"
        "train('torres-cont', data=Path(sys.argv[1]), out=Path(sys.argv[2]), overrides=sys.argv[3:])"
    )
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(
        [sys.executable, "-c", program, str(choir_folder), str(killed), *settings], env=environment
    )
    while process.poll() is None and not (killed / "checkpoints" / "last.ckpt").is_file():
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    (killed / "log.txt").unlink(missing_ok=True)  # an epoch after the last checkpoint may be in it; it comes again
    train("torres-cont", data=choir_folder, out=killed, overrides=settings, resume=True)
    resumed = _losses(killed)
    assert 0 < len(resumed) <= 4
    assert resumed == _losses(whole)[-len(resumed) :]
    ours, theirs = (load_network(run, "last")[1].state_dict() for run in (killed, whole))
    for key in ours:
        torch.testing.assert_close(ours[key], theirs[key], atol=1e-5, rtol=1e-4)


def test_the_last_checkpoint_is_the_last_epochs(choir_folder: Path, tmp_path: Path) -> None:
    """Even where validation never improves; and a complete run, resumed, is left as it is."""
    settings = [*FAST, "max_epochs=3", "optimizer.lr=0.0", "monitor=eer"]
    run = train("torres-cont", data=choir_folder, out=tmp_path, overrides=settings)
    epochs = {name: torch.load(run / "checkpoints" / f"{name}.ckpt")["epoch"] for name in ("best", "last")}
    assert epochs == {"best": 0, "last": 2}
    before = (run / "log.txt").read_text(), (run / "checkpoints" / "last.ckpt").read_bytes()
    train("torres-cont", data=choir_folder, out=tmp_path, overrides=settings, resume=True)
    assert ((run / "log.txt").read_text(), (run / "checkpoints" / "last.ckpt").read_bytes()) == before


def test_a_run_is_not_overwritten(choir_folder: Path, tmp_path: Path) -> None:
    train("torres-cont", data=choir_folder, out=tmp_path, overrides=FAST)
    with pytest.raises(ConfigError, match="--resume"):
        train("torres-cont", data=choir_folder, out=tmp_path, overrides=FAST)
    with pytest.raises(ConfigError, match="another recipe"):
        train("torres-cont", data=choir_folder, out=tmp_path, overrides=[*FAST, "seed=5"], resume=True)


def test_a_run_does_not_go_on_with_other_data(choir_folder: Path, tmp_path: Path) -> None:
    """Even where there is as much of it; and what it was trained on stays as it was written."""
    shutil.copytree(choir_folder, tmp_path / "data")
    run = train("torres-cont", data=tmp_path / "data", out=tmp_path / "run", overrides=FAST)
    described = (run / "data.json").read_bytes()
    song = min((tmp_path / "data").rglob("*.wav"))
    samples, rate_hz = soundfile.read(song)
    soundfile.write(song, samples[::-1], rate_hz)
    with pytest.raises(ConfigError, match=r"data\.json: this run was begun with other data"):
        train("torres-cont", data=tmp_path / "data", out=run, overrides=FAST, resume=True)
    assert (run / "data.json").read_bytes() == described


def test_what_the_reader_cannot_tell_is_not_promised(choir_folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="does not tell which licences"):
        train("torres-cont", data=choir_folder, out=tmp_path, overrides=[*FAST, "data.commercial_only=true"])


def test_validation_mixes_voices(choir_folder: Path) -> None:
    """Recordings come sorted by voice: batches in that order would hold few voices each."""
    recipe = load_recipe("torres-cont", [*FAST, "seed=1", "batch_size=2", "data.validation_share=0.5"])
    prepared = prepare(recipe, choir_folder, sample_rate_hz=16_000, progress=quiet)
    dataset = RecordingBatches(recipe, prepared, workers=0).validation()
    batches = [dataset[i]["voice"] for i in range(3)]  # of two recordings; three voices have two each
    assert max(len(voices.unique()) for voices in batches) == 2
    assert torch.cat(batches).unique().tolist() == [0, 1, 2]


def test_a_checkpoint_that_cannot_be_written_leaves_the_one_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "checkpoints" / "last.ckpt"
    AtomicCheckpoints().save_checkpoint({"epoch": 1}, path)

    def full(_: object, place: Path) -> None:
        place.write_bytes(b"half of it")
        raise OSError(errno.ENOSPC, "no space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(torch, "save", full)
        with pytest.raises(OSError, match="no space"):
            AtomicCheckpoints().save_checkpoint({"epoch": 2}, path)
    assert torch.load(path) == {"epoch": 1}
    assert list(path.parent.iterdir()) == [path]


def test_a_bad_file_is_listed_and_does_not_stop_the_run(choir_folder: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    shutil.copytree(choir_folder, data)
    (data / "singer0" / "song0" / "broken.wav").write_bytes(b"RIFF nothing")
    run = train("torres-cont", data=data, out=tmp_path / "run", overrides=FAST)
    failed = json.loads((run / "data.json").read_text())["failed"]
    assert [Path(f["where"]).name for f in failed] == ["broken.wav"]


def test_no_run_no_weights(tmp_path: Path) -> None:
    with pytest.raises(MissingWeightsError, match="best"):
        load_network(tmp_path)


@pytest.mark.slow
def test_two_processes_repeat_the_run_of_one(choir_folder: Path, tmp_path: Path) -> None:
    """Without batch normalisation and augmentation, nothing depends on how a batch is shared."""
    settings = [
        *SMALL, "batch_size=4", "max_epochs=2", "augment=[]", "features=voice16k", "projection=8",
        "data.validation_share=0.34", "losses=[{name: nt-xent}, {name: variance, weight: 25}]",
        "encoder={name: cnn-transformer, width: 16, layers: 1, heads: 2, dimension: 16}",
    ]  # fmt: skip
    logs = []
    for devices in ("1", "2"):
        run = tmp_path / devices
        subprocess.run(
            [sys.executable, "-m", "singalike", "train", "torres-cont", "--data", str(choir_folder), "--out", str(run),
             "--devices", devices, *settings],
            check=True, env={**os.environ, "OMP_NUM_THREADS": "1"},
        )  # fmt: skip
        logs.append(_figures(run))
    for one, two in zip(*logs, strict=True):
        assert one == pytest.approx(two, rel=1e-3, abs=1e-4)


def _figures(run: Path) -> list[dict[str, float]]:
    lines = (run / "log.txt").read_text().splitlines()
    return [{k: float(v) for k, v in (pair.split("=") for pair in line.split()[4:])} for line in lines]
