"""One training step, one validation: what Lightning runs."""

from __future__ import annotations

import math
from typing import Any, cast

import lightning
import torch
from torch import Tensor, nn

from singalike.augment import Chain
from singalike.encoders import BilinearHead, Projection
from singalike.train.freeze import freeze_all_but
from singalike.train.monitors import validate
from singalike.train.network import VoiceNetwork
from singalike.train.objectives import Byol, Step, build_objectives
from singalike.train.recipe import Recipe

_VALIDATION_MASKS = 0  # the same frames are hidden in every epoch's validation


class TrainingModule(lightning.LightningModule):
    """A network, its projection and its objectives.

    Args:
        recipe: the resolved recipe.
        augment: what is done to the first and to the second view, drawn anew for each.
        augment_images: what is done to the front-end's images of each view.
        voices: how many training voices there are, for objectives with labels.
        taught: length of the teacher's vectors, 0 without a teacher.
    """

    def __init__(
        self, recipe: Recipe, *, augment: tuple[Chain, Chain], voices: int, taught: int = 0,
        augment_images: Chain | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.recipe, self.augment, self.augment_images = recipe, augment, augment_images
        self.network = VoiceNetwork(recipe)
        if recipe.trained:
            freeze_all_but(self.network.encoder, recipe.trained)
        D = self.network.dimension
        head = BilinearHead if recipe.head == "bilinear" else Projection
        self.projection = head(D, recipe.projection) if recipe.projection else Unit()
        self.objectives = build_objectives(recipe, self.network, self.projection, voices=voices, taught=taught)
        self.weights = {loss.name: loss.weight for loss in recipe.losses}
        self.average = _average(self.network, recipe.weight_average)
        if not torch.cuda.is_available():
            self.network.encoder.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
        self._validation: list[dict[str, Tensor]] = []

    def training_step(self, batch: dict[str, Tensor], _: int) -> Tensor:
        """Augment both views, encode them as one batch, sum the weighted objectives."""
        draw = int(batch["draw"])
        torch.manual_seed(draw)  # dropout too repeats itself after a resume
        generator = torch.Generator().manual_seed(draw)
        waveforms = self._augmented(self._heard(batch["waveforms"], generator), generator)
        step = self._step(self.network, waveforms, batch, generator)
        step.crops = batch["waveforms"]
        losses = {name: objective(step) for name, objective in self.objectives.items()}
        total = torch.stack([self.weights[name] * value for name, value in losses.items()]).sum()
        for name, value in losses.items():
            self.log(f"train/{name}", value)
        self.log("train/loss", total, prog_bar=True)
        return total

    def on_train_batch_end(self, *_: Any) -> None:
        """Move the averaged weights, and BYOL's target."""
        if self.average is not None:
            self.average.update_parameters(self.network)
        for objective in self.objectives.values():
            if isinstance(objective, Byol):
                decay = objective.target.decay(self.global_step, int(self.trainer.estimated_stepping_batches))
                objective.target.follow(self.network.encoder, self.projection, decay)
                self.log("train/target_decay", decay)

    def validation_step(self, batch: dict[str, Tensor], _: int) -> None:
        """Encode all sides, without augmentation; the first and the last of them are compared."""
        network = self.network if self.average is None else cast("VoiceNetwork", self.average.module)
        generator = torch.Generator().manual_seed(_VALIDATION_MASKS)
        step = self._step(network, network.level_crops(batch["waveforms"]).flatten(0, 1), batch, generator)
        views = step.h.chunk(step.sides)
        losses = [
            self.weights[name] * objective(step) for name, objective in self.objectives.items() if objective.on_unseen
        ]
        self._validation.append(
            {"h1": views[0], "h2": views[-1], "voice": batch["voice"]}
            | ({"loss": torch.stack(losses).sum().expand(len(views[0]))} if losses else {})
        )

    def on_validation_epoch_end(self) -> None:
        """Log loss, EER, mean normalised rank, alignment, uniformity and the collapse monitors."""
        whole = {name: torch.cat([part[name] for part in self._validation]) for name in self._validation[0]}
        self._validation.clear()
        figures = validate(_unit(whole["h1"]), _unit(whole["h2"]), whole["voice"].cpu().numpy())
        if "loss" in whole:
            figures["loss"] = float(whole["loss"].mean())
        self.log_dict({f"val/{name}": value for name, value in figures.items()})
        self.log("val_eer", figures["eer"], prog_bar=True, logger=False)

    def configure_optimizers(self) -> Any:
        """Adam, AdamW where weight decay is decoupled, or SGD, with the recipe's schedule."""
        o = self.recipe.optimizer
        trained = [p for p in self.parameters() if p.requires_grad]
        common: dict[str, Any] = {"params": trained, "lr": o.lr, "weight_decay": o.weight_decay}
        if o.name == "sgd":
            optimizer = torch.optim.SGD(**common, momentum=o.momentum, nesterov=o.momentum > 0)
        else:
            optimizer = (torch.optim.AdamW if o.decoupled else torch.optim.Adam)(**common)
        if o.schedule == "constant" and not (o.warmup_steps or o.warmup_epochs):
            return optimizer
        total = max(1, int(self.trainer.estimated_stepping_batches))
        warmup = o.warmup_steps or round(o.warmup_epochs * total / self.recipe.max_epochs)
        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _pace(step, total, warmup, o.schedule))
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}

    def _heard(self, waveforms: Tensor, generator: torch.Generator) -> Tensor:
        """Return the stretch (S, B, T') of the crops (S, B, T) that is heard, another one for each."""
        seconds, whole = self.recipe.heard_seconds, waveforms.shape[-1]
        if seconds is None:
            return waveforms
        length = min(whole, round(seconds * self.network.sample_rate_hz))
        starts = torch.randint(whole - length + 1, waveforms.shape[:-1], generator=generator).to(waveforms.device)
        return waveforms.gather(-1, starts[..., None] + torch.arange(length, device=waveforms.device))

    def _augmented(self, waveforms: Tensor, generator: torch.Generator) -> Tensor:
        """Level and augment each side (S, B, T), one half as first views, one as second; all as one batch (S·B, T)."""
        network, rate = self.network, self.network.sample_rate_hz
        with torch.no_grad():
            views = [
                self.augment[2 * side // len(waveforms)](network.level_crops(view), generator, sample_rate_hz=rate)
                for side, view in enumerate(waveforms)
            ]
            if not network.gain_is_drawn:
                views = [network.level_crops(view) for view in views]
        return torch.cat(views)

    def _step(
        self, network: VoiceNetwork, waveforms: Tensor, batch: dict[str, Tensor], generator: torch.Generator
    ) -> Step:
        images, present, sides = network.images(waveforms), batch.get("present"), len(batch["waveforms"])
        if self.training and self.augment_images is not None:
            rate = network.sample_rate_hz
            images = torch.cat([self.augment_images(x, generator, sample_rate_hz=rate) for x in images.chunk(sides)])
        if present is not None:  # an absent source is an all-zero log-mel (MSCOL), not the log-mel of silence
            heard = torch.cat([torch.ones_like(present).repeat(sides - 1), present])
            images = images * heard[:, None, None, None]
        low = self.training and self.recipe.precision == "bfloat16"
        return Step(network, self.projection, images, batch["voice"], generator, batch.get("teacher"), present, low)


class Unit(nn.Module):
    """No projection: z is h at unit norm."""

    def forward(self, h: Tensor) -> Tensor:
        """Return (B, D) at unit norm."""
        return _unit(h)


def _unit(h: Tensor) -> Tensor:
    return nn.functional.normalize(h, dim=-1)


def _average(network: nn.Module, decay: float) -> torch.optim.swa_utils.AveragedModel | None:
    if not decay:
        return None
    ema = torch.optim.swa_utils.get_ema_multi_avg_fn(decay)
    average = torch.optim.swa_utils.AveragedModel(network, multi_avg_fn=ema, use_buffers=True)
    return average.requires_grad_(False)


def _pace(step: int, total: int, warmup: int, schedule: str) -> float:
    if step < warmup:
        return (step + 1) / warmup
    if schedule == "constant":
        return 1.0
    if schedule == "halved":
        return 1.0 if step < total / 2 else 0.5
    done = min(1.0, (step - warmup) / max(1, total - warmup))
    return 0.5 * (1.0 + math.cos(math.pi * done))
