"""What an evaluation leaves, whatever its task."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from singalike import __version__

if TYPE_CHECKING:
    from singalike.encoders.published import Baseline


@dataclass(frozen=True)
class Outcome:
    """What an evaluation left.

    Attributes:
        folder: The results folder.
        document: What its ``results.json`` holds.
        notes: What the reader of the figures should know, one sentence each.
    """

    folder: Path
    document: dict[str, Any]
    notes: list[str]


def new_document(
    embedder: Baseline,
    *,
    task: str,
    command: str,
    clip_seconds: float | None,
    seed: int,
    settings: Mapping[str, Any],
    source: Path,
) -> dict[str, Any]:
    """Return the head of a ``results.json``; ``data``, ``results`` and ``notes`` are to follow."""
    return {
        "task": task,
        "command": command,
        "created": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "singalike": __version__,
        "model": {
            "name": embedder.name,
            "fingerprint": embedder.fingerprint,
            "sample_rate_hz": embedder.sample_rate_hz,
        },
        "clip_seconds": clip_seconds,
        "seed": seed,
        "settings": {**settings, "data": str(source)},
    }
