"""Demucs checkpoints: where they are, and how they are read without running code that is in them.

Two layouts, as the package ``demucs`` 4.1 knows them:

- the hub's: ``<name>.yaml`` (a bag: which models, with which weights) and one ``<signature>.safetensors`` a model, with
  class and arguments as JSON in its metadata;
- the old one: ``<signature>-<checksum>.th``, a pickle of ``{klass, args, kwargs, state}``, with or without a bag.

The package itself unpickles anything, and calls any class that metadata name. Here only its own model classes are.
"""

from __future__ import annotations

import json
import pickle
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from singalike.errors import MissingWeightsError, ModelMismatchError
from singalike.model.hub import home

if TYPE_CHECKING:
    from demucs.apply import BagOfModels

NAME = "htdemucs"
_SUFFIXES = (".safetensors", ".th")
_HINT = "convert it, or take the safetensors of the hub"


def load(weights: Path | None) -> BagOfModels:
    """Read a checkpoint: ``weights`` (a folder or one file), else ``home()/separators/htdemucs``, filled from the hub.

    Raises:
        MissingWeightsError: There is none, and it cannot be fetched; the message says what to put where.
        ModelMismatchError: It is damaged, or no Demucs model.
    """
    from demucs.apply import BagOfModels

    place = weights or home() / "separators" / NAME
    if place.is_file():
        return BagOfModels([_read(place)])
    if weights is None and not _bags(place) and not _files(place):
        _fetch(place)
    bag: dict[str, Any] = _bag(place)
    try:
        models = [_read(_file(place, str(one))) for one in bag["models"]]
        return BagOfModels(models, bag.get("weights"), bag.get("segment"))
    except (AssertionError, KeyError, TypeError) as error:
        what = f"its bag does not fit its models: {type(error).__name__} {error}"
        raise ModelMismatchError(what, where=place) from error


def _files(folder: Path) -> list[Path]:
    return sorted(file for file in folder.glob("*") if file.suffix in _SUFFIXES)


def _bags(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.yaml"))


def _bag(folder: Path) -> dict[str, Any]:
    """Return the one bag of a folder; a single model without a bag is one of itself."""
    import yaml

    bags, files = _bags(folder), _files(folder)
    if not bags and len(files) == 1:
        return {"models": [_signature(files[0])]}
    if len(bags) != 1:
        what = f"{len(bags)} bags (.yaml) and {len(files)} models ({', '.join(_SUFFIXES)}) in it"
        raise MissingWeightsError(what, where=folder, hint="one bag and its models, or one model; or name a file")
    try:
        bag = yaml.safe_load(bags[0].read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ModelMismatchError(f"is no YAML: {error}", where=bags[0]) from error
    if not isinstance(bag, dict) or not isinstance(bag.get("models"), list) or not bag["models"]:
        raise ModelMismatchError("names no models", where=bags[0], hint="a line such as: models: ['955717e8']")
    return bag


def _signature(file: Path) -> str:
    return file.stem.partition("-")[0]


def _file(folder: Path, signature: str) -> Path:
    for file in _files(folder):
        if _signature(file) == signature:
            return file
    raise MissingWeightsError(f"no {signature}.safetensors or {signature}-….th", where=folder)


def _read(file: Path) -> Any:
    from demucs.states import load_model

    try:
        package = _safetensors_package(file) if file.suffix == ".safetensors" else _pickled_package(file)
        return load_model(package)
    except ModelMismatchError:
        raise
    except Exception as error:  # the readers of both formats, and the model's constructor, raise what they like
        what = f"is no Demucs checkpoint: {type(error).__name__}: {str(error).partition(chr(10))[0]}"
        raise ModelMismatchError(what, where=file, hint="fetch it again") from error


def _safetensors_package(file: Path) -> dict[str, Any]:
    from safetensors import safe_open

    with safe_open(str(file), framework="pt") as content:
        metadata = content.metadata() or {}
        state = {key: content.get_tensor(key) for key in content.keys()}  # noqa: SIM118 - no iterator
    classes = {f"{one.__module__}.{one.__qualname__}": one for one in _classes()}
    if metadata.get("klass") not in classes or "structure" in metadata:
        what = f"holds a {metadata.get('klass', 'model without a class')}, not one of {', '.join(classes)}"
        raise ModelMismatchError(what, where=file, hint=_HINT)
    args, kwargs = (json.loads(metadata[key], object_hook=_fraction) for key in ("args", "kwargs"))
    return {"klass": classes[metadata["klass"]], "args": args, "kwargs": kwargs, "state": state}


def _fraction(value: dict[str, Any]) -> Any:
    """Undo how the hub's files write a fraction in JSON."""
    return Fraction(value["numerator"], value["denominator"]) if value.get("_type") == "fraction" else value


def _pickled_package(file: Path) -> dict[str, Any]:
    import torch
    from demucs.repo import check_checksum

    _, dash, checksum = file.stem.rpartition("-")
    if dash:
        check_checksum(file, checksum)
    try:
        with torch.serialization.safe_globals([*_classes(), Fraction]):
            return torch.load(file, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        what = f"wants to run code: {str(error).partition(chr(10))[0]}"
        raise ModelMismatchError(what, where=file, hint=_HINT) from error


def _classes() -> tuple[type, ...]:
    from demucs.hdemucs import HDemucs
    from demucs.htdemucs import HTDemucs

    return HTDemucs, HDemucs


def _fetch(folder: Path) -> None:
    """Fetch HT-Demucs from where the package looks for it too."""
    from demucs.hf import DEFAULT_NAMESPACE, hf_repo_name

    repository = f"{DEFAULT_NAMESPACE}/{hf_repo_name(NAME)}"
    try:
        from huggingface_hub import hf_hub_download

        hf_hub_download(repository, f"{NAME}.yaml", local_dir=folder)
        for one in _bag(folder)["models"]:
            hf_hub_download(repository, f"{one}.safetensors", local_dir=folder)
    except Exception as error:  # its transports have no error in common
        what = f"HT-Demucs is not here, and cannot be fetched: {str(error).partition(chr(10))[0]}"
        hint = f"put {NAME}.yaml and the .safetensors it names, of {repository}, into it; or --weights FOLDER"
        raise MissingWeightsError(what, where=folder, hint=hint) from error
