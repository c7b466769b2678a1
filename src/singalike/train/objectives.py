"""The objectives of a recipe: a pure loss each, with what it needs to own beside the network.

An objective takes a :class:`Step` and returns a scalar. ``on_unseen`` says whether it can be computed on voices
that were not trained on; the validation loss is the weighted sum of those that can.
"""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Literal

import torch
from torch import Tensor, nn

from singalike import losses
from singalike.encoders import Bilinear, Predictor, Prototypes
from singalike.errors import ConfigError
from singalike.train.gather import gathered
from singalike.train.network import VoiceNetwork
from singalike.train.recipe import Loss, Recipe
from singalike.train.target import Target

# Losses of two views (B, P), (B, P).
PAIRWISE: dict[str, Callable[..., Tensor]] = {
    "nt-xent": losses.decoupled_nt_xent,
    "alignment": losses.alignment,
    "uniformity": losses.uniformity,
    "variance": losses.variance,
    "covariance": losses.covariance,
    "invariance": losses.invariance,
}

# Losses of songs, and the head each is made for.
CONTRASTS = {"cola": "bilinear", "existence-aware": "bilinear", "nt-xent-symmetric": "projection"}


_OF_TRIPLETS = ("softmax", "structure-preserving")
_OTHERS = ("am-softmax", "beginning", "byol", "masked-frames", "softmax", "structure-preserving", "teacher")


@dataclass
class Step:
    """What objectives see of one batch; what none of them asks for is not computed.

    Attributes:
        network: front-end and encoder.
        projection: h to z (unit norm, but for the bilinear head).
        images: the front-end's of all S sides, (S·B, C, rows, F): all first views, then all second ones, and so on.
        voice: labels (B,); negative where the label is unknown.
        generator: draws masks.
        teacher: what a teacher said of both views' recordings, (2, B, E).
        present: whether the second view's source sounds at all, (B,) bool; None where it always does.
        low_precision: encode in bfloat16.
        crops: the sides' waveforms as they were, (S, B, T): whole, not augmented.
    """

    network: VoiceNetwork
    projection: nn.Module
    images: Tensor
    voice: Tensor
    generator: torch.Generator
    teacher: Tensor | None = None
    present: Tensor | None = None
    low_precision: bool = False
    crops: Tensor | None = None

    @property
    def sides(self) -> int:
        """S: 2 for pairs of views."""
        return len(self.images) // len(self.voice)

    @cached_property
    def h(self) -> Tensor:
        """Embeddings (S·B, D), not normalised."""
        return self.encode(self.network.encode, self.images)

    def encode(self, encoder: Callable[[Tensor], Tensor], images: Tensor) -> Tensor:
        """Return what an encoder says of images, as float32, at the step's precision."""
        with torch.autocast(images.device.type, torch.bfloat16, enabled=self.low_precision):
            return encoder(images).float()

    @cached_property
    def views(self) -> tuple[Tensor, Tensor]:
        """What the projection makes of both views, (B, P) each."""
        z1, z2 = (self.projection(h) for h in self.h.chunk(2))
        return z1, z2


class Objective(nn.Module):
    """Base: a name, and a loss of a step."""

    on_unseen = True

    def forward(self, step: Step) -> Tensor:
        """Return a scalar."""
        raise NotImplementedError


class Pairwise(Objective):
    """A loss of two views. In training it sees the views of all processes."""

    def __init__(self, loss: Callable[..., Tensor]) -> None:
        super().__init__()
        self.loss = loss

    def forward(self, step: Step) -> Tensor:
        z1, z2 = step.views
        return self.loss(gathered(z1), gathered(z2)) if self.training else self.loss(z1, z2)


class Contrast(Objective):
    """The contrastive losses of songs: by bilinear similarity, or by cosine in both directions.

    In training they see the views of all processes. Other pairs of an anchor's own artist are no negatives unless
    ``mask_same_artist`` is off.
    """

    def __init__(self, kind: str, *, projected: int, mask_same_artist: bool = True, temperature: float = 0.2) -> None:
        super().__init__()
        self.kind, self.mask_same_artist, self.temperature = kind, mask_same_artist, temperature
        self.similarity = None if kind == "nt-xent-symmetric" else Bilinear(projected)

    def forward(self, step: Step) -> Tensor:
        (u, v), voice, present = step.views, step.voice, step.present
        present = torch.ones_like(voice, dtype=torch.bool) if present is None else present
        if self.training:
            u, v, voice, present = (gathered(x) for x in (u, v, voice, present))
        mates = losses.same_label(voice) if self.mask_same_artist else None
        if self.similarity is None:
            return losses.nt_xent_symmetric(u, v, temperature=self.temperature, same_artist=mates)
        if self.kind == "cola":
            return losses.cola(self.similarity(u, v), same_artist=mates)
        return losses.existence_aware(self.similarity(u, v), present, same_artist=mates)


