"""One training step, one validation: what Lightning runs."""

from __future__ import annotations

import math
from typing import Any

import lightning
import torch
from torch import Tensor, nn

from singalike.augment import Chain
from singalike.encoders import Projection, Prototypes
from singalike.errors import ConfigError
from singalike.losses import am_softmax, decoupled_nt_xent, teacher_cosine
from singalike.train.monitors import validate
from singalike.train.network import VoiceNetwork
from singalike.train.recipe import Loss, Recipe


class TrainingModule(lightning.LightningModule):
    """A network, its heads and its objectives.

    Args:
        recipe: the resolved recipe.
        augment: what is done to each view, drawn anew for each.
        voices: how many training voices there are, for objectives with labels.
        taught: length of the teacher's vectors, 0 without a teacher.
    """

    def __init__(self, recipe: Recipe, *, augment: Chain, voices: int, taught: int = 0) -> None:
        super().__init__()
        self.recipe, self.augment = recipe, augment
        self.network = VoiceNetwork(recipe)
        D = self.network.dimension
        self.projection = Projection(D, recipe.projection) if recipe.projection else None
        names = {loss.name for loss in recipe.losses}
        self.prototypes = Prototypes(voices, D) if "am-softmax" in names else None
        self.to_teacher = nn.Linear(D, taught) if "teacher" in names else None
        self.average = _average(self.network, recipe.weight_average)
        if not torch.cuda.is_available():
            self.network.encoder.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
        self._validation: list[tuple[Tensor, Tensor, Tensor]] = []

    def training_step(self, batch: dict[str, Tensor], _: int) -> Tensor:
        """Augment both views, encode them as one batch, sum the weighted objectives."""
        draw = int(batch["draw"])
        torch.manual_seed(draw)  # dropout too repeats itself after a resume
        h = self._encode(batch["waveforms"], torch.Generator().manual_seed(draw))
        losses = {loss.name: self._loss(loss, h, batch) for loss in self.recipe.losses}
        total = torch.stack([loss.weight * losses[loss.name] for loss in self.recipe.losses]).sum()
        for name, value in losses.items():
            self.log(f"train/{name}", value)
        self.log("train/loss", total, prog_bar=True)
        return total

    def on_train_batch_end(self, *_: Any) -> None:
        """Move the averaged weights."""
        if self.average is not None:
            self.average.update_parameters(self.network)

    def validation_step(self, batch: dict[str, Tensor], _: int) -> None:
        """Encode both crops of each recording, without augmentation."""
        views = self.network.level(batch["waveforms"])
        network = self.network if self.average is None else self.average.module
        h1, h2 = (network(view) for view in views)
        self._validation.append((h1, h2, batch["voice"]))

    def on_validation_epoch_end(self) -> None:
        """Log loss, EER, mean normalised rank, alignment, uniformity and the collapse monitors."""
        h1, h2, voice = (torch.cat(parts) for parts in zip(*self._validation, strict=True))
        self._validation.clear()
        figures = validate(_unit(h1), _unit(h2), voice.cpu().numpy())
        contrast = next((x for x in self.recipe.losses if x.name == "nt-xent"), None)
        if contrast is not None:
            figures["loss"] = float(self._contrast(contrast, h1, h2))
        self.log_dict({f"val/{name}": value for name, value in figures.items()})
        self.log("val_eer", figures["eer"], prog_bar=True, logger=False)

    def configure_optimizers(self) -> Any:
        """Adam, or AdamW where weight decay is decoupled, with the recipe's schedule."""
        o = self.recipe.optimizer
        adam = torch.optim.AdamW if o.decoupled else torch.optim.Adam
        optimizer = adam(self.parameters_to_train(), lr=o.lr, weight_decay=o.weight_decay)
        if o.schedule == "constant" and not o.warmup_steps:
            return optimizer
        total = max(1, int(self.trainer.estimated_stepping_batches))
        schedule = torch.optim.lr_scheduler.LambdaLR(
            optimizer, lambda step: _pace(step, total, o.warmup_steps, o.schedule)
        )
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}

    def parameters_to_train(self) -> list[nn.Parameter]:
        """Return all parameters but the averaged copy."""
        return [p for name, p in self.named_parameters() if not name.startswith("average.")]

    def _encode(self, waveforms: Tensor, generator: torch.Generator) -> Tensor:
        rate = self.network.sample_rate_hz
        with torch.no_grad():
            views = [self.augment(self.network.level(view), generator, sample_rate_hz=rate) for view in waveforms]
            if not self.network.gain_is_drawn:
                views = [self.network.level(view) for view in views]
        return self.network(torch.cat(views))

    def _loss(self, loss: Loss, h: Tensor, batch: dict[str, Tensor]) -> Tensor:
        if loss.name == "nt-xent":
            return self._contrast(loss, *h.chunk(2))
        if loss.name == "am-softmax" and self.prototypes is not None:
            return am_softmax(h, self.prototypes(), batch["voice"].repeat(2), **loss.options)
        if loss.name == "teacher" and self.to_teacher is not None:
            return teacher_cosine(self.to_teacher(h), batch["teacher"].flatten(0, 1), **loss.options)
        raise ConfigError(f"no loss called {loss.name!r}", hint="nt-xent, am-softmax, teacher")

    def _contrast(self, loss: Loss, h1: Tensor, h2: Tensor) -> Tensor:
        z1, z2 = (self.projection(h) if self.projection else _unit(h) for h in (h1, h2))
        return decoupled_nt_xent(z1, z2, **loss.options)


def _unit(h: Tensor) -> Tensor:
    return nn.functional.normalize(h, dim=-1)


def _average(network: nn.Module, decay: float) -> torch.optim.swa_utils.AveragedModel | None:
    if not decay:
        return None
    ema = torch.optim.swa_utils.get_ema_multi_avg_fn(decay)
    return torch.optim.swa_utils.AveragedModel(network, multi_avg_fn=ema, use_buffers=True)


def _pace(step: int, total: int, warmup: int, schedule: str) -> float:
    if step < warmup:
        return (step + 1) / warmup
    if schedule == "constant":
        return 1.0
    done = min(1.0, (step - warmup) / max(1, total - warmup))
    return 0.5 * (1.0 + math.cos(math.pi * done))
