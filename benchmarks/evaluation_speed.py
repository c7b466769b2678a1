"""How long an evaluation takes once the vectors exist, beside a plain loop over trials and rivals.

    python benchmarks/evaluation_speed.py [--clips 20000] [--dimension 1000] [--trials 50000] [--queries 1000]

Made-up clips of 20 singers. Each step is timed by the wall and by the processor, the best of three runs, and
next to it once as one would write it down: one cosine at a time. Both must give the same figures. Then what
a whole evaluation adds: drawing trials, intervals over singers, and the linear probe.
"""

from __future__ import annotations

import argparse
import math
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from singalike.corpus.recordings import Recording
from singalike.evaluate import probes, verification
from singalike.evaluate.bootstrap import singer_interval
from singalike.evaluate.clip_vectors import ClipVectors
from singalike.evaluate.clips import clip_scores
from singalike.evaluate.drawing import draw_trials
from singalike.evaluate.ranking import mean_normalised_rank
from singalike.evaluate.trials import Trials

SINGERS, RECORDINGS, SET_SIZE, RUNS = 20, 50, 512, 3


def made_up(clips: int, dimension: int) -> ClipVectors:
    """Return clips that lie around their singer and, nearer, around their recording."""
    chance = np.random.default_rng(0)
    number = np.arange(clips)
    singer, recording = number % SINGERS, number // SINGERS % RECORDINGS
    centres = chance.normal(size=(SINGERS, dimension))[singer]
    takes = chance.normal(size=(SINGERS * RECORDINGS, dimension))[singer * RECORDINGS + recording]
    vectors = (0.15 * centres + 0.1 * takes + chance.normal(size=centres.shape)).astype(np.float32)
    owners = np.array([f"s{s}/r{r}.wav" for s, r in zip(singer, recording, strict=True)])
    starts = 4 * (number // SINGERS // RECORDINGS)
    keys = tuple(f"{owner}@{start:.2f}" for owner, start in zip(owners, starts, strict=True))
    return ClipVectors(keys, vectors, owners, np.array([f"s{s}" for s in singer]), "made up")


def cosine(a: np.ndarray, b: np.ndarray) -> float:
    return float(a @ b) / math.sqrt(float(a @ a) * float(b @ b))


def loop_scores(clips: ClipVectors, trials: Trials) -> np.ndarray:
    vector = dict(zip(clips.keys, clips.vectors, strict=True))
    return np.array([cosine(vector[a], vector[b]) for a, b in zip(trials.path_a, trials.path_b, strict=True)])


def loop_eer(scores: np.ndarray, labels: np.ndarray) -> float:
    """Walk down the scores; the rate where misses and false alarms are nearest."""
    targets, best = int(labels.sum()), (2.0, 0.0)
    missed, alarms = targets, 0
    for place in np.argsort(-scores):
        if labels[place]:
            missed -= 1
        else:
            alarms += 1
        miss, alarm = missed / targets, alarms / (len(labels) - targets)
        best = min(best, (abs(miss - alarm), (miss + alarm) / 2))
    return best[1]


def loop_rank(clips: ClipVectors, queries: int) -> float:
    """Eq. 7 one cosine at a time, with sets of its own."""
    chance = np.random.default_rng(1)
    of: dict[str, list[int]] = {}
    for place, recording in enumerate(clips.recordings.tolist()):
        of.setdefault(recording, []).append(place)
    total = 0
    for query in chance.integers(len(clips), size=queries):
        answer = chance.choice([place for place in of[clips.recordings[query]] if place != query])
        own = cosine(clips.vectors[query], clips.vectors[answer])
        drawn = chance.choice(len(clips), SET_SIZE + 1, replace=False)
        rivals = [place for place in drawn if place not in (query, answer)][: SET_SIZE - 1]
        total += 1 + sum(cosine(clips.vectors[query], clips.vectors[rival]) > own for rival in rivals)
    return total / queries / SET_SIZE


def timed(step: Callable[[], object], runs: int = 1) -> tuple[float, float, object]:
    """Return the least wall and processor seconds of a step, and what it gave."""
    walls, processors, result = [], [], None
    for _ in range(runs):
        wall, processor = time.perf_counter(), time.process_time()
        result = step()
        walls.append(time.perf_counter() - wall)
        processors.append(time.process_time() - processor)
    return min(walls), min(processors), result


def compare(clips: ClipVectors, trials: Trials, queries: int) -> None:
    """Print each step beside its loop, and check that they agree."""
    scores = clip_scores(clips, trials)
    steps = [
        (f"score {len(trials):,} trials", lambda: clip_scores(clips, trials), lambda: loop_scores(clips, trials), 1e-5),
        ("EER", lambda: verification.eer(scores, trials.labels), lambda: loop_eer(scores, trials.labels), 1e-3),
        (
            f"MNR, eq. 7: {queries:,} × {SET_SIZE}",
            lambda: (
                mean_normalised_rank(clips.vectors, clips.recordings, seed=0, set_size=SET_SIZE, trials=queries).mean
            ),
            lambda: loop_rank(clips, queries),
            0.05,  # other queries, other sets
        ),
    ]
    print("| step | seconds | of processor | plain loop, seconds | ratio |\n|---|---|---|---|---|")
    sums = np.zeros(3)
    for name, ours, loop, within in steps:
        wall, processor, figure = timed(ours, RUNS)
        slow, _, expected = timed(loop)
        if not np.allclose(np.asarray(figure), np.asarray(expected), atol=within):
            raise SystemExit(f"{name}: {figure} but the loop gives {expected}")
        sums += wall, processor, slow
        print(f"| {name} | {wall:.3f} | {processor:.3f} | {slow:.2f} | {slow / wall:.0f}× |", flush=True)
    print(f"| together | {sums[0]:.3f} | {sums[1]:.3f} | {sums[2]:.2f} | {sums[2] / sums[0]:.0f}× |\n")


def rest(clips: ClipVectors, n: int) -> None:
    """Print what is done once an evaluation."""
    rows = zip(clips.keys, clips.voices.tolist(), clips.recordings.tolist(), strict=True)
    table = [Recording(Path(key), voice=voice, song=owner) for key, voice, owner in rows]
    trials = draw_trials(table, n, 0, cross="song")
    scores = clip_scores(clips, trials)
    sides = [[path.partition("/")[0] for path in side] for side in (trials.path_a, trials.path_b)]
    steps: dict[str, Callable[[], object]] = {
        f"draw {n:,} trials": lambda: draw_trials(table, n, 0, cross="song"),
        f"EER interval, 1,000 replicates of {n:,} trials": lambda: singer_interval(
            verification.eer, scores, trials.labels, *sides, seed=0
        ),
        "linear probe, 5 folds": lambda: probes.evaluate(clips.vectors, clips.recordings, clips.voices, seed=0),
    }
    print("| once an evaluation | seconds | of processor |\n|---|---|---|")
    for name, step in steps.items():
        wall, processor, _ = timed(step)
        print(f"| {name} | {wall:.2f} | {processor:.2f} |", flush=True)


def main() -> None:
    """Make up clips, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=int, default=20_000)
    parser.add_argument("--dimension", type=int, default=1000)
    parser.add_argument("--trials", type=int, default=50_000)
    parser.add_argument("--queries", type=int, default=1000)
    arguments = parser.parse_args()
    clips = made_up(arguments.clips, arguments.dimension)
    rows = zip(clips.keys, clips.voices.tolist(), strict=True)
    trials = draw_trials([Recording(Path(key), voice=voice) for key, voice in rows], arguments.trials, 0)
    print(
        f"{len(clips):,} clips of {arguments.dimension} dimensions, {SINGERS} singers, {os.cpu_count()} cores, "
        f"Python {sys.version.split()[0]}\n"
    )
    compare(clips, trials, arguments.queries)
    rest(clips, min(20_000, arguments.trials))


if __name__ == "__main__":
    main()
