"""Checkpoints, early stopping, and a warning when the space collapses."""

from __future__ import annotations

import logging
import math
from pathlib import Path

import lightning
from lightning.pytorch.callbacks import Callback, EarlyStopping, ModelCheckpoint

from singalike.train.recipe import Recipe

_log = logging.getLogger(__name__)


class CollapseMonitor(Callback):
    """Warn when the vectors no longer tell recordings apart: effective rank under 2, or a tiny deviation."""

    def on_validation_end(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> None:
        """Read the figures that validation logged."""
        rank = float(trainer.callback_metrics.get("val/effective_rank", math.nan))
        std = float(trainer.callback_metrics.get("val/std", math.nan))
        if rank < 2.0 or std < 1e-3:
            _log.warning(
                "the space is collapsing (effective rank %.2f, deviation %.2g): "
                "try larger batches, a lower learning rate, or an objective with negatives",
                rank,
                std,
            )


class StayStopped(Callback):
    """A run that ran out of patience, resumed, is left as it is."""

    def on_train_start(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> None:
        """Look at what early stopping remembers."""
        stopping = trainer.early_stopping_callback
        trainer.should_stop = stopping is not None and stopping.wait_count >= stopping.patience


class LogEpochs(Callback):
    """One line an epoch in ``log.txt``: what a person follows."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def on_validation_end(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> None:
        """Append the figures of this epoch."""
        if not trainer.is_global_zero:
            return
        figures = " ".join(f"{k}={float(v):.4f}" for k, v in sorted(trainer.callback_metrics.items()))
        with self.path.open("a", encoding="utf-8") as file:
            file.write(f"epoch {trainer.current_epoch} step {trainer.global_step} {figures}\n")


def callbacks(recipe: Recipe, out: Path) -> list[Callback]:
    """Return a run's callbacks: last and best checkpoint, early stopping where the recipe has patience."""
    monitor = f"val/{recipe.monitor}"
    folder = out / "checkpoints"
    found: list[Callback] = [
        ModelCheckpoint(folder, "best", monitor=monitor, mode="min", enable_version_counter=False),
        # One of its own: `save_last` would write it only in epochs that are the best so far.
        ModelCheckpoint(folder, "last", enable_version_counter=False, save_on_train_epoch_end=True),
        CollapseMonitor(),
        LogEpochs(out / "log.txt"),
    ]  # fmt: skip
    if recipe.patience is not None:
        found += [EarlyStopping(monitor, mode="min", patience=recipe.patience, check_finite=False), StayStopped()]
    return found
