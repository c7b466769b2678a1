"""Train a recipe on data into a run folder, and go on after an interruption as if there had been none."""

from __future__ import annotations

import json
import logging
import warnings
from pathlib import Path
from typing import Any

import lightning
import numpy as np
import torch
from lightning.pytorch.loggers import TensorBoardLogger

from singalike.augment import PATCH_TRANSFORMS, Chain, build_chain
from singalike.errors import ConfigError
from singalike.features import preset
from singalike.train.accompaniments import Pool, make_pool
from singalike.train.batches import Batches, RecordingBatches, SongBatches
from singalike.train.begun import check_data, check_recipe, describe_recordings, describe_songs, write_start
from singalike.train.callbacks import callbacks
from singalike.train.checkpoints import AtomicCheckpoints
from singalike.train.export import load_network
from singalike.train.initial import begin_with_run, begin_with_teacher, check_singers
from singalike.train.module import TrainingModule
from singalike.train.prepare import Part, Progress, prepare, quiet
from singalike.train.prepare_songs import prepare_songs
from singalike.train.recentre import CENTRES, check_centre, keep_centres, recentre
from singalike.train.recipe import First, Recipe, load_recipe
from singalike.train.statistics import set_statistics
from singalike.train.teacher import DIMENSIONS
from singalike.train.voice_detector import fit_voice, keep_voice, voice_file

# Which devices there are, and advertisements: nothing a run's log needs.
logging.getLogger("lightning.pytorch.utilities.rank_zero").setLevel(logging.WARNING)

ACCOMPANIMENT = "accompaniment"  # the augmentation that lays music under voices


def train(
    recipe: str, *, data: Path, out: Path, overrides: list[str] | None = None, resume: bool = False,
    progress: Progress | None = None, bar: bool = False, workers: int = 0, devices: int = 1,
    accompaniments: Path | None = None,
) -> Path:  # fmt: skip
    """Train and return the run folder.

    It holds ``recipe.yaml`` (resolved), ``data.json`` (what was trained on, what was left out),
    ``checkpoints/last.ckpt`` and ``best.ckpt``, and TensorBoard's log; in ``first``, the run of a recipe that the
    recipe begins with.

    Args:
        recipe: a name or a YAML path.
        data: a folder of singers or a table.
        out: the run folder; one that holds a checkpoint is refused unless ``resume``.
        overrides: ``key=value`` changes to the recipe.
        resume: go on from ``checkpoints/last.ckpt``; the loss curve is that of a run never interrupted.
        progress: called with (stage, done, of) while data are prepared.
        bar: show Lightning's progress bar.
        workers: processes that read crops ahead.
        devices: GPUs, or processes where there is none; each takes an equal part of every batch, and losses with
            negatives see the whole batch. More than one start this program again, once a device.
        accompaniments: a folder of music without voices, laid under voices beside the virtual choir's bands, where
            the recipe lays anything under them.

    Raises:
        ConfigError: the recipe, the data or the run folder cannot be used.
    """
    settings = load_recipe(recipe, overrides)
    last = out / "checkpoints" / "last.ckpt"
    if last.exists() and not resume:
        raise ConfigError("there is a run here already", where=out, hint="--resume goes on with it")
    check_recipe(out, settings)
    begin = _begin_with_songs if settings.songs else _begin_with_recordings
    music = _music(settings, accompaniments, progress or quiet)
    module, batches, described = begin(settings, data, music, workers, progress or quiet)
    if music:
        described["accompaniments"] = music.described
        described["failed"] += [error.as_dict() for error in music.failed]
    if settings.initial and not last.exists():
        assert isinstance(batches, RecordingBatches)
        begin_with_teacher(module, batches.prepared.train, progress=progress or quiet)
    if settings.first and not last.exists():  # after the data are known to do for what comes after it
        _train_first(settings.first, settings, data, out, progress=progress, bar=bar, workers=workers, devices=devices)
        check_singers(settings, _first_run(settings.first, out), described)
        begin_with_run(module, _first_run(settings.first, out))
    if last.exists():
        check_data(out, described)
    else:  # last, so that a recipe that cannot begin leaves nothing that a corrected one would stumble over
        write_start(out, settings, data, described)
    trainer = _trainer(settings, out, bar, devices)
    with warnings.catch_warnings():
        # Every process validates everything, so that there is nothing to gather (sync_dist).
        # An encoder may keep the statistics it began with, in eval mode.
        known = ".*many workers.*|.*log_every_n_steps.*|.*sync_dist.*|.*LeafSpec.*|.*in eval mode at the start.*"
        warnings.filterwarnings("ignore", message=known)
        trainer.fit(module, batches, ckpt_path=str(last) if resume and last.exists() else None, weights_only=False)
    if trainer.is_global_zero and isinstance(batches, RecordingBatches):
        _find_in_the_end(out, module, batches.prepared.train, music, progress or quiet)
    return out


