"""Our pitch shift beside Praat's "Change gender": where F0 lands, how far formants stray, the time it takes.

    python benchmarks/pitch_shift.py [--clips 200] [--table ../shared/data/recordings.csv] [--json]

Both shift the same 4-s crops of sung recordings by the same ratios, drawn by the law of the
augmentation; Praat measures both. Where the table is missing, the virtual choir sings. Recordings whose
terms forbid pitch manipulation stay out.

F0 error: |cents| between the median F0 of the result and ``ratio`` × that of the source. Stray of a
formant: relative difference of its medians over voiced frames, result against source. Clips that cannot
be measured are counted and left out: those without pitch or left as they are by the reference's own
rule, and those where the middle 80 % of the F0 that is asked for reaches out of 75–600 Hz, where Praat
looks.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import sys
import time
from itertools import zip_longest
from pathlib import Path
from typing import Any

import numpy as np
import torch

from singalike.audio.choir import melody, sing, singer
from singalike.audio.decode import decode
from singalike.augment import praat
from singalike.augment.pitch_shift import METHODS, PitchShift, asked_f0_hz

SAMPLE_RATE_HZ = 44100
SECONDS = 4.0
LIMITS_HZ = (75.0, 600.0)
FORBIDDEN = {"hikari-one"}  # its terms: no pitch or formant manipulation
BATCH = 8
_SHARED = Path(os.environ.get("SINGALIKE_SHARED", Path(__file__).resolve().parents[2] / "shared"))
TABLE = _SHARED / "data" / "recordings.csv"


def sung_clips(table: Path, count: int, *, seed: int) -> np.ndarray:
    """Cut ``count`` random crops (N, T) with peak 0.9 from sung rows, in turn from every voice."""
    with table.open(newline="") as file:
        rows = [r for r in csv.DictReader(file) if r["kind"] == "sung" and r["voice_id"] not in FORBIDDEN]
    generator = np.random.default_rng(seed)
    voices: dict[str, list[dict[str, str]]] = {}
    for index in generator.permutation(len(rows)):
        voices.setdefault(rows[index]["voice_id"], []).append(rows[index])
    turns = [row for turn in zip_longest(*voices.values()) for row in turn if row]
    clips = []
    for row in turns[:count]:
        start = generator.uniform(0, max(0.0, float(row["seconds"]) - SECONDS - 0.1))
        audio = decode(
            table.parent / row["path"],
            sample_rate_hz=SAMPLE_RATE_HZ,
            offset_seconds=start,
            seconds=SECONDS,
            allow_silence=True,
        )
        clips.append(audio.samples)
    return _levelled(np.stack(clips))


def choir_clips(count: int) -> np.ndarray:
    """Have ``count`` virtual singers sing a melody each: (N, T), peak 0.9."""
    length = round(SECONDS * SAMPLE_RATE_HZ)
    sung = [
        sing(singer(i), melody(i, seconds=SECONDS + 1), sample_rate_hz=SAMPLE_RATE_HZ)[:length] for i in range(count)
    ]
    return _levelled(np.stack([np.pad(clip, (0, length - len(clip))) for clip in sung]))


def compare(clips: np.ndarray, *, seed: int) -> dict[str, Any]:
    """Shift (N, T) ``clips`` both ways, alternately, and measure: counts, and figures by method."""
    generator = torch.Generator().manual_seed(seed)
    draw = PitchShift(probability=1.0).draw(generator, len(clips))
    ratio, range_ratio = draw["ratio"], draw["range_ratio"]
    source = torch.from_numpy(clips).float()
    shifted: dict[str, list[torch.Tensor]] = {name: [] for name in METHODS}
    seconds = dict.fromkeys(METHODS, 0.0)
    for first in range(0, len(clips), BATCH):
        part = slice(first, first + BATCH)
        for name, method in METHODS.items():
            begin = time.perf_counter()
            result = method(
                source[part], sample_rate_hz=SAMPLE_RATE_HZ, ratio=ratio[part], range_ratio=range_ratio[part]
            )
            seconds[name] += time.perf_counter() - begin
            shifted[name].append(result)
    results = {name: torch.cat(parts).numpy() for name, parts in shifted.items()}
    asked_hz = _asked_hz(clips, ratio, range_ratio)
    formants_hz = np.array([praat.formants_hz(clip, sample_rate_hz=SAMPLE_RATE_HZ) for clip in clips])
    left = (results["praat"] == source.numpy()).all(axis=1)
    heard = (asked_hz[:, 0] > LIMITS_HZ[0]) & (asked_hz[:, 2] < LIMITS_HZ[1])
    usable = ~left & heard
    report: dict[str, Any] = {
        "clips": len(clips),
        "measured": int(usable.sum()),
        "left_as_they_are": {
            name: int((result == source.numpy()).all(axis=1).sum()) for name, result in results.items()
        },
        "asked_outside_of_75_600_hz": int((~left & ~heard).sum()),
        "speed_ratio": seconds["praat"] / seconds["psola"],
    }
    for name, result in results.items():
        report[name] = _figures(result[usable], asked_hz[usable, 1], formants_hz[usable])
        report[name]["times_real_time"] = len(clips) * SECONDS / seconds[name]
    return report


def table_of(report: dict[str, Any]) -> str:
    """Lay a report out as a Markdown table."""
    lines = [
        "| | F0 error, cents: median | p90 | max | within 20 | F1 stray % | F2 | F3 | times real time |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for name in METHODS:
        r = report[name]
        strays = " | ".join(f"{100 * s:.2f}" for s in r["formant_stray_median"])
        lines.append(
            f"| {name} | {r['cents_median']:.1f} | {r['cents_p90']:.1f} | {r['cents_max']:.0f} "
            f"| {100 * r['share_within_20_cents']:.1f} % | {strays} | {r['times_real_time']:.0f} |"
        )
    left = report["left_as_they_are"]
    lines.append(
        f"\n{report['measured']} of {report['clips']} clips of {report['singing']} measured; "
        f"left as they are: {left['psola']} (psola), {left['praat']} (praat); "
        f"asked for F0 outside of 75–600 Hz: {report['asked_outside_of_75_600_hz']}; "
        f"psola takes 1/{report['speed_ratio']:.2f} of praat's time."
    )
    return "\n".join(lines)


def _levelled(clips: np.ndarray) -> np.ndarray:
    return (0.9 * clips / np.abs(clips).max(axis=1, keepdims=True).clip(1e-6)).astype(np.float32)


def _asked_hz(clips: np.ndarray, ratio: torch.Tensor, range_ratio: torch.Tensor) -> np.ndarray:
    """Quantiles 0.1, 0.5 and 0.9 of the F0 that is asked of each clip: (N, 3) Hz, NaN without pitch."""
    quantiles = np.full((len(clips), 3), np.nan)
    for i, clip in enumerate(clips):
        f0_hz = praat.voiced_f0_hz(clip, sample_rate_hz=SAMPLE_RATE_HZ)
        if f0_hz.size:
            median_hz, old_hz = torch.tensor(np.median(f0_hz)), torch.from_numpy(f0_hz)
            asked_hz = asked_f0_hz(old_hz, median_hz=median_hz, ratio=ratio[i], range_ratio=range_ratio[i])
            quantiles[i] = np.quantile(asked_hz.numpy(), (0.1, 0.5, 0.9))
    return quantiles


def _figures(result: np.ndarray, asked_hz: np.ndarray, formants_hz: np.ndarray) -> dict[str, Any]:
    """Errors of shifted clips (N, T); a result without pitch counts as infinitely wrong."""
    f0_hz = [np.median(praat.voiced_f0_hz(clip, sample_rate_hz=SAMPLE_RATE_HZ)) for clip in result]
    new_formants_hz = np.array([praat.formants_hz(clip, sample_rate_hz=SAMPLE_RATE_HZ) for clip in result])
    cents = np.nan_to_num(np.abs(1200 * np.log2(np.array(f0_hz) / asked_hz)), nan=np.inf)
    strays = np.abs(new_formants_hz / formants_hz - 1)
    return {
        "cents_median": float(np.median(cents)),
        "cents_p90": float(np.quantile(cents, 0.9)),
        "cents_max": float(cents.max()),
        "share_within_20_cents": float((cents <= 20).mean()),
        "formant_stray_median": np.nanmedian(strays, axis=0).tolist(),
        "formant_stray_mean": np.nanmean(strays, axis=0).tolist(),
        "formant_stray_p90": np.nanquantile(strays, 0.9, axis=0).tolist(),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--clips", type=int, default=200)
    parser.add_argument("--table", type=Path, default=TABLE, help="CSV with path, voice_id, kind, seconds")
    parser.add_argument("--choir", action="store_true", help="the virtual choir, even where the table is")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1, help="torch's; Praat has one")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    real = options.table.is_file() and not options.choir
    count = options.clips
    clips = sung_clips(options.table, count, seed=options.seed) if real else choir_clips(count)
    report = {"singing": "real singers" if real else "the virtual choir", **compare(clips, seed=options.seed)}
    sys.stdout.write((json.dumps(report, indent=2) if options.json else table_of(report)) + "\n")


if __name__ == "__main__":
    main()