class Margin(Objective):
    """Labelled voices: additive margin softmax over one prototype a voice."""

    on_unseen = False

    def __init__(self, loss: Callable[..., Tensor], *, voices: int, dimension: int) -> None:
        super().__init__()
        self.loss, self.prototypes = loss, Prototypes(voices, dimension)

    def forward(self, step: Step) -> Tensor:
        return self.loss(step.h, self.prototypes(), step.voice.repeat(step.sides))


class Classes(Objective):
    """Labelled voices: softmax over a linear layer."""

    on_unseen = False

    def __init__(self, *, voices: int, dimension: int) -> None:
        super().__init__()
        self.linear = nn.Linear(dimension, voices)

    def forward(self, step: Step) -> Tensor:
        voice = step.voice.repeat(step.sides)
        known = voice >= 0  # else the name may not be used
        total = nn.functional.cross_entropy(self.linear(step.h)[known], voice[known], reduction="sum")
        return total / known.sum().clamp_min(1)


class Triplets(Objective):
    """Triplets across vocals and mixes and within each, of encoders for both (Kim et al. 2021).

    In training they see the sides of all processes. ``negatives`` is ``uniform`` (``count`` for each anchor, of other
    singers of the batch) or ``hardest``.
    """

    def __init__(
        self, *, negatives: Literal["uniform", "hardest"] = "uniform", count: int = 4, margin: float = losses.MARGIN,
        reverse: float = 1.0, within_vocals: float = 0.2, within_mixes: float = 0.2,
    ) -> None:  # fmt: skip
        super().__init__()
        if negatives not in ("uniform", "hardest"):
            raise ConfigError(f"no negatives {negatives!r}", hint="uniform or hardest")
        self.negatives, self.count = negatives, count
        self.loss = partial(
            losses.structure_preserving, margin=margin, reverse=reverse, within_vocals=within_vocals,
            within_mixes=within_mixes,
        )  # fmt: skip

    def forward(self, step: Step) -> Tensor:
        v, x, v_other, x_other = nn.functional.normalize(step.h, dim=-1).chunk(4)
        voice = step.voice
        whole = gathered(voice) if self.training else voice
        scores = torch.rand(len(voice), len(whole), generator=step.generator).to(voice.device)
        if self.training:
            v, x, v_other, x_other, scores = (gathered(part) for part in (v, x, v_other, x_other, scores))
        chosen = losses.uniform_negatives(whole, scores, count=self.count) if self.negatives == "uniform" else None
        return self.loss(v, x, v_other, x_other, whole, chosen)


class Taught(Objective):
    """What a teacher says of each recording."""

    on_unseen = False

    def __init__(self, loss: Callable[..., Tensor], *, dimension: int, taught: int) -> None:
        super().__init__()
        self.loss, self.linear = loss, nn.Linear(dimension, taught)

    def forward(self, step: Step) -> Tensor:
        assert step.teacher is not None
        return self.loss(self.linear(step.h), step.teacher.flatten(0, 1))


class Beginning(Objective):
    """What the encoder said in the beginning of each crop as it was: whole, and without augmentation.

    Nothing is to change for a crop as it is, so what was known of other voices than those at hand is not forgotten.
    """

    on_unseen = False

    def __init__(self, network: VoiceNetwork) -> None:
        super().__init__()
        self.encoder = copy.deepcopy(network.encoder).requires_grad_(False).eval()

    def train(self, mode: bool = True) -> Beginning:
        """Switch as usual, but for the copy, which never trains."""
        super().train(mode)
        self.encoder.eval()
        return self

    def begin(self, network: VoiceNetwork) -> None:
        """Take the weights that a network begins with."""
        self.encoder.load_state_dict(network.encoder.state_dict())

    def forward(self, step: Step) -> Tensor:
        assert step.crops is not None
        with torch.no_grad():
            crops = step.network.level_crops(step.crops).flatten(0, 1)
            said = step.encode(self.encoder, step.network.images(crops))
        return losses.teacher_cosine(step.h, said)