def _find_in_the_end(run: Path, module: TrainingModule, part: Part, music: Pool | None, progress: Progress) -> None:
    """Find what the recipe says is found when training is over."""
    if module.recipe.recentre is not None:
        _recentre(run, part, module.recipe.recentre, progress)
    if module.recipe.hears_voice:
        assert music is not None
        _hear_voice(run, part, music, module.augment[0], progress)


def _recentre(run: Path, part: Part, sung_share: float, progress: Progress) -> None:
    """Find centre and nuisances of each checkpoint, unless that was done since it was written."""
    files, found = sorted((run / "checkpoints").glob("*.ckpt")), run / CENTRES
    if found.is_file() and all(file.stat().st_mtime_ns < found.stat().st_mtime_ns for file in files):
        return
    centres = {}
    for file in files:
        recipe, network = load_network(run, file.stem, recentred=False)
        centres[file.stem] = recentre(network, part, recipe=recipe, sung_share=sung_share, progress=progress)
    keep_centres(centres, run)


def _hear_voice(run: Path, part: Part, music: Pool, change: Chain, progress: Progress) -> None:
    """Fit the detector of voices of each checkpoint, unless that was done since it was written."""
    for file in sorted((run / "checkpoints").glob("*.ckpt")):
        found = voice_file(run, file.stem)
        if not found.is_file() or found.stat().st_mtime_ns < file.stat().st_mtime_ns:
            recipe, network = load_network(run, file.stem)
            keep_voice(fit_voice(network, part, music, change, recipe=recipe, progress=progress), run, file.stem)


def _first_run(first: First, out: Path) -> Path:
    return Path(first.run) if first.run else out / "first"


def _train_first(first: First, recipe: Recipe, data: Path, out: Path, *, devices: int, **options: Any) -> None:
    """Train what a recipe begins with, or go on with it, unless it is named as done.

    The singers are split, and images and encoders made, as for the recipe itself, or its weights would not fit.
    """
    if first.run:
        return
    if devices > 1:
        raise ConfigError(
            f"{first.recipe} has to be trained first, on one device",
            hint=f"train {first.recipe}, then say first.run=ITS_RUN_FOLDER",
        )
    shared = recipe.model_dump(include={"data", "songs", "seed", "features", "crop_seconds"})
    shared |= {f"encoder.{option}": value for option, value in recipe.encoder.options.items()}
    changes = [f"{key}={json.dumps(value)}" for key, value in {**shared, **first.changes}.items()]
    train(first.recipe, data=data, out=_first_run(first, out), overrides=changes, resume=True, **options)


