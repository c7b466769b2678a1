"""How hard the virtual choir is: GE2E and MFCC statistics tell its singers apart, across songs.

    python benchmarks/choir_difficulty.py [--singers 40] [--songs 4] [--json]

Every singer sings melodies of their own, no two alike. Targets are all pairs of one singer in different
songs, non-targets all pairs of two singers of one voice type. Measured for vocals and for mixes at 0 dB.
An EER near 50 % would mean that the singers cannot be told apart, one near 0 that there is nothing to learn.
Intervals: 95 % by bootstrap over singers.
"""

from __future__ import annotations

import argparse
import json
import sys
from itertools import combinations

import numpy as np

from singalike.audio.choir import melody, singer, song
from singalike.encoders.published import Baseline
from singalike.encoders.published.ge2e import Ge2e
from singalike.encoders.published.mfcc import MfccStatistics
from singalike.errors import SingalikeError
from singalike.evaluate import similarity
from singalike.evaluate.trials import Trials

SAMPLE_RATE_HZ = 16_000
# Apart from training (from 100 000), tests, and the singers the choir was tuned on (from 50 000).
FIRST_SINGER, FIRST_MELODY = 70_000, 70_000


def perform(n_singers: int, n_songs: int) -> dict[str, dict[str, np.ndarray]]:
    """Let everyone sing; return the waveforms by condition and by name, ``<singer>/<song>``."""
    heard: dict[str, dict[str, np.ndarray]] = {"vocals": {}, "mixes at 0 dB": {}}
    for number in range(n_singers):
        voice = singer(FIRST_SINGER + number)
        for take in range(n_songs):
            seed = FIRST_MELODY + number * n_songs + take
            result = song(voice, melody(seed), seed=seed, sample_rate_hz=SAMPLE_RATE_HZ)
            heard["vocals"][f"{number}/{take}"] = result.vocals
            heard["mixes at 0 dB"][f"{number}/{take}"] = result.mix
    return heard


def matched_trials(names: list[str]) -> Trials:
    """All pairs of one singer's songs, and all pairs of songs of two singers of one voice type."""
    voice_type = {name: singer(FIRST_SINGER + int(name.split("/")[0])).voice_type for name in names}
    pairs = [pair for pair in combinations(names, 2) if voice_type[pair[0]] == voice_type[pair[1]]]
    labels = np.array([a.split("/")[0] == b.split("/")[0] for a, b in pairs])
    return Trials(labels, tuple(a for a, _ in pairs), tuple(b for _, b in pairs))


def measure(baseline: Baseline, condition: str, sounds: dict[str, np.ndarray]) -> dict[str, object]:
    """Measure one baseline under one condition."""
    names = list(sounds)
    matrix = np.stack([baseline.embed(sounds[name], sample_rate_hz=SAMPLE_RATE_HZ) for name in names])
    vectors = dict(zip(names, baseline.finish(matrix), strict=True))
    singer_of = {name: name.split("/")[0] for name in names}
    figures = similarity.evaluate(vectors, matched_trials(names), singer_of, seed=0)
    return {"condition": condition, "model": baseline.name, **figures}


def table(results: list[dict]) -> str:
    """Render the results as a Markdown table."""
    lines = [
        "| choir | model | EER | 95 % over singers | targets + non-targets | singers |",
        "|---|---|---|---|---|---|",
    ]
    for r in results:
        lines.append(
            f"| {r['condition']} | {r['model']} | {r['eer']:.1%} | {r['eer_low']:.1%} – {r['eer_high']:.1%} "
            f"| {r['targets']:,} + {r['nontargets']:,} | {r['singers']} |"
        )
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--singers", type=int, default=40)
    parser.add_argument("--songs", type=int, default=4, help="songs a singer, at least 2")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    args = parser.parse_args()
    if args.singers < 12 or args.songs < 2:
        parser.error("at least 12 singers and 2 songs each")
    try:
        heard = perform(args.singers, args.songs)
        results = [
            measure(baseline, condition, sounds)
            for condition, sounds in heard.items()
            for baseline in (Ge2e(), MfccStatistics())
        ]
    except SingalikeError as error:
        print(error, file=sys.stderr)
        return 2
    print(json.dumps(results, indent=2) if args.json else table(results))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
