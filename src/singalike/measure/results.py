"""The folder that an evaluation leaves: figures, vectors, curves; what ``singalike report`` reads.

- ``results.json``   the settings, the model, the data, the figures of each condition
- ``vectors-*.npz``  the clips and their vectors, one file a condition
- ``det.npz``        false accepts and false rejects of each condition (similarity)
- ``det.png``        the same, drawn
- ``trials.csv``     the trials, where they were drawn here

Every file is written whole or not at all, ``results.json`` last.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from singalike.atomic import draft
from singalike.corpus.recordings import replace_text
from singalike.errors import ConfigError, ModelMismatchError

FORMAT, VERSION = "singalike-results", 1
RESULTS, TRIALS, CURVES, PICTURE = "results.json", "trials.csv", "det.npz", "det.png"
_OTHERS = ("robustness.png", "vocal-tags.png", "tags.npz")  # what single tasks leave besides


def vectors_name(condition: str) -> str:
    """Name the file of a condition's vectors: ``vectors-16khz.npz``."""
    return f"vectors-{condition.replace(' ', '').lower()}.npz"


def check_out(out: Path, document: Mapping[str, Any]) -> None:
    """Refuse a folder whose files are not earlier results of the same model and settings.

    Args:
        out: Where results are to be written.
        document: With ``model``, ``task`` and ``settings``, as :func:`read_results` gives them.

    Raises:
        ConfigError: Something of ours, or by the same name, would be lost.
    """
    hint = "choose another --out"
    if not (out / RESULTS).is_file():
        names = (TRIALS, CURVES, PICTURE, *_OTHERS, *(path.name for path in out.glob("vectors-*.npz")))
        if taken := [name for name in names if (out / name).exists()]:
            raise ConfigError(f"{', '.join(taken)} would be overwritten", where=out, hint=hint)
        return
    before = read_results(out)
    if before["model"]["fingerprint"] != document["model"]["fingerprint"]:
        raise ConfigError(f"holds results of the model {before['model']['name']}", where=out, hint=hint)
    old, new = ({"task": d["task"], **d["settings"]} for d in (before, document))
    if other := [f"{name}: {old.get(name)}" for name in new if old.get(name) != new[name]]:
        raise ConfigError(f"holds results of other settings ({'; '.join(other)})", where=out, hint=hint)


def write_results(out: Path, document: Mapping[str, Any]) -> None:
    """Write ``results.json``.

    Args:
        out: The results folder.
        document: Everything but ``format`` and ``version``, JSON-ready, finite.
    """
    content = {"format": FORMAT, "version": VERSION, **document}
    replace_text(out / RESULTS, json.dumps(content, indent=2, allow_nan=False) + "\n")


def read_results(folder: Path) -> dict[str, Any]:
    """Read ``results.json``.

    Raises:
        ConfigError: There is none, or it is not ours, or of a newer version.
    """
    path = folder / RESULTS
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ConfigError(f"cannot read the results: {error}", where=path, hint="`singalike evaluate`") from error
    if not isinstance(document, dict) or document.get("format") != FORMAT or document.get("version", 99) > VERSION:
        raise ConfigError(f"not results of format {FORMAT}, version {VERSION} or older", where=path)
    return document


def read_vectors(folder: Path, condition: str) -> dict[str, np.ndarray]:
    """Read the clips of a condition.

    Returns:
        ``keys``, ``recordings``, ``voices``, ``kinds``, ``sessions``, ``starts_seconds``, each (N,);
        ``vectors`` (N, D) or (N, L, D); ``model`` (), the fingerprint.

    Raises:
        ConfigError: The file is missing or damaged.
        ModelMismatchError: The vectors are of another model than the results.
    """
    path = folder / vectors_name(condition)
    arrays = read_arrays(path)
    if arrays is None:
        raise ConfigError("no vectors, or a damaged file", where=path, hint="run the evaluation again")
    if str(arrays["model"]) != read_results(folder)["model"]["fingerprint"]:
        raise ModelMismatchError(f"the vectors are not of the model of {RESULTS}", where=path)
    return arrays


def save_arrays(path: Path, **arrays: np.ndarray) -> None:
    """Write an ``.npz`` whole or not at all, also where another process writes the same one."""
    with draft(path) as place:
        np.savez(place, **arrays)  # pyright: ignore[reportArgumentType]


def read_arrays(path: Path) -> dict[str, np.ndarray] | None:
    """Read an ``.npz``; None where it is missing or damaged."""
    try:
        with np.load(path, allow_pickle=False) as file:
            return dict(file)
    except (OSError, EOFError, ValueError, zipfile.BadZipFile):  # EOFError: an empty file
        return None
