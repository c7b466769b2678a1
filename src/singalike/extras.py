"""Libraries that a plain installation does not bring: asked for at the moment they are needed, and not before."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

from singalike.errors import MissingExtraError

TRAIN_HINT = "pip install 'singalike[train]'"
MATCH_HINT = "pip install 'singalike[match]'"
PLOTS_HINT = "pip install 'singalike[plots]'"


@contextmanager
def needs_extra(hint: str, *, who: str = "") -> Iterator[None]:
    """Turn the import error of a missing library inside the block into one that says what to install.

    Args:
        hint: What to install.
        who: Who needs the library, for the message.

    Raises:
        MissingExtraError: a library is missing. A missing module of our own is a bug and stays what it is.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        missing = error.name or ""
        if missing.partition(".")[0] == "singalike":
            raise
        what = f"{who} needs {missing}" if who else f"{missing} is not installed"
        raise MissingExtraError(what, hint=hint) from error


def learning_half(module: str) -> ModuleType:
    """Import ``singalike.<module>``, of the half that needs torch.

    Raises:
        MissingExtraError: a library is missing; the message says what to install.
    """
    with needs_extra(TRAIN_HINT):
        return importlib.import_module(f"singalike.{module}")
