"""``doctor``: is this installation, this model, this library in order?"""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from singalike.cli.options import Json, ModelName, named_folder
from singalike.cli.output import USAGE, emit, print_table
from singalike.errors import SingalikeError

if TYPE_CHECKING:
    from singalike.model.encoder import Model

OK, WARNING, FAILED = "ok", "warning", "FAILED"
_SELF_TEST_SECONDS = 6.0


@dataclass(frozen=True)
class Check:
    """One thing looked at: its name, "ok", "warning" or "FAILED", and what was found."""

    name: str
    status: str
    found: str


def doctor(
    library: Annotated[
        Path | None, typer.Option("--library", metavar="DIR", help="Check this library too.", parser=named_folder)
    ] = None,
    model: ModelName = None,
    as_json: Json = False,
) -> None:
    """Check the installation, the model and, if asked, a library. Exits with 2 if anything failed."""
    checks = [*_packages(), _cache_folder(), *_model(model)]
    if library is not None:
        from singalike.cli.checkup import check_library

        checks += check_library(library, model)
    if as_json:
        emit({"ok": all(c.status != FAILED for c in checks), "checks": [asdict(c) for c in checks]})
    else:
        print_table(["check", "", "found"], [(c.name, c.status, c.found) for c in checks])
    if any(c.status == FAILED for c in checks):
        raise typer.Exit(USAGE)


def _packages() -> Iterator[Check]:
    """Compare what pyproject.toml asks for with what is installed, the core and each extra."""
    yield Check("python", OK, f"{platform.python_version()} on {platform.platform()}")
    wanted: dict[str, list[str]] = {}
    for requirement in metadata.requires("singalike") or []:
        name = re.match(r"[\w.-]+", requirement)
        extra = re.search(r"""extra == ['"](\w+)['"]""", requirement)
        if name:
            wanted.setdefault(extra[1] if extra else "", []).append(name[0])
    for extra, names in wanted.items():
        versions = {name: _version(name) for name in names}
        missing = [name for name, version in versions.items() if version is None]
        title = f"extra {extra}" if extra else f"singalike {metadata.version('singalike')}"
        if missing:  # an extra may be left out; the core may not
            yield Check(title, OK if extra else FAILED, f"not installed: {', '.join(missing)}")
        else:
            yield Check(title, OK, ", ".join(f"{name} {version}" for name, version in versions.items()))


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _cache_folder() -> Check:
    from singalike.model.hub import home

    folder = home()
    nearest = next(f for f in (folder, *folder.parents) if f.exists())
    if not os.access(nearest, os.W_OK):
        return Check("cache", WARNING, f"{folder} cannot be written: set SINGALIKE_HOME")
    return Check("cache", OK, f"{folder}{'' if folder.exists() else ' (will be made)'}")


def _model(name: str | None) -> Iterator[Check]:
    """Check the model's files against its card, then embed a sung clip twice."""
    from singalike.checksum import sha256
    from singalike.model.card import WEIGHTS
    from singalike.model.hub import load_model

    try:
        model = load_model(name)  # compares the graph with its card
    except SingalikeError as error:
        yield Check("model", FAILED, str(error))
        return
    yield Check("model", OK, f"{model.card.name}, {model.dimension} numbers, {model.folder}")
    weights = model.folder / WEIGHTS
    if weights.is_file():
        fits = sha256(weights) == model.fingerprint
        yield Check("weights", OK if fits else FAILED, "fit the card" if fits else f"{weights} does not fit its card")
    yield _self_test(model)


def _self_test(model: Model) -> Check:
    import numpy as np

    from singalike.audio.choir import melody, sing, singer

    rate = model.sample_rate_hz
    clip = sing(singer(1), melody(1, seconds=_SELF_TEST_SECONDS), sample_rate_hz=rate)
    try:
        first, second = (model.embed(clip, sample_rate_hz=rate) for _ in range(2))
    except Exception as error:
        return Check("self-test", FAILED, f"{type(error).__name__}: {error}")
    if not np.array_equal(first, second):
        return Check("self-test", FAILED, "one clip got two different vectors")
    if not abs(float(np.linalg.norm(first)) - 1.0) < 1e-3:
        return Check("self-test", FAILED, "the vector is not of unit length")
    return Check("self-test", OK, "a sung clip, embedded twice, got one unit vector")
