"""Whether vocals should be separated before they are embedded: EER of mixes as they are, and of what is left of them.

    python benchmarks/accompaniments.py --held-out --out runs/other-music
    python benchmarks/separate_first.py default --music runs/other-music [--separator demucs --weights FOLDER]

Clips of GTSinger by the published trials (``--ravdess``: RAVDESS song) over recorded music at 0 dB; and songs, with
music as long as the clip before and after it, which gives a separator more to go by. Both sides of a trial are mixes.
"""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path

import numpy as np

import real_voices
from real_voices import Task
from singalike.corpus.accompaniments import Recordings
from singalike.evaluate import similarity, verification
from singalike.measure.embedders import OurModel
from singalike.model.hub import load_model
from singalike.separate.base import Separator, find_separator
from singalike.separate.chunks import separate_array
from voice_detector import Change, clips_of, number_of, over_music, song

SAMPLE_RATE_HZ = 44_100


def vocals_of(mix: np.ndarray, separator: Separator) -> np.ndarray:
    """Return the vocals (T,) that a separator hears in a mix (T,)."""
    return separate_array(mix, separator, sample_rate_hz=SAMPLE_RATE_HZ)["vocals"][0]


def measure(model: OurModel, task: Task, clips: dict[str, np.ndarray], change: Change) -> str:
    """Return EER and d′ (the distance of both kinds of trials' means in their deviations), as a cell of a table."""
    vectors = {
        path: model.embed(change(samples, number_of(path)), sample_rate_hz=SAMPLE_RATE_HZ)
        for path, samples in clips.items()
    }
    scores, labels = similarity.scores(vectors, task.trials), task.trials.labels.astype(bool)
    one, two = scores[labels], scores[~labels]
    apart = (one.mean() - two.mean()) / np.sqrt((one.var() + two.var()) / 2)
    return f"{verification.eer(scores, labels):.1%} ({apart:.2f})"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("model", help="a model folder or name")
    parser.add_argument("--data", type=Path, default=real_voices.SHARED / "data", help="folder with recordings.csv")
    parser.add_argument("--music", type=Path, required=True, help="folder of music without voices")
    parser.add_argument("--separator", default="repet")
    parser.add_argument("--weights", type=Path)
    parser.add_argument("--ravdess", action="store_true", help="RAVDESS song in place of GTSinger")
    options = parser.parse_args()
    model = OurModel(load_model(options.model, threads=1))
    separator = find_separator(options.separator, weights=options.weights)
    music = Recordings(options.music)
    task = real_voices.tasks(options.data)[0 if options.ravdess else 1]
    clips = clips_of(task, SAMPLE_RATE_HZ)
    print(f"| {task.name}: EER (d′) | as they are | vocals by {separator.name} |\n|---|---|---|")
    ways = {"clips over music, 0 dB": over_music, "songs, a third sung": song}
    for name, make in ways.items():
        mix: Change = partial(make, music=music, rate=SAMPLE_RATE_HZ)

        def vocals(samples: np.ndarray, number: int, mix: Change = mix) -> np.ndarray:
            return vocals_of(mix(samples, number), separator)

        cells = [measure(model, task, clips, change) for change in (mix, vocals)]
        print(f"| {name} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
