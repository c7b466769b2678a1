"""How often a model hears a voice where there is one, and where there is none, and what a song's vector gains by it.

    python benchmarks/accompaniments.py --held-out --out runs/other-music
    python benchmarks/voice_detector.py default --data ../shared/data --music runs/other-music

Windows of RAVDESS song and GTSinger, as they are, over recorded music at 0 dB and in pink noise at 10 dB; of the music
alone; and of noise alone. Then songs, made of GTSinger's clips: music before and after the voice, as long as the voice
each, and under it at 0 dB. Their EER by the published trials, with the model's detector and with all sound let in.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

import numpy as np

import real_voices
from real_voices import Task
from singalike.audio.decode import decode
from singalike.corpus.accompaniments import Recordings
from singalike.errors import SilentError
from singalike.evaluate import similarity, verification
from singalike.measure.conditions import in_noise, lay_over
from singalike.measure.embedders import OurModel
from singalike.model.encoder import Model
from singalike.model.hub import load_model

NOISE_DB, NOISES, NOISE_SECONDS = 10.0, 60, 8.0
PIECES, PIECE_SECONDS = 200, 12.0

Change = Callable[[np.ndarray, int], np.ndarray]  # (samples (T,), number) -> samples


def clips_of(task: Task, rate: int) -> dict[str, np.ndarray]:
    """Return the recordings of a task by their path."""
    return {path: decode(task.root / path, sample_rate_hz=rate).samples for path in task.trials.paths}


def over_music(samples: np.ndarray, number: int, *, music: Recordings, rate: int) -> np.ndarray:
    """Lay music under the whole of samples, as loud as they are."""
    return lay_over(samples, sounding(music, number, len(samples), rate), ratio_db=0.0)


def song(samples: np.ndarray, number: int, *, music: Recordings, rate: int) -> np.ndarray:
    """Lay music under samples, and before and after them: a third of the song has a voice."""
    band = sounding(music, number, 3 * len(samples), rate)
    level = np.sqrt(np.mean(samples**2) / np.mean(band[len(samples) : -len(samples)] ** 2))
    band *= np.float32(level)
    band[len(samples) : -len(samples)] += samples
    return band


def sounding(music: Recordings, number: int, length: int, rate: int) -> np.ndarray:
    """Return a stretch of music, the next one where that is silent."""
    for turn in range(number, number + 100):
        try:
            return music(turn, length, sample_rate_hz=rate).copy()
        except SilentError:
            continue
    raise SilentError(f"no music sounds from number {number} on")


def number_of(path: str) -> int:
    """Return the same number for a path whatever else there is."""
    return int(hashlib.sha256(path.encode()).hexdigest()[:6], 16)


def heard(model: Model, sounds: Iterable[np.ndarray]) -> tuple[float, float, int]:
    """Return the share of windows in which a voice is heard, of recordings that have one, and how many recordings."""
    assert model.card.voice is not None
    shares = []
    for samples in sounds:
        windows = model.hearing_anything().embed_windows(samples, sample_rate_hz=model.sample_rate_hz)
        shares.append(model.card.voice.probability(windows.vectors) >= model.card.voice.least)
    every = np.concatenate(shares)
    return float(every.mean()), float(np.mean([own.any() for own in shares])), len(shares)


def eer(model: Model, task: Task, clips: dict[str, np.ndarray], change: Change) -> float:
    """Return the EER of changed clips by the trials of a task; where no voice is heard, all sound counts."""
    embed = partial(OurModel(model).embed, sample_rate_hz=model.sample_rate_hz)
    vectors = {path: embed(change(samples, number_of(path))) for path, samples in clips.items()}
    return float(verification.eer(similarity.scores(vectors, task.trials), task.trials.labels))


def main() -> int:
    parser = argparse.ArgumentParser(description="Measure a model's detector of voices.")
    parser.add_argument("model", help="a model folder or name")
    parser.add_argument("--data", type=Path, default=real_voices.SHARED / "data", help="folder with recordings.csv")
    parser.add_argument("--music", type=Path, required=True, help="folder of music without voices")
    options = parser.parse_args()
    model, music = load_model(options.model, threads=1), Recordings(options.music)
    rate = model.sample_rate_hz
    if model.card.voice is None:
        print(f"{options.model} has no detector of voices", file=sys.stderr)
        return 2
    as_it_is, under, around = (
        lambda samples, _: samples,
        partial(over_music, music=music, rate=rate),
        partial(song, music=music, rate=rate),
    )
    ways: dict[str, Change] = {
        "as they are": as_it_is,
        "over recorded music, 0 dB": under,
        f"in noise, {NOISE_DB:.0f} dB": lambda samples, seed: in_noise(samples, rate, seed, ratio_db=NOISE_DB),
    }
    print("| | windows in which a voice is heard | recordings | of |\n|---|---|---|---|")
    chosen = {task.name: task for task in real_voices.tasks(options.data)[:2]}
    clips = {name: clips_of(task, rate) for name, task in chosen.items()}
    rows = {
        f"{name}, {way}": (change(samples, number_of(path)) for path, samples in own.items())
        for name, own in clips.items()
        for way, change in ways.items()
    }
    rng = np.random.default_rng(0)
    length = round(PIECE_SECONDS * rate)
    rows["the music alone"] = (sounding(music, number, length, rate) for number in range(PIECES))
    rows["white noise alone"] = (
        0.1 * rng.standard_normal(round(NOISE_SECONDS * rate)).astype(np.float32) for _ in range(NOISES)
    )
    for name, sounds in rows.items():
        windows, recordings, count = heard(model, sounds)
        print(f"| {name} | {windows:.1%} | {recordings:.1%} | {count} |", flush=True)
    task = list(chosen.values())[1]
    print(f"\n| EER, {task.name} | detector | any sound |\n|---|---|---|")
    for name, change in {"vocals": as_it_is, "over music, 0 dB": under, "songs, a third sung": around}.items():
        both = [eer(one, task, clips[task.name], change) for one in (model, model.hearing_anything())]
        print(f"| {name} | {both[0]:.1%} | {both[1]:.1%} |", flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