class Byol(Objective):
    """Each view predicts what a slowly moving copy says of the other (Grill et al. 2020)."""

    def __init__(self, network: VoiceNetwork, projection: nn.Module, *, projected: int, base: float = 0.99) -> None:
        super().__init__()
        self.predictor = Predictor(projected)
        self.target = Target(network.encoder, projection, base=base)

    def forward(self, step: Step) -> Tensor:
        q1, q2 = (self.predictor(z) for z in step.views)
        t1, t2 = self.target(step.images).chunk(2)
        return losses.byol(q1, t2, q2, t1)


class MaskedFrames(Objective):
    """Frames that were hidden, predicted from the others (encoders with a ``masked`` method)."""

    def forward(self, step: Step) -> Tensor:
        return losses.masked_l1(*step.network.encoder.masked(step.images, step.generator))  # pyright: ignore


def build_objectives(
    recipe: Recipe, network: VoiceNetwork, projection: nn.Module, *, voices: int, taught: int
) -> nn.ModuleDict:
    """Build the recipe's objectives by name.

    Raises:
        ConfigError: a loss or an option does not exist, or a loss needs what the recipe does not have.
    """
    if network.readouts and recipe.pairs.name != "triplets":
        raise ConfigError(f"encoder {recipe.encoder.name!r} needs batches of vocals and mixes", hint="pairs: triplets")
    if recipe.pairs.name == "triplets" and (others := {loss.name for loss in recipe.losses} - set(_OF_TRIPLETS)):
        raise ConfigError(f"loss {', '.join(sorted(others))} cannot take triplets", hint="another rule for pairs")
    return nn.ModuleDict({loss.name: _objective(loss, recipe, network, projection, voices, taught)
                          for loss in recipe.losses})  # fmt: skip


def _objective(
    loss: Loss, recipe: Recipe, network: VoiceNetwork, projection: nn.Module, voices: int, taught: int
) -> Objective:
    if loss.name in PAIRWISE:
        return Pairwise(_with_options(PAIRWISE[loss.name], loss))
    if loss.name in CONTRASTS:
        head = CONTRASTS[loss.name]
        if recipe.head != head or not recipe.projection:
            raise ConfigError(f"loss {loss.name!r} needs head: {head} and a projection")
        return _with_options(Contrast, loss)(loss.name, projected=recipe.projection)
    if loss.name == "am-softmax":
        return Margin(_with_options(losses.am_softmax, loss), voices=voices, dimension=network.dimension)
    if loss.name == "softmax":
        return _with_options(Classes, loss)(voices=voices, dimension=network.dimension)
    if loss.name == "structure-preserving":
        if not network.readouts:
            raise ConfigError("loss 'structure-preserving' needs an encoder for vocals and one for mixes",
                              hint="encoder: two-vocal-cnns, pairs: triplets")  # fmt: skip
        return _with_options(Triplets, loss)()
    if loss.name == "teacher":
        if not taught:
            raise ConfigError("loss 'teacher' needs data.teacher")
        return Taught(_with_options(losses.teacher_cosine, loss), dimension=network.dimension, taught=taught)
    if loss.name == "beginning":
        return _with_options(Beginning, loss)(network)
    if loss.name == "byol":
        if not recipe.projection:
            raise ConfigError("loss 'byol' needs a projection")
        return _with_options(Byol, loss)(network, projection, projected=recipe.projection)
    if loss.name == "masked-frames":
        if not hasattr(network.encoder, "masked"):
            raise ConfigError(f"loss 'masked-frames' cannot train encoder {recipe.encoder.name!r}",
                              hint="encoder cnn-transformer")  # fmt: skip
        return _with_options(MaskedFrames, loss)()
    names = ", ".join(sorted([*PAIRWISE, *CONTRASTS, *_OTHERS]))
    raise ConfigError(f"no loss called {loss.name!r}", hint=f"one of: {names}")


def _with_options(function: Callable, loss: Loss) -> Callable:
    known = [p.name for p in inspect.signature(function).parameters.values() if p.kind is p.KEYWORD_ONLY]
    if unknown := sorted(set(loss.options) - set(known)):
        options = ", ".join(known) or "none"
        raise ConfigError(f"loss {loss.name!r} has no option {', '.join(unknown)}", hint=f"its options: {options}")
    return partial(function, **loss.options)
