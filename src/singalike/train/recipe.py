"""Recipes: everything a training run depends on besides its data, checked before it starts.

A recipe is a small YAML under ``recipes/`` that names its ``parent`` and says only what differs; the whole,
resolved, is written into the run folder.
"""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import Any, Literal

import pydantic
import yaml

from singalike.errors import ConfigError, MissingWeightsError
from singalike.model.card import Pooling

RECIPE = "recipe.yaml"
_MAPPINGS = ("encoder", "data", "first", "songs", "optimizer")  # merged with the parent's; everything else replaces it


class _Strict(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid")


class Named(pydantic.BaseModel):
    """A part by name, the rest of its fields being the part's options."""

    model_config = pydantic.ConfigDict(extra="allow")
    name: str

    @property
    def options(self) -> dict[str, Any]:
        """The options beside the name."""
        return dict(self.model_extra or {})


class Loss(Named):
    """One objective and its weight in the sum."""

    weight: float = 1.0


class Data(_Strict):
    """Where recordings come from and what is done to them before the first epoch.

    ``reader`` is ``table`` (a table, or a folder of singers) or the name of a known dataset.
    """

    reader: str = "table"
    commercial_only: bool = False
    shorten_silences: bool = True
    speeds: list[float] = []
    sung_copies: bool = False
    choir_singers: int = 0
    choir_songs: int = 3
    validation_share: float = 0.1
    teacher: Literal["", "ge2e", "campplus"] = ""


class Songs(_Strict):
    """How songs are cut and mixed; a recipe with this section learns from songs instead of recordings.

    ``level`` says what has norm 1: the ``segment``, of which a crop keeps its share (MSCOL, CVSM), or each ``crop``.
    """

    segment_seconds: float = 5.0
    level: Literal["segment", "crop"] = "segment"
    law: Literal["square", "root"] = "square"
    bleed_db: float | None = None


class First(_Strict):
    """A recipe that is trained first, on the same data, to begin with its weights.

    ``changes`` are made to it (``max_epochs: 5``); it is trained in the run's folder ``first``, unless ``run`` names a
    folder where that has been done already.
    """

    recipe: str
    changes: dict[str, Any] = {}
    run: str = ""


class Optimizer(_Strict):
    """Adam, or SGD with Nesterov's momentum; an optional linear warm-up (in steps or epochs) and a schedule.

    ``cosine`` decays to 0, ``halved`` halves the rate once, half-way (MSCOL, CVSM's second stage).
    """

    name: Literal["adam", "sgd"] = "adam"
    momentum: float = 0.9
    lr: float = pydantic.Field(default=1e-4, ge=0.0)
    weight_decay: float = pydantic.Field(default=1e-5, ge=0.0)
    decoupled: bool = False
    warmup_steps: int = 0
    warmup_epochs: int = 0
    schedule: Literal["constant", "cosine", "halved"] = "constant"


class Recipe(_Strict):
    """A training recipe; ``description`` and ``citation`` say what it repeats.

    ``heard_seconds`` is how much of each crop the network hears in training, where that is not all of it (the loss
    ``beginning`` compares with the whole crop). ``max_speed`` makes every crop another voice, by playing it at a speed
    of its own, up to so much faster or slower; that loss alone allows it. ``window_seconds`` is how much the trained
    model hears at once, where that is not a crop's length; ``pooling`` is what its vector of a recording is the mean
    over, see :class:`singalike.model.card.Card`. ``trained`` names the encoder's parameters that are trained, where
    not all of them are, see :mod:`singalike.train.freeze`. ``precision`` is the encoder's in training; the front-end's
    is always float32 (a log-mel suffers in bfloat16). ``recentre`` is how far from speech (0) to singing (1) the
    centre of its space lies that is found again in the end, with its nuisances, see :mod:`singalike.train.recentre`.
    ``hears_voice``: the trained model also says where there is a voice, see :mod:`singalike.train.voice_detector`.
    """

    name: str
    description: str
    citation: str = ""
    features: str
    encoder: Named
    initial: Literal["", "ge2e", "campplus"] = ""
    first: First | None = None
    trained: list[str] = []
    projection: int = 0
    head: Literal["projection", "bilinear"] = "projection"
    pairs: Named
    crop_seconds: float = pydantic.Field(gt=0.0)
    heard_seconds: float | None = pydantic.Field(None, gt=0.0)
    max_speed: float = pydantic.Field(1.0, ge=1.0, le=2.0)
    window_seconds: float | None = pydantic.Field(None, gt=0.0)
    hop_seconds: float = pydantic.Field(gt=0.0)
    min_seconds: float = 0.5
    pooling: Pooling = "windows"
    domains: list[Literal["vocals", "mix"]] = ["vocals"]
    data: Data = Data()
    songs: Songs | None = None
    augment: list[Named] = []
    augment_images: list[Named] = []
    losses: list[Loss]
    optimizer: Optimizer = Optimizer()
    batch_size: int = pydantic.Field(gt=0)
    steps_per_epoch: int | None = pydantic.Field(None, gt=0)
    max_epochs: int = pydantic.Field(gt=0)
    patience: int | None = pydantic.Field(None, gt=0)
    monitor: Literal["loss", "eer", "mean_normalised_rank"] = "loss"
    weight_average: float = pydantic.Field(0.0, ge=0.0, lt=1.0)
    recentre: float | None = pydantic.Field(None, ge=0.0, le=1.0)
    hears_voice: bool = False
    precision: Literal["float32", "bfloat16"] = "float32"
    seed: int = pydantic.Field(0, ge=0)

    @pydantic.field_validator("pairs", mode="before")
    @classmethod
    def _name_alone(cls, pairs: Any) -> Any:
        return {"name": pairs} if isinstance(pairs, str) else pairs

    @pydantic.model_validator(mode="after")
    def _of_recordings_alone(self) -> Recipe:
        if self.songs and (self.recentre is not None or self.heard_seconds is not None or self.initial):
            raise ValueError("recentre, heard_seconds and initial are for recordings, not for songs")
        if self.hears_voice and (self.songs or all(part.name != "accompaniment" for part in self.augment)):
            raise ValueError("hears_voice is for recordings with the augmentation accompaniment: what is no voice")
        if self.heard_seconds is not None and self.heard_seconds > self.crop_seconds:
            raise ValueError(f"heard_seconds is at most crop_seconds, {self.crop_seconds}, not {self.heard_seconds}")
        return self

    @pydantic.model_validator(mode="after")
    def _another_voice_has_no_name(self) -> Recipe:
        if self.max_speed > 1.0 and (self.songs or {loss.name for loss in self.losses} != {"beginning"}):
            raise ValueError("max_speed makes another voice of every crop: only the loss beginning can be trained so")
        return self

    @pydantic.model_validator(mode="after")
    def _nuisances_are_found(self) -> Recipe:
        if self.encoder.options.get("nuisances") and self.recentre is None:
            raise ValueError("the encoder's nuisances are found by recentre alone; without it they take nothing off")
        return self

    @pydantic.field_validator("losses")
    @classmethod
    def _each_loss_once(cls, losses: list[Loss]) -> list[Loss]:
        names = [loss.name for loss in losses]
        if not names or len(set(names)) < len(names):
            raise ValueError(f"each loss once, and at least one: {', '.join(names) or 'none'}")
        return losses


def begun_recipe(run: Path) -> Recipe:
    """Return the recipe that a run folder was begun with; what older runs lack has its default.

    Raises:
        MissingWeightsError: it is no run folder.
        ConfigError: its recipe is not one that this version can read.
    """
    path = run / RECIPE
    if not path.is_file():
        hint = "a folder that `train` wrote"
        raise MissingWeightsError("no recipe.yaml: no run was begun here", where=run, hint=hint)
    try:
        return Recipe.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (yaml.YAMLError, pydantic.ValidationError) as error:
        hint = f"it was changed, or written by another version: {error}"
        raise ConfigError("this recipe cannot be read", where=path, hint=hint) from error


def recipe_names() -> list[str]:
    """Return the names of all recipes that singalike ships."""
    folder = resources.files("singalike") / "recipes"
    return sorted(Path(entry.name).stem for entry in folder.iterdir() if entry.name.endswith(".yaml"))


def load_recipe(name: str, overrides: list[str] | None = None) -> Recipe:
    """Load a recipe by name or YAML path, with ``key=value`` overrides (``optimizer.lr=1e-3``).

    Raises:
        ConfigError: there is no such recipe or key, or a value does not fit; the message names it.
    """
    fields = _resolve(name)
    for override in overrides or []:
        _override(fields, override)
    try:
        return Recipe.model_validate(fields)
    except pydantic.ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        where = f"{name!r}, {place}" if place else repr(name)  # what concerns several fields has no place
        raise ConfigError(f"recipe {where}: {first['msg']}", hint="see `singalike info --recipes`") from error


def _resolve(name: str) -> dict[str, Any]:
    text = _read(name)
    try:
        fields = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ConfigError(f"recipe {name!r} is not YAML: {error}") from error
    if not isinstance(fields, dict):
        raise ConfigError(f"recipe {name!r} holds no fields")
    parent = fields.pop("parent", None)
    if parent is None:
        return fields
    merged = _resolve(parent)
    for key, value in fields.items():
        both = key in _MAPPINGS and isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = {**merged[key], **value} if both else value
    return merged


def _read(name: str) -> str:
    if name.endswith((".yaml", ".yml")):
        if not Path(name).is_file():
            raise ConfigError("no such recipe", where=name)
        return Path(name).read_text(encoding="utf-8")
    if name not in recipe_names():
        raise ConfigError(f"no recipe called {name!r}", hint=f"one of: {', '.join(recipe_names())}")
    return (resources.files("singalike") / "recipes" / f"{name}.yaml").read_text(encoding="utf-8")


def _override(fields: dict[str, Any], override: str) -> None:
    key, equals, value = override.partition("=")
    if not equals or not key:
        raise ConfigError(f"{override!r} is not key=value")
    target, parts = fields, key.split(".")
    for part in parts[:-1]:
        target = target.setdefault(part, {})
        if not isinstance(target, dict):
            raise ConfigError(f"{key!r}: {part!r} holds no fields")
    try:
        target[parts[-1]] = yaml.safe_load(value)
    except yaml.YAMLError as error:
        raise ConfigError(f"{override!r}: the value is not YAML", hint="quote it, or close its brackets") from error