def _begin_with_recordings(
    recipe: Recipe, data: Path, music: Pool | None, workers: int, progress: Progress
) -> tuple[TrainingModule, Batches, dict[str, Any]]:
    rate = preset(recipe.features).sample_rate_hz
    prepared = prepare(recipe, data, sample_rate_hz=rate, progress=progress)
    _seed(recipe)
    module = TrainingModule(
        recipe, augment=_augmentations(recipe, music), voices=len(prepared.train.voices),
        taught=DIMENSIONS[recipe.data.teacher],
    )  # fmt: skip
    if recipe.recentre is not None:
        check_centre(module.network)
    batches = RecordingBatches(recipe, prepared, workers=workers)
    parts = {"train": prepared.train, "validation": prepared.validation}
    return module, batches, describe_recordings(parts, prepared.failed, sample_rate_hz=rate)


def _begin_with_songs(
    recipe: Recipe, data: Path, music: Pool | None, workers: int, progress: Progress
) -> tuple[TrainingModule, Batches, dict[str, Any]]:
    assert recipe.songs is not None
    rate = preset(recipe.features).sample_rate_hz
    prepared = prepare_songs(recipe, recipe.songs, data, sample_rate_hz=rate, progress=progress)
    _seed(recipe)
    voices = len(np.unique(prepared.train.voice))
    patches = build_chain([(part.name, part.options) for part in recipe.augment_images], PATCH_TRANSFORMS)
    module = TrainingModule(recipe, augment=_augmentations(recipe, music), voices=voices, augment_images=patches)
    batches = SongBatches(recipe, recipe.songs, prepared, workers=workers)
    set_statistics(module.network, prepared.train, seed=recipe.seed)
    parts = {"train": prepared.train, "validation": prepared.validation}
    return module, batches, describe_songs(parts, prepared.failed, sample_rate_hz=rate)


def _seed(recipe: Recipe) -> None:
    """Seed what weights are drawn from; after data are prepared, which draws too where not all of it was kept."""
    lightning.seed_everything(recipe.seed, verbose=False)


def _trainer(recipe: Recipe, out: Path, bar: bool, devices: int) -> lightning.Trainer:
    # An objective may leave a part of the network out (masked frames have no use for the pooled vector).
    strategy = "auto" if devices == 1 else "ddp_find_unused_parameters_true"
    return lightning.Trainer(
        max_epochs=recipe.max_epochs, accelerator="auto", devices=devices, strategy=strategy, default_root_dir=out,
        logger=TensorBoardLogger(out, name=None, version="tensorboard"),
        callbacks=callbacks(recipe, out), plugins=[AtomicCheckpoints()],
        reload_dataloaders_every_n_epochs=1, num_sanity_val_steps=0,
        enable_progress_bar=bar, enable_model_summary=False, log_every_n_steps=10, use_distributed_sampler=False,
    )  # fmt: skip


def _music(recipe: Recipe, folder: Path | None, progress: Progress) -> Pool | None:
    """Return what is laid under voices, None where the recipe lays nothing under them."""
    if any(part.name == ACCOMPANIMENT for part in recipe.augment):
        return make_pool(folder, sample_rate_hz=preset(recipe.features).sample_rate_hz, progress=progress)
    if folder is not None:
        what = f"{recipe.name} lays no music under voices"
        raise ConfigError(what, where=folder, hint=f"take a recipe that augments with {ACCOMPANIMENT!r}")
    return None


def _augmentations(recipe: Recipe, music: Pool | None) -> tuple[Chain, Chain]:
    """Return the chains of the first and the second view; ``view: second`` leaves the first alone."""
    parts: tuple[list, list] = [], []
    for part in recipe.augment:
        options = part.options
        view = options.pop("view", "both")
        if view not in ("both", "first", "second"):
            raise ConfigError(f"augmentation {part.name!r}: no view {view!r}", hint="both, first or second")
        if part.name == ACCOMPANIMENT:
            assert music is not None
            options["pool"] = torch.from_numpy(music.samples)
        for own, name in zip(parts, ("first", "second"), strict=True):
            if view in ("both", name):
                own.append((part.name, options))
    return build_chain(parts[0]), build_chain(parts[1])
