"""One epoch's batches at a time, from (seed, epoch) alone."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import lightning
import numpy as np
from torch.utils.data import DataLoader, Dataset

from singalike.corpus.segments import Segments
from singalike.errors import ConfigError
from singalike.features import preset
from singalike.pairs import RULES, SONG_RULES, SongPlan
from singalike.train.crops import Batch, CropPairs
from singalike.train.prepare import Part, Prepared
from singalike.train.prepare_songs import PreparedSongs
from singalike.train.recipe import Recipe, Songs
from singalike.train.song_pairs import SongPairs
from singalike.train.teacher import centred

Share = tuple[int, int]  # (rank, processes)
_OURS = {"batch", "steps", "seed", "epoch", "done"}  # what a rule is given beside the recipe's options


class Batches(lightning.LightningDataModule):
    """What Lightning asks for batches; every process reads its share of each.

    Subclasses give the batches of a training epoch and those of validation.
    """

    def __init__(self, recipe: Recipe, *, workers: int) -> None:
        super().__init__()
        self.recipe, self.workers = recipe, workers
        self.crop = round(recipe.crop_seconds * preset(recipe.features).sample_rate_hz)

    def training(self, epoch: int, share: Share) -> Dataset[Batch]:
        """Return the batches of an epoch."""
        raise NotImplementedError

    def validation(self) -> Dataset[Batch]:
        """Return the batches of validation, the same in every epoch; every process reads all of them."""
        raise NotImplementedError

    def train_dataloader(self) -> DataLoader[Batch]:
        trainer = self.trainer
        epoch, share = (trainer.current_epoch, (trainer.global_rank, trainer.world_size)) if trainer else (0, (0, 1))
        return DataLoader(self.training(epoch, share), batch_size=None, num_workers=self.workers)

    def val_dataloader(self) -> DataLoader[Batch]:
        return DataLoader(self.validation(), batch_size=None, num_workers=self.workers)


class RecordingBatches(Batches):
    """Pairs of crops of recordings."""

    def __init__(self, recipe: Recipe, prepared: Prepared, *, workers: int) -> None:
        super().__init__(recipe, workers=workers)
        self.prepared = prepared

    def training(self, epoch: int, share: Share) -> Dataset[Batch]:
        recipe, part = self.recipe, self.prepared.train
        plan = _rule(recipe, RULES)(
            part.recordings, batch=recipe.batch_size, steps=recipe.steps_per_epoch, seed=recipe.seed, epoch=epoch,
            **recipe.pairs.options,
        )  # fmt: skip
        _check_share(plan.shape[1], share)
        return self._pairs(part, plan, epoch, share, max_speed=recipe.max_speed)

    def validation(self) -> Dataset[Batch]:
        # Batches of at least the recipe's size: losses need company. In mixed order: recordings come sorted by voice,
        # and a batch of one or two voices would have few true negatives.
        part = self.prepared.validation
        order = np.random.default_rng(self.recipe.seed).permutation(len(part.recordings))
        parts = np.array_split(order, max(1, len(order) // self.recipe.batch_size))
        return self._pairs(part, [np.stack([rows, rows], 1) for rows in parts], 0, (0, 1))

    def _pairs(self, part: Part, plan: Any, epoch: int, share: Share, *, max_speed: float = 1.0) -> CropPairs:
        return CropPairs(
            part.samples, part.labels, plan, crop=self.crop, seed=self.recipe.seed, epoch=epoch,
            teacher=None if part.teacher is None else centred(part.teacher, part.centre), share=share,
            max_speed=max_speed,
        )  # fmt: skip


class SongBatches(Batches):
    """Pairs of crops of songs and their parts."""

    def __init__(self, recipe: Recipe, settings: Songs, prepared: PreparedSongs, *, workers: int) -> None:
        super().__init__(recipe, workers=workers)
        self.settings, self.prepared = settings, prepared
        # As at the end of the run, so that the epochs before and after a change of pairs are measured by one yardstick.
        # Its figures need every singer's name. Planned here: what is missing is said before an epoch is trained.
        plan = self._plan(prepared.validation, steps=None, epoch=0, done=1.0)
        self._held_out = replace(plan, known=np.ones_like(plan.known))

    def training(self, epoch: int, share: Share) -> Dataset[Batch]:
        recipe = self.recipe
        done = epoch / recipe.max_epochs
        plan = self._plan(self.prepared.train, steps=recipe.steps_per_epoch, epoch=epoch, done=done)
        _check_share(plan.segment.shape[1], share)
        return self._pairs(self.prepared.train, plan, epoch, share)

    def validation(self) -> Dataset[Batch]:
        return self._pairs(self.prepared.validation, self._held_out, 0, (0, 1))

    def _plan(self, segments: Segments, *, steps: int | None, epoch: int, done: float) -> SongPlan:
        recipe = self.recipe
        return _rule(recipe, SONG_RULES)(
            segments, batch=recipe.batch_size, steps=steps, seed=recipe.seed, epoch=epoch, done=done,
            **recipe.pairs.options,
        )  # fmt: skip

    def _pairs(self, segments: Segments, plan: SongPlan, epoch: int, share: Share) -> SongPairs:
        return SongPairs(
            segments, plan, crop=self.crop, seed=self.recipe.seed, epoch=epoch, law=self.settings.law,
            bleed_db=self.settings.bleed_db, share=share,
        )  # fmt: skip


def _rule(recipe: Recipe, rules: dict[str, Callable[..., Any]]) -> Callable[..., Any]:
    """Return the recipe's rule; ConfigError where there is none of its name for such data, or it lacks an option."""
    name = recipe.pairs.name
    if name not in rules:
        what = "songs" if recipe.songs else "recordings"
        raise ConfigError(f"no pair rule {name!r} for {what}", hint=f"one of: {', '.join(sorted(rules))}")
    parameters = inspect.signature(rules[name]).parameters.values()
    known = {p.name for p in parameters if p.kind is p.KEYWORD_ONLY} - _OURS
    if unknown := sorted(set(recipe.pairs.options) - known):
        hint = f"its options: {', '.join(sorted(known)) or 'none'}"
        raise ConfigError(f"pair rule {name!r} has no option {', '.join(unknown)}", hint=hint)
    return rules[name]


def _check_share(batch: int, share: Share) -> None:
    if batch % share[1]:
        raise ConfigError(f"a batch of {batch} pairs cannot be shared by {share[1]} processes")
