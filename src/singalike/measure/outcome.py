"""What an evaluation leaves, whatever its task."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from singalike import __version__
from singalike.measure.results import save_arrays, vectors_name

if TYPE_CHECKING:
    from singalike.encoders.published import Baseline
    from singalike.measure.clips import Clips, Embedded


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


def about_data(name: str, embedded: Embedded) -> dict[str, Any]:
    """Return what ``results.json`` says of the data: how much there was, its checksum, what failed."""
    clips = next(iter(embedded.clips.values()))
    return {
        "name": name,
        "recordings": embedded.recordings,
        "clips": len(clips.keys),
        "voices": len(set(clips.voices.tolist())),
        "sha256": embedded.sha256,
        "failed": embedded.failed,
    }


def save_clips(out: Path, condition: str, clips: Clips) -> None:
    """Write the clips of a condition and their vectors into a results folder."""
    save_arrays(out / vectors_name(condition), **{f.name: np.asarray(getattr(clips, f.name)) for f in fields(clips)})
