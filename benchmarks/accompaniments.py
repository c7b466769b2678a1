"""Collect the music that the shipped model is trained to hear voices over, and other music to measure it with.

    python benchmarks/accompaniments.py --data ../shared/data --out runs/accompaniments
    python benchmarks/accompaniments.py --held-out --out runs/other-music

The first is every other tune of ``midi/``, played by fluidsynth with two instruments of FluidR3 (MIT) each, none of
them sung, and the music of three free games; the second the music of three others. All of it as Debian ships it:

    apt install fluidsynth fluid-soundfont-gm hyperrogue-music planetblupi-music-ogg warzone2100-music
    apt install asc-music nexuiz-music singularity-music

What is not installed is an error, since without it another model would be trained or measured. What is there is kept.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from singalike.audio.decode import decode
from singalike.model.card import TrainingSource
from song_corpus import SOUND_FONTS, render

_AUDIO = (".flac", ".ogg", ".opus")

GAMES = {
    "hyperrogue-music": Path("/usr/share/hyperrogue/music"),
    "planetblupi-music-ogg": Path("/usr/share/planetblupi/music"),
    "warzone2100-music": Path("/usr/share/games/warzone2100/music"),
}
OTHER_GAMES = {
    "asc-music": Path("/usr/share/games/asc/music"),
    "nexuiz-music": Path("/usr/share/games/nexuiz/data/music.pk3"),
    "singularity-music": Path("/usr/share/games/singularity/music"),
}
# What is said of them in the model's card: what it is, and its licence.
SOURCES = {
    "midi": ("half of the tunes of the Nottingham database, played by FluidR3", "GPL-3.0, instruments MIT"),
    "hyperrogue-music": ("music of HyperRogue", "GPL-2.0-or-later"),
    "planetblupi-music-ogg": ("music of Planet Blupi", "GPL-3.0-or-later"),
    "warzone2100-music": ("music of Warzone 2100", "GPL-2.0-or-later"),
}
# General MIDI's choir aahs, voice oohs, synth voice, lead voice and choir pad (from 0).
SUNG = (52, 53, 54, 85, 91)
INSTRUMENTS = [program for program in range(104) if program not in SUNG]


def instruments(number: int) -> np.ndarray:
    """Draw two instruments, none of them sung."""
    return np.random.default_rng(number).choice(INSTRUMENTS, size=2)


def missing(games: Mapping[str, Path], *, tunes: bool) -> list[str]:
    """Return the Debian packages that are needed and not there."""
    absent = [package for package, place in games.items() if not place.exists()]
    if tunes and not SOUND_FONTS[0].is_file():
        absent.append("fluid-soundfont-gm")
    if tunes and shutil.which("fluidsynth") is None:
        absent.append("fluidsynth")
    return absent


def copy(games: Mapping[str, Path], out: Path) -> None:
    """Copy the games' music, from a folder or from an archive, into a folder each."""
    for package, place in games.items():
        if place.is_dir():
            shutil.copytree(place, out / package, dirs_exist_ok=True)
        else:
            with zipfile.ZipFile(place) as archive:
                archive.extractall(out / package)


def training_sources(folder: Path) -> list[TrainingSource]:
    """Return what there is in a folder of this program, for a model's card; nobody sings there."""
    found = []
    for place, (name, licence) in SOURCES.items():
        files = [path for path in sorted((folder / place).rglob("*")) if path.suffix in _AUDIO]
        hours = sum(decode(path, sample_rate_hz=None).seconds for path in files) / 3600
        found.append(TrainingSource(name=name, licence=licence, voices=0, hours=round(hours, 3)))
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description="Collect music without voices.")
    parser.add_argument("--data", type=Path, help="folder with midi/; not for --held-out")
    parser.add_argument("--held-out", action="store_true", help="music that nothing was trained with")
    parser.add_argument("--out", type=Path, required=True, help="folder of the music")
    options = parser.parse_args()
    if options.held_out is (options.data is not None):
        parser.error("either --data or --held-out")
    games = OTHER_GAMES if options.held_out else GAMES
    if absent := missing(games, tunes=not options.held_out):
        print(f"not installed: {', '.join(absent)}; `apt install {' '.join(absent)}` brings it", file=sys.stderr)
        return 2
    copy(games, options.out)
    if options.data:
        render(sorted((options.data / "midi").glob("*.mid"))[::2], options.out / "midi", SOUND_FONTS[0], instruments)
    print(f"the music is in {options.out}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
