"""NSynth: 305,979 notes of four seconds from 1,006 instruments. No voices but the sampled ones of the vocal family.

The release of 2017 as JSON and WAV: ``nsynth-train``, ``nsynth-valid`` and ``nsynth-test``, each with
``examples.json`` (notes by name) and ``audio/<note>.wav``, 16 kHz. No instrument of the training part is in another.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from singalike.corpus.readers.listing import find_table, present
from singalike.corpus.readers.record import Dataset
from singalike.corpus.songs import Song
from singalike.errors import ConfigError

DATASET = Dataset(
    name="NSynth",
    licence="CC BY 4.0",
    citation="Engel et al., Neural Audio Synthesis of Musical Notes with WaveNet Autoencoders, ICML 2017",
    identity="instrument_str (keyboard_electronic_001): an instrument takes the place of the artist",
    layout="nsynth-train/examples.json and nsynth-train/audio/<note>.wav",
    obtain="the NSynth page of the Magenta project, JSON and WAV; arXiv:1704.01279",
    voices=1_006,
    songs=305_979,
)

_FOLDERS = {"nsynth-train": "train", "nsynth-valid": "validation", "nsynth-test": "test"}


def read(root: Path | str) -> list[Song]:
    """Read the notes of the parts that are there.

    Args:
        root: The folder that holds ``nsynth-train``, ``nsynth-valid``, ``nsynth-test`` or some of them, or the folder
            above it.

    Returns:
        Songs, one a note, in the order of the parts and of ``examples.json``; tags are the family,
        ``instrument:keyboard``, and then the qualities (``bright``, ``fast_decay``, …).

    Raises:
        ConfigError: No part is there, a list of notes is damaged, or none of the notes is there.
    """
    tables = []
    for folder, split in _FOLDERS.items():
        try:
            tables.append((find_table(root, f"{folder}/examples.json", DATASET), split))
        except ConfigError:
            continue  # the parts are archives of their own
    if not tables:
        raise DATASET.missing(root)
    return present((song for table, split in tables for song in _notes(table, split)), DATASET, root)


def _notes(table: Path, split: str) -> Iterator[Song]:
    try:
        examples = json.loads(table.read_text(encoding="utf-8"))
        for name, note in examples.items():
            yield Song(
                name,
                voice=note["instrument_str"],
                files={"mixture": table.parent / "audio" / f"{name}.wav"},
                tags=(f"instrument:{note['instrument_family_str']}", *note["qualities_str"]),
                split=split,
                licence=DATASET.licence,
                source="nsynth",
            )
    except (ValueError, AttributeError, TypeError) as error:
        raise ConfigError(f"not a list of notes: {error}", where=table) from error
    except KeyError as error:
        raise ConfigError(f"a note has no {error}", where=table) from error
