"""Measure models on real singers they have never heard, beside GE2E and MFCC statistics.

    python benchmarks/real_voices.py default ge2e mfcc
    python benchmarks/real_voices.py default ge2e --mix --json mixes.json

Data (none of it may be trained on): the songs of RAVDESS, targets across emotions, non-targets of one
gender, for choosing; the sung clips of GTSinger's demonstration page for reporting, by its published trials
and by all pairs, targets in different songs, non-targets of one voice part. Vectors are cached by the file's
checksum and the model's fingerprint, so an interrupted run goes on where it stopped.

``--mix`` adds the band of the virtual choir to every clip, another tune each, at −6, 0 and 6 dB of vocals
over accompaniment, and tries vocals with vocals, mixes with mixes and vocals with mixes (there, recordings
are ranked among vocals and mixes of other singers alike).

Top-1 is how often the recording nearest to another is of the same singer, the singer's recordings of the same session
(RAVDESS) or song (GTSinger) left out, as they are in the trials. The collection is small: it is for comparing models.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import compress
from pathlib import Path
from typing import Any

import numpy as np

from singalike.audio.choir import accompany, melody
from singalike.audio.decode import decode
from singalike.audio.resample import resample
from singalike.corpus.readers import gtsinger_demo, open_voices
from singalike.encoders.published import Baseline
from singalike.errors import SingalikeError
from singalike.evaluate import similarity
from singalike.evaluate.drawing import draw_trials
from singalike.evaluate.query_by_singer import precisions
from singalike.evaluate.tracks import mean_figures
from singalike.evaluate.trials import Trials, read_trials
from singalike.measure.columns import figure
from singalike.measure.embedders import EMBEDDERS, find_embedder
from singalike.model.hub import home

SHARED = Path(os.environ.get("SINGALIKE_SHARED", Path(__file__).parents[2] / "shared"))
TRIALS, SEED = 10_000, 0
LEVELS_DB = (-6, 0, 6)
Levels = tuple[
    int | None, int | None
]  # of the two sides: vocals (None), or a mix with so many dB of vocals over the band


@dataclass(frozen=True)
class Task:
    """Trials with paths relative to ``root``, and of each path its singer and the session or song targets cross."""

    name: str
    root: Path
    trials: Trials
    singer_of: dict[str, str]
    crossed_of: dict[str, str]


def tasks(data: Path) -> list[Task]:
    """Draw or read the three sets of trials."""
    ravdess = open_voices.read(data, sources={"ravdess-song"})
    gender = {r.voice: ravdess_gender(r.voice) for r in ravdess}
    clips_root = data / "eval" / "gtsinger"
    clips = gtsinger_demo.read(clips_root, kinds={"sung"})
    parts = gtsinger_demo.traits(clips_root, "voice_part")
    singers = {r.path.relative_to(clips_root).as_posix(): r.voice for r in clips}
    songs = {r.path.relative_to(clips_root).as_posix(): r.song for r in clips}
    return [
        Task(
            "RAVDESS song",
            data,
            draw_trials(ravdess, TRIALS, SEED, cross="session", match=gender, root=data),
            {r.path.relative_to(data).as_posix(): r.voice for r in ravdess},
            {r.path.relative_to(data).as_posix(): r.session for r in ravdess},
        ),
        Task("GTSinger, published trials", clips_root, read_trials(clips_root / "trials.csv"), singers, songs),
        Task(
            "GTSinger, all pairs",
            clips_root,
            draw_trials(clips, TRIALS, SEED, cross="song", match=parts, root=clips_root),
            singers,
            songs,
        ),
    ]


def sung_with_spoken(data: Path) -> Task:
    """Return trials of RAVDESS of what somebody sings with what somebody says, one gender."""
    both = open_voices.read(data, sources={"ravdess-song", "ravdess-speech"})
    singing = {r.voice for r in both if r.kind == "sung"}
    both = [r for r in both if r.voice in singing]
    kind = {r.path.relative_to(data).as_posix(): r.kind for r in both}
    gender = {r.voice: ravdess_gender(r.voice) for r in both}
    every = draw_trials(
        [replace(r, session=r.kind) for r in both], 4 * TRIALS, SEED, cross="session", match=gender, root=data
    )
    crossing = [kind[a] != kind[b] for a, b in zip(every.path_a, every.path_b, strict=True)]
    side_a, side_b = (tuple(compress(side, crossing)) for side in (every.path_a, every.path_b))
    trials = Trials(every.labels[crossing], side_a, side_b)
    return Task(
        "RAVDESS, singing with speech",
        data,
        trials,
        {r.path.relative_to(data).as_posix(): r.voice for r in both},
        kind,
    )


def voicebanks(data: Path) -> Task:
    """Return trials of voicebanks that the shipped model is not trained on: their terms say to ask for commercial use.

    All pairs, targets of other pitches or takes.
    """
    sung = open_voices.read(data, sources={"utau"}, kinds={"sung"})
    others = [r for r in sung if not open_voices.permits_commercial_use(r.licence)]
    return Task(
        "voicebanks",
        data,
        draw_trials(others, TRIALS, SEED, cross="session", root=data),
        {r.path.relative_to(data).as_posix(): r.voice for r in others},
        {r.path.relative_to(data).as_posix(): r.session for r in others},
    )


def ravdess_gender(voice: str) -> str:
    """Return the gender of an actor of RAVDESS, as their numbers say it."""
    return "male" if int(voice.removeprefix("ravdess-")) % 2 else "female"


def waveform(path: Path, level_db: int | None) -> tuple[np.ndarray, int]:
    """Decode a clip at its own rate; with a level, add a band that many dB under the vocals (RMS)."""
    audio = decode(path, sample_rate_hz=None)
    samples, rate = audio.samples, audio.sample_rate_hz
    if level_db is None:
        return samples, rate
    seed = int(hashlib.sha256(path.name.encode()).hexdigest()[:8], 16)
    band = accompany(melody(seed, seconds=audio.seconds), seed=seed, sample_rate_hz=rate)
    band = np.resize(band, samples.shape)
    ratio = np.sqrt(np.mean(samples**2) / np.mean(band**2)) * 10 ** (-level_db / 20)
    return samples + np.float32(ratio) * band, rate


def vector(model: Baseline, path: Path, level_db: int | None, *, fresh: bool) -> np.ndarray:
    """Embed a clip, or take its vector from the cache."""
    variant = "vocals" if level_db is None else f"mix{level_db:+d}"
    checksum = hashlib.sha256(path.read_bytes()).hexdigest()
    cached = home() / "vectors" / model.fingerprint[:16] / f"{checksum}-{variant}.npy"
    if cached.is_file() and not fresh:
        return np.load(cached)
    samples, rate = waveform(path, level_db)
    samples = resample(samples, from_hz=rate, to_hz=model.sample_rate_hz)
    result = model.embed(samples, sample_rate_hz=model.sample_rate_hz)
    cached.parent.mkdir(parents=True, exist_ok=True)
    draft = cached.with_suffix(f".{os.getpid()}.npy")
    np.save(draft, result)
    draft.replace(cached)
    return result


def embed(model: Baseline, task: Task, levels: Levels, *, fresh: bool) -> tuple[dict[str, np.ndarray], Trials]:
    """Embed both sides of the trials as vocals (None) or as mixes at a level; the paths of both say which."""
    sides = [[f"{path}@{level}" for path in task.trials.paths] for level in levels]
    wanted = {
        key: (path, level)
        for side, level in zip(sides, levels, strict=True)
        for key, path in zip(side, task.trials.paths, strict=True)
    }
    rows = []
    for done, (path, level) in enumerate(wanted.values(), start=1):
        rows.append(vector(model, task.root / path, level, fresh=fresh))
        if done % 50 == 0 or done == len(wanted):
            print(f"{model.name}: {task.name}{condition(levels)}, {done}/{len(wanted)}", file=sys.stderr)
    trials = Trials(
        task.trials.labels,
        tuple(f"{path}@{levels[0]}" for path in task.trials.path_a),
        tuple(f"{path}@{levels[1]}" for path in task.trials.path_b),
    )
    return dict(zip(wanted, model.finish(np.stack(rows)), strict=True)), trials


def measure(model: Baseline, task: Task, levels: Levels, *, fresh: bool) -> dict[str, object]:
    """Measure one model on one task, each side of the trials as vocals (None) or as a mix at a level."""
    vectors, trials = embed(model, task, levels, fresh=fresh)
    singer_of = {key: task.singer_of[key.rpartition("@")[0]] for key in vectors}
    asked, among = (np.stack([vectors[f"{path}@{level}"] for path in task.trials.paths]) for level in levels)
    return {
        "data": task.name + condition(levels),
        "model": model.name,
        "fingerprint": model.fingerprint,
        "trials_sha256": task.trials.sha256,
        **similarity.evaluate(vectors, trials, singer_of, seed=SEED),
        **top_1(asked, among, task),
    }


def top_1(queries: np.ndarray, collection: np.ndarray, task: Task) -> dict[str, float]:
    """How often the nearest recording is the same singer's, with an interval over singers.

    Rows of both (P, D) are the task's paths. Of the query's singer only recordings of another session or song are in
    the collection, of others all; equal scores share the first place.
    """
    asked, among = (rows / np.linalg.norm(rows, axis=1, keepdims=True) for rows in (queries, collection))
    singers, crossed = (np.array([of[p] for p in task.trials.paths]) for of in (task.singer_of, task.crossed_of))
    hits, owners = [], []
    for scores, singer, part in zip(asked @ among.T, singers, crossed, strict=True):
        there = (singers != singer) | (crossed != part)
        relevant = singers[there] == singer
        if relevant.any():
            hits.append(precisions(scores[there], relevant, 1)[0])
            owners.append(singer)
    return mean_figures("top_1", np.array(hits), np.array(owners), seed=SEED, replicates=1000)


def condition(levels: Levels) -> str:
    """Say what is tried with what; nothing where both are plain vocals."""
    names = ["vocals" if level is None else f"mix at {level} dB" for level in levels]
    return "" if levels == (None, None) else f", {names[0]} → {names[1]}"


def table(results: Sequence[Mapping[str, Any]]) -> str:
    """Render the results as a Markdown table; in brackets 95 % intervals over singers."""
    lines = [
        "| data | model | EER, % | MNR, % | top-1, % | targets + non-targets | singers |",
        "|---|---|---|---|---|---|---|",
    ]
    for r in results:
        cells = (
            r["data"],
            r["model"],
            *(figure(r, metric) for metric in ("eer", "mnr", "top_1")),
            f"{r['targets']:,} + {r['nontargets']:,}",
            str(r["singers"]),
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description="Measure models on real singers.")
    parser.add_argument("models", nargs="+", metavar="MODEL", help=f"a model folder, {', '.join(EMBEDDERS)}")
    parser.add_argument("--data", type=Path, default=SHARED / "data", help="folder with recordings.csv")
    parser.add_argument("--mix", action="store_true", help="also with a band added")
    parser.add_argument("--levels", type=int, nargs="+", default=LEVELS_DB, help="vocals over band, dB")
    parser.add_argument("--json", type=Path, help="write the results here as well")
    parser.add_argument("--fresh", action="store_true", help="do not read the cache")
    options = parser.parse_args()
    conditions: list[Levels] = [(None, None)]
    if options.mix:
        conditions += [pair for level in options.levels for pair in ((level, level), (None, level))]
    try:
        encoders = [find_embedder(name) for name in options.models]
        results = [
            measure(model, task, levels, fresh=options.fresh)
            for task in tasks(options.data)
            for levels in conditions
            for model in encoders
        ]
    except SingalikeError as error:
        print(error, file=sys.stderr)
        return 2
    print(table(results))
    if options.json:
        options.json.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
