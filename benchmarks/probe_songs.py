"""Make songs to probe models on: the singers of RAVDESS and GTSinger, each alone and over a band nobody trained on.

    python benchmarks/probe_songs.py --data ../shared/data --out runs/probe-songs

Writes ``ravdess.csv`` and ``gtsinger.csv``: a row a recording, with its singer, gender, vocals and a mixture (the
virtual choir's band, another tune each, 0 dB of vocals over band). What is there already is not made again.
"""

from __future__ import annotations

import argparse
import csv
import io
import sys
from pathlib import Path

from real_voices import waveform
from singalike.audio.encode import write_audio
from singalike.corpus.readers import genders, gtsinger_demo, open_voices
from singalike.corpus.recordings import Recording, replace_text
from singalike.errors import SingalikeError

LEVEL_DB = 0
NAMES = ("ravdess", "gtsinger")


def read(data: Path) -> dict[str, list[tuple[Recording, str]]]:
    """Return the recordings of both sets, each with the gender of its singer ("" where it is not known)."""
    ravdess = open_voices.read(data, sources={"ravdess-song"})
    root = data / "eval" / "gtsinger"
    clips, gender_of = gtsinger_demo.read(root, kinds={"sung"}), genders("gtsinger-demo", root)
    # RAVDESS: actors of odd number are male.
    numbered = [(one, "male" if int(one.voice.removeprefix("ravdess-")) % 2 else "female") for one in ravdess]
    return {"ravdess": numbered, "gtsinger": [(one, gender_of.get(one.voice, "")) for one in clips]}


def make(recordings: list[tuple[Recording, str]], out: Path, name: str) -> Path:
    """Write the mixtures and the table of one set; return the table."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["voice", "song", "vocals", "path", "tags"])
    for number, (recording, gender) in enumerate(recordings, start=1):
        mixture = out / name / recording.voice / f"{number:04}-{recording.path.stem}.flac"
        if not mixture.is_file():
            samples, rate_hz = waveform(recording.path, LEVEL_DB)
            write_audio(mixture, samples / max(1.0, abs(samples).max()), sample_rate_hz=rate_hz)
        tag = f"gender:{gender}" if gender else ""
        table.writerow([recording.voice, mixture.stem, recording.path.resolve(), mixture.relative_to(out), tag])
        if number % 50 == 0 or number == len(recordings):
            print(f"{name}: {number}/{len(recordings)}", file=sys.stderr)
    replace_text(out / f"{name}.csv", text.getvalue())
    return out / f"{name}.csv"


def main() -> int:
    parser = argparse.ArgumentParser(description="Make songs of the singers that models are measured on.")
    parser.add_argument("--data", type=Path, required=True, help="folder with recordings.csv and eval/")
    parser.add_argument("--out", type=Path, required=True, help="folder of the songs")
    options = parser.parse_args()
    try:
        for name, recordings in read(options.data).items():
            print(make(recordings, options.out, name))
    except SingalikeError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
