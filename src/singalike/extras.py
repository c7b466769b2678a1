"""Reaching the learning half from the use half: at the moment it is needed, and not before."""

from __future__ import annotations

import importlib
from types import ModuleType

from singalike.errors import MissingExtraError


def learning_half(module: str) -> ModuleType:
    """Import ``singalike.<module>``, which needs libraries that a plain installation does not bring.

    Raises:
        MissingExtraError: a library is missing; the message says what to install.
    """
    try:
        return importlib.import_module(f"singalike.{module}")
    except ModuleNotFoundError as error:
        missing = error.name or ""
        if missing.partition(".")[0] == "singalike":
            raise  # a bug of ours, not a missing extra
        raise MissingExtraError(f"{missing} is not installed", hint="pip install 'singalike[train]'") from error
