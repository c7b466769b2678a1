"""Make songs from voices: each real recording over an accompaniment rendered from MIDI, both kept as stems.

    python benchmarks/song_corpus.py --data ../shared/data --out runs/songs

Only rows whose licence permits commercial use. The tunes of ``midi/`` are rendered by fluidsynth with instruments
drawn anew for each (Debian: ``apt install fluidsynth fluid-soundfont-gm``); where it is missing, the virtual
band plays instead, and ``songs.csv`` says so in its source column. Vocals stand −6 to 6 dB over the accompaniment.
What is there is kept, so the work resumes.
"""

from __future__ import annotations

import argparse
import csv
import io
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from singalike.audio.choir import accompany, melody
from singalike.audio.decode import decode
from singalike.audio.encode import write_audio
from singalike.corpus.choir_voices import FIRST_MELODY
from singalike.corpus.readers import open_voices
from singalike.corpus.recordings import replace_text
from singalike.errors import InputError

SAMPLE_RATE_HZ = 16_000
SOUND_FONTS = (Path("/usr/share/sounds/sf2/FluidR3_GM.sf2"), Path("/usr/share/sounds/sf2/default-GM.sf2"))
VOCALS_RMS, LOW_DB, HIGH_DB, PIECES, PIECE_SECONDS = 0.08, -6.0, 6.0, 150, 40.0


def any_two(number: int) -> np.ndarray:
    """Draw two instruments of General MIDI, sung ones too."""
    return np.random.default_rng(number).integers(0, 104, size=2)


def render(
    tunes: Sequence[Path], folder: Path, font: Path, programs_of: Callable[[int], np.ndarray] = any_two
) -> list[Path]:
    """Render each tune to 16 kHz mono with two instruments of its own."""
    done = []
    for number, tune in enumerate(tunes):
        target = folder / f"{tune.stem}.flac"
        done.append(target)
        if target.is_file():
            continue
        programs = programs_of(number)
        with tempfile.TemporaryDirectory() as place:
            wav, commands = Path(place) / "tune.wav", Path(place) / "commands"
            commands.write_text("".join(f"prog {channel} {program}\n" for channel, program in enumerate(programs)))
            subprocess.run(
                ["fluidsynth", "-n", "-i", "-q", "-f", commands, "-F", wav, "-r", "44100", font, tune],
                check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )  # fmt: skip
            samples = decode(wav, sample_rate_hz=SAMPLE_RATE_HZ).samples
        write_audio(target, samples / np.abs(samples).max() * 0.9, sample_rate_hz=SAMPLE_RATE_HZ)
    return done


def play(folder: Path) -> list[Path]:
    """Let the virtual choir's band play instead."""
    done = []
    for number in range(PIECES):
        target = folder / f"band-{number}.flac"
        done.append(target)
        if not target.is_file():
            seed = FIRST_MELODY + number
            samples = accompany(melody(seed, seconds=PIECE_SECONDS), seed=seed, sample_rate_hz=SAMPLE_RATE_HZ)
            write_audio(target, samples, sample_rate_hz=SAMPLE_RATE_HZ)
    return done


def make(data: Path, out: Path) -> Path:
    """Write all stems and ``songs.csv``; return the table."""
    font = next((path for path in SOUND_FONTS if path.is_file()), None)
    tunes = sorted((data / "midi").glob("*.mid"))
    rendered = font is not None and tunes and shutil.which("fluidsynth") is not None
    pieces = render(tunes, out / "midi", font) if rendered and font else play(out / "band")
    bands = [decode(piece, sample_rate_hz=SAMPLE_RATE_HZ).samples for piece in pieces]
    source = "MIDI" if rendered else "virtual band"
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["voice", "song", "vocals", "accompaniment", "licence", "source"])
    recordings = open_voices.read(data, commercial=True, sources={"common-voice", "utau", "vocobox", "pjs"})
    for number, recording in enumerate(recordings):
        place = out / recording.voice / recording.path.stem
        files = place / "vocals.flac", place / "accompaniment.flac"
        try:
            if not all(path.is_file() for path in files):
                for path, samples in zip(files, stems(recording.path, bands, number), strict=True):
                    write_audio(path, samples, sample_rate_hz=SAMPLE_RATE_HZ)
        except InputError as error:
            print(error, file=sys.stderr)
            continue
        table.writerow([recording.voice, recording.path.stem, *(path.relative_to(out) for path in files),
                        recording.licence, f"{recording.source} over {source}"])  # fmt: skip
        if number % 200 == 0:
            print(f"{number}/{len(recordings)} songs", file=sys.stderr)
    replace_text(out / "songs.csv", text.getvalue())
    return out / "songs.csv"


def stems(path: Path, bands: Sequence[np.ndarray], number: int) -> tuple[np.ndarray, np.ndarray]:
    """Return vocals and accompaniment (T,) of a song: a stretch of a random piece under the whole recording."""
    rng = np.random.default_rng(number)
    vocals = decode(path, sample_rate_hz=SAMPLE_RATE_HZ).samples
    band = bands[int(rng.integers(len(bands)))]
    under = np.resize(np.roll(band, -int(rng.integers(len(band)))), vocals.shape)
    vocals = vocals * VOCALS_RMS / np.sqrt(np.mean(vocals**2))
    ratio = 10 ** (-rng.uniform(LOW_DB, HIGH_DB) / 20)
    under = under * np.float32(VOCALS_RMS * ratio / np.sqrt(np.mean(under**2)))
    louder = min(1.0, 0.95 / max(np.abs(vocals).max(), np.abs(under).max()))
    return vocals * louder, under * louder


def main() -> int:
    parser = argparse.ArgumentParser(description="Make songs from voices and MIDI.")
    parser.add_argument("--data", type=Path, required=True, help="folder with recordings.csv and midi/")
    parser.add_argument("--out", type=Path, required=True, help="folder of the songs")
    options = parser.parse_args()
    print(make(options.data, options.out))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
