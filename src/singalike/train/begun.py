"""What a run was begun with, kept in its folder: the resolved recipe and the data, so that it goes on with the same."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from singalike.corpus.recordings import replace_text
from singalike.corpus.segments import Segments
from singalike.errors import ConfigError, InputError
from singalike.train.prepare import Part
from singalike.train.recipe import RECIPE, Recipe, begun_recipe

DATA = "data.json"
PARTS = ("train", "validation", "accompaniments")


def check_recipe(run: Path, recipe: Recipe) -> None:
    """Refuse to go on with a run by another recipe (ConfigError)."""
    path = run / RECIPE
    if path.is_file() and begun_recipe(run) != recipe:
        raise ConfigError("this run was begun with another recipe", where=path, hint="take another --out")


def check_data(run: Path, described: dict[str, Any]) -> None:
    """Refuse to go on with a run on other data: its singers may be on the other side of the split.

    Raises:
        ConfigError: a part is of other recordings than the run was begun with.
    """
    if differ := parts_that_differ(run, described):
        what = f"this run was begun with other data to {' and '.join(differ)} on"
        raise ConfigError(what, where=run / DATA, hint="take the same --data, or another --out")


def parts_that_differ(run: Path, described: dict[str, Any]) -> list[str]:
    """Return which parts of the data are not those of a run; what older runs do not tell is not compared."""
    begun = json.loads((run / DATA).read_text(encoding="utf-8"))
    return [
        part
        for part in PARTS
        if any(described.get(part, {}).get(key) != value for key, value in begun.get(part, {}).items())
    ]


def write_start(run: Path, recipe: Recipe, data: Path, described: dict[str, Any]) -> None:
    """Write ``recipe.yaml`` and ``data.json``."""
    run.mkdir(parents=True, exist_ok=True)
    replace_text(run / RECIPE, yaml.safe_dump(recipe.model_dump(), sort_keys=False))
    replace_text(run / DATA, json.dumps({"data": data.name, **described}, indent=2) + "\n")


def describe_recordings(parts: dict[str, Part], failed: list[InputError], *, sample_rate_hz: int) -> dict[str, Any]:
    """Return what there is of each part, what was trained on by source and licence, and what was left out."""
    of_each = {
        name: {
            "recordings": len(part.recordings),
            "voices": len(part.voices),
            "checksum": _checksum(
                (recording.voice, samples) for recording, samples in zip(part.recordings, part.samples, strict=True)
            ),
        }
        for name, part in parts.items()
    }
    return {**of_each, "sources": _sources(parts["train"], sample_rate_hz), "failed": _as_dicts(failed)}


def describe_songs(parts: dict[str, Segments], failed: list[InputError], *, sample_rate_hz: int) -> dict[str, Any]:
    """Return the same of songs."""
    of_each = {
        name: {
            "songs": len(part.songs),
            "segments": len(part),
            "voices": len({each.song.voice for each in part.songs}),
            "checksum": _checksum((each.song.voice, path) for each in part.songs for path in each.samples.values()),
        }
        for name, part in parts.items()
    }
    groups: dict[tuple[str, str], list[Any]] = defaultdict(list)
    for each in parts["train"].songs:
        groups[each.song.source or "songs", each.song.licence or "not stated"].append(each)
    sources = [
        _source(name, licence, {each.song.voice for each in own}, sum(map(len, own)) / sample_rate_hz)
        for (name, licence), own in sorted(groups.items())
    ]
    return {**of_each, "sources": sources, "failed": _as_dicts(failed)}


def _checksum(samples: Iterable[tuple[str, Path]]) -> str:
    """Return a checksum of who sings what; samples are named by the content of their recordings."""
    lines = sorted(f"{voice}\t{path.name}\n" for voice, path in samples)
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _sources(part: Part, sample_rate_hz: int) -> list[dict[str, Any]]:
    """Return what was trained on, by source and licence: each file once, whatever copies were made of it."""
    groups: dict[tuple[str, str], list[int]] = defaultdict(list)
    seen: set[Path] = set()
    for i, recording in enumerate(part.recordings):
        if recording.path not in seen:
            seen.add(recording.path)
            groups[recording.source or "recordings", recording.licence or "not stated"].append(i)
    return [
        _source(
            name,
            licence,
            {part.recordings[i].voice for i in own},
            sum(len(np.load(part.samples[i], mmap_mode="r")) for i in own) / sample_rate_hz,
        )
        for (name, licence), own in sorted(groups.items())
    ]


def _source(name: str, licence: str, voices: set[str], seconds: float) -> dict[str, Any]:
    return {"name": name, "licence": licence, "voices": len(voices), "hours": round(seconds / 3600, 3)}


def _as_dicts(failed: list[InputError]) -> list[dict[str, Any]]:
    return [error.as_dict() for error in failed]
