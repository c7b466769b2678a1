"""Results folders as `singalike evaluate` writes them, made of invented figures, for the tests of what reads them."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np

from singalike.measure.results import CURVES, save_arrays, vectors_name, write_results

FIGURES = {
    "similarity": {
        "eer": 0.2071, "eer_low": 0.157, "eer_high": 0.256, "auc": 0.871,
        "mnr_eq7": 0.0321, "mnr_eq7_low": 0.021, "mnr_eq7_high": 0.042, "mnr_eq7_set_size": 512,
        "mnr_released_code": 0.081, "mnr_released_code_low": 0.06, "mnr_released_code_high": 0.1,
        "mnr_released_code_set_size": 40, "trials": 200, "targets": 100, "nontargets": 100, "clips": 8, "singers": 4,
    },
    "singers": {
        "accuracy": 0.812, "accuracy_low": 0.75, "accuracy_high": 0.87, "chance": 0.25,
        "folds": [0.8, 0.824], "clips": 8, "files": 8, "singers": 4,
    },
}  # fmt: skip


def robustness_results(*, eer: float = 0.2, growth: float = 1.5) -> list[dict[str, Any]]:
    """Clean clips and two changes, one of them of both sides only."""
    changed = eer * growth
    results = [{"condition": "clean", "change": "clean", "sides": "none", "eer": eer, "trials": 200, "clips": 8}]
    for change, sides in (("mp3 64 kbit/s", "one"), ("mp3 64 kbit/s", "both"), ("misleading 0 dB", "both")):
        side = "one side" if sides == "one" else "both sides"
        named = {"condition": f"{change}, {side}", "change": change, "sides": sides}
        interval = {"eer_low": changed - 0.05, "eer_high": changed + 0.05}
        results.append({**named, "eer": changed, **interval, "growth": growth, "trials": 180, "clips": 8})
    return results


def song_results(metric: str, *values: float, **others: Any) -> list[dict[str, Any]]:
    """One metric on vocals and mixtures of 1 s and of whole songs, vocals first; `others` are in each."""
    names = ("vocals, 1 s", "vocals, song", "mixture, 1 s", "mixture, song")
    return [
        {"condition": name, metric: value, f"{metric}_low": value - 0.1, f"{metric}_high": value + 0.1, **others}
        for name, value in zip(names, values, strict=True)
    ]


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def write_folder(
    folder: Path,
    *,
    model: str = "ge2e",
    task: str = "similarity",
    data: str = "RAVDESS",
    trials: str = "one list",
    rate_hz: int = 44_100,
    conditions: tuple[str, ...] = ("native", "16 kHz"),
    clips: int = 8,
    figures: dict[str, Any] | None = None,
    failed: list[dict[str, str]] | None = None,
    **changes: Any,
) -> Path:
    """Write a whole folder; `figures` and `changes` replace metrics and fields of the document."""
    folder.mkdir(parents=True, exist_ok=True)
    document: dict[str, Any] = {
        "task": task,
        "command": f"singalike evaluate {model} --data voices --task {task} --out {folder.name}",
        "created": "2026-11-21T12:00:00+00:00",
        "singalike": "0.1.0",
        "model": {"name": model, "fingerprint": sha(model), "sample_rate_hz": rate_hz},
        "data": {
            "name": data, "recordings": 8, "clips": clips, "voices": 4, "sha256": sha(data), "failed": failed or [],
        },
        "clip_seconds": 4.0,
        "seed": 0,
        "results": [{"condition": c, **FIGURES.get(task, {}), **(figures or {})} for c in conditions],
    }  # fmt: skip
    if task == "similarity":
        document["trials"] = {"sha256": sha(trials), "trials": 200, "drawn": {"seed": 0}}
        rates = np.linspace(0.01, 0.99, 20)
        curves = {
            f"{c}_false_{what}": r for c in conditions for what, r in (("accepts", rates), ("rejects", 1 - rates))
        }
        save_arrays(folder / CURVES, **curves)
    for condition in conditions:
        save_arrays(folder / vectors_name(condition), **arrays(model, clips))
    write_results(folder, {**document, **changes})
    return folder


def arrays(model: str, clips: int) -> dict[str, np.ndarray]:
    """Vectors of four singers, two sessions, two kinds."""
    number = np.arange(clips)
    voices = np.array(["ann", "bob", "cleo", "dan"])[number % 4]
    return {
        "keys": np.array([f"{voice}/song.wav@{i}" for i, voice in enumerate(voices)]),
        "recordings": np.array([f"{voice}/song.wav" for voice in voices]),
        "voices": voices,
        "kinds": np.array(["sung", "spoken"])[number // 4 % 2],
        "sessions": np.array(["monday", "friday"])[number % 2],
        "starts_seconds": number.astype(float),
        "vectors": np.random.default_rng(0).normal(size=(clips, 6)).astype(np.float32),
        "model": np.array(sha(model)),
    }
