"""Models by name or folder."""

from __future__ import annotations

import os
from pathlib import Path

from singalike.errors import MissingWeightsError
from singalike.model.encoder import Model

_DEFAULT = Path(__file__).parent / "default"


def home() -> Path:
    """Return the folder for caches and installed models: ``$SINGALIKE_HOME`` or ``~/.cache/singalike``."""
    return Path(os.environ.get("SINGALIKE_HOME") or Path.home() / ".cache" / "singalike").expanduser()


def find_model(name_or_folder: str | Path | None = None) -> Path:
    """Return the folder of a model: a folder as given, ``default``, or a name under ``home()/models``.

    Raises:
        MissingWeightsError: there is none; the message says where it was looked for.
    """
    if name_or_folder is None or str(name_or_folder) == "default":
        return _DEFAULT
    folder = Path(name_or_folder).expanduser()
    if folder.is_dir():
        return folder
    installed = home() / "models" / str(name_or_folder)
    if installed.is_dir():
        return installed
    raise MissingWeightsError(
        f"no model {str(name_or_folder)!r}",
        hint=f"a model folder, 'default', or a folder of that name in {home() / 'models'}",
    )


def load_model(name_or_folder: str | Path | None = None, *, threads: int = 0) -> Model:
    """Load a model; without a name the one that singalike ships with.

    Raises:
        MissingWeightsError: there is no such model.
        ModelMismatchError: its files do not belong together.
    """
    return Model(find_model(name_or_folder), threads=threads)
