"""Train a recipe on data into a run folder, and go on after an interruption as if there had been none."""

from __future__ import annotations

import json
import logging
import warnings
from collections import defaultdict
from pathlib import Path
from typing import Any

import lightning
import numpy as np
import torch
import yaml
from lightning.pytorch.loggers import TensorBoardLogger
from torch.utils.data import DataLoader

from singalike.augment import Chain, build_chain
from singalike.corpus.choir_voices import accompaniments
from singalike.corpus.recordings import replace_text
from singalike.errors import ConfigError
from singalike.features import preset
from singalike.pairs import RULES
from singalike.train.callbacks import callbacks
from singalike.train.crops import Batch, CropPairs
from singalike.train.initial import begin_with_ge2e
from singalike.train.module import TrainingModule
from singalike.train.prepare import Part, Prepared, Progress, prepare
from singalike.train.recipe import Recipe, load_recipe
from singalike.train.teacher import DIMENSION, centred

# Which devices there are, and advertisements: nothing a run's log needs.
logging.getLogger("lightning.pytorch.utilities.rank_zero").setLevel(logging.WARNING)

_ACCOMPANIMENTS, _ACCOMPANIMENT_SECONDS = 240, 12.0


class _Batches(lightning.LightningDataModule):
    """One epoch's plan at a time, from (seed, epoch) alone."""

    def __init__(self, recipe: Recipe, prepared: Prepared, *, workers: int) -> None:
        super().__init__()
        self.recipe, self.prepared, self.workers = recipe, prepared, workers
        self.crop = round(recipe.crop_seconds * preset(recipe.features).sample_rate_hz)

    def train_dataloader(self) -> DataLoader[Batch]:
        epoch = self.trainer.current_epoch if self.trainer else 0
        processes = self.trainer.world_size if self.trainer else 1
        part, recipe = self.prepared.train, self.recipe
        plan = RULES[recipe.pairs](
            part.recordings,
            batch=recipe.batch_size,
            steps=recipe.steps_per_epoch,
            seed=recipe.seed,
            epoch=epoch,
        )
        if plan.shape[1] % processes:
            raise ConfigError(f"a batch of {plan.shape[1]} pairs cannot be shared by {processes} processes")
        return self._loader(part, plan, epoch, (self.trainer.global_rank if self.trainer else 0, processes))

    def val_dataloader(self) -> DataLoader[Batch]:
        # Every process validates everything, in batches of at least the recipe's size: losses need company.
        part = self.prepared.validation
        order = np.arange(len(part.recordings))
        parts = np.array_split(order, max(1, len(order) // self.recipe.batch_size))
        return self._loader(part, [np.stack([rows, rows], 1) for rows in parts], 0, (0, 1))

    def _loader(self, part: Part, plan: Any, epoch: int, share: tuple[int, int]) -> DataLoader[Batch]:
        pairs = CropPairs(
            part.samples, part.labels, plan, crop=self.crop, seed=self.recipe.seed, epoch=epoch,
            teacher=None if part.teacher is None else centred(part.teacher), share=share,
        )  # fmt: skip
        return DataLoader(pairs, batch_size=None, num_workers=self.workers)


def train(
    recipe: str, *, data: Path, out: Path, overrides: list[str] | None = None, resume: bool = False,
    progress: Progress | None = None, bar: bool = False, workers: int = 0, devices: int = 1,
) -> Path:  # fmt: skip
    """Train and return the run folder.

    It holds ``recipe.yaml`` (resolved), ``data.json`` (what was trained on, what was left out),
    ``checkpoints/last.ckpt`` and ``best.ckpt``, and TensorBoard's log.

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

    Raises:
        ConfigError: the recipe, the data or the run folder cannot be used.
    """
    settings = load_recipe(recipe, overrides)
    last = out / "checkpoints" / "last.ckpt"
    if last.exists() and not resume:
        raise ConfigError("there is a run here already", where=out, hint="--resume goes on with it")
    _same_recipe(out, settings)
    prepared = prepare(
        settings, data, sample_rate_hz=preset(settings.features).sample_rate_hz, progress=progress or _quiet
    )
    _write_start(out, settings, prepared, data)
    lightning.seed_everything(settings.seed, verbose=False)
    module = TrainingModule(
        settings, augment=_augmentations(settings), voices=len(prepared.train.voices),
        taught=DIMENSION if settings.data.teacher else 0,
    )  # fmt: skip
    if settings.initial:
        begin_with_ge2e(module, prepared.train)
    trainer = _trainer(settings, out, bar, devices)
    batches = _Batches(settings, prepared, workers=workers)
    with warnings.catch_warnings():
        # Every process validates everything, so that there is nothing to gather (sync_dist).
        warnings.filterwarnings("ignore", message=".*many workers.*|.*log_every_n_steps.*|.*sync_dist.*|.*LeafSpec.*")
        trainer.fit(module, batches, ckpt_path=str(last) if resume and last.exists() else None, weights_only=False)
    return out


def _trainer(recipe: Recipe, out: Path, bar: bool, devices: int) -> lightning.Trainer:
    # An objective may leave a part of the network out (masked frames have no use for the pooled vector).
    strategy = "auto" if devices == 1 else "ddp_find_unused_parameters_true"
    return lightning.Trainer(
        max_epochs=recipe.max_epochs, accelerator="auto", devices=devices, strategy=strategy, default_root_dir=out,
        logger=TensorBoardLogger(out, name=None, version="tensorboard"),
        callbacks=callbacks(recipe, out), reload_dataloaders_every_n_epochs=1, num_sanity_val_steps=0,
        enable_progress_bar=bar, enable_model_summary=False, log_every_n_steps=10, use_distributed_sampler=False,
    )  # fmt: skip


def _augmentations(recipe: Recipe) -> Chain:
    parts = []
    for part in recipe.augment:
        options = part.options
        if part.name == "accompaniment":
            rate = preset(recipe.features).sample_rate_hz
            pool = accompaniments(_ACCOMPANIMENTS, seconds=_ACCOMPANIMENT_SECONDS, sample_rate_hz=rate)
            options["pool"] = torch.from_numpy(pool)
        parts.append((part.name, options))
    return build_chain(parts)


def _same_recipe(out: Path, recipe: Recipe) -> None:
    path = out / "recipe.yaml"
    if path.is_file() and yaml.safe_load(path.read_text(encoding="utf-8")) != recipe.model_dump():
        raise ConfigError("this run was begun with another recipe", where=path, hint="take another --out")


def _write_start(out: Path, recipe: Recipe, prepared: Prepared, data: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    replace_text(out / "recipe.yaml", yaml.safe_dump(recipe.model_dump(), sort_keys=False))
    described = {
        "data": data.name,
        "train": _describe(prepared.train),
        "validation": _describe(prepared.validation),
        "sources": _sources(prepared.train, preset(recipe.features).sample_rate_hz),
        "failed": [error.as_dict() for error in prepared.failed],
    }
    replace_text(out / "data.json", json.dumps(described, indent=2) + "\n")


def _describe(part: Part) -> dict[str, int]:
    return {"recordings": len(part.recordings), "voices": len(part.voices)}


def _sources(part: Part, sample_rate_hz: int) -> list[dict[str, Any]]:
    """Return what was trained on, by source and licence: each file once, whatever copies were made of it."""
    groups: dict[tuple[str, str], list[int]] = defaultdict(list)
    seen: set[Path] = set()
    for i, recording in enumerate(part.recordings):
        if recording.path not in seen:
            seen.add(recording.path)
            groups[recording.source or "recordings", recording.licence or "not stated"].append(i)
    return [
        {
            "name": name,
            "licence": licence,
            "voices": len({part.recordings[i].voice for i in own}),
            "hours": round(sum(len(np.load(part.samples[i], mmap_mode="r")) for i in own) / sample_rate_hz / 3600, 3),
        }
        for (name, licence), own in sorted(groups.items())
    ]


def _quiet(stage: str, done: int, of: int) -> None:
    pass
