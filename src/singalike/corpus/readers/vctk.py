"""VCTK: 110 speakers of English reading newspaper sentences. Spoken only.

Release 0.92 is ``wav48_silence_trimmed/p225/p225_001_mic1.flac``, with two microphones for most speakers;
release 0.80 is ``wav48/p225/p225_001.wav``, the first microphone untrimmed. p280 and p315 have no second
microphone, so ``microphone=2`` leaves them out. p315 has no transcripts, which are not read here anyway.
"""

from __future__ import annotations

from pathlib import Path

from singalike.corpus.readers.layout import find_files
from singalike.corpus.readers.record import Dataset
from singalike.corpus.recordings import Recording
from singalike.errors import ConfigError


def genders(root: Path) -> dict[str, str]:
    """Read the genders of ``speaker-info.txt``; empty where there is none at, in or above the root.

    Its rows are ``p225  23  F  English  …`` in release 0.92 and ``225  23  F  English  …`` in 0.80, without p280.
    """
    if not root.is_dir():
        raise DATASET.missing(root, "folder")
    tables = [folder / "speaker-info.txt" for folder in (root, root.parent, *sorted(root.glob("*/")))]
    table = next((table for table in tables if table.is_file()), None)
    if table is None:
        return {}
    rows = [line.split() for line in table.read_text(encoding="utf-8", errors="replace").splitlines()]
    return {
        f"p{row[0]}" if row[0].isdigit() else row[0]: row[2].lower()
        for row in rows
        if len(row) > 2 and row[2] in ("F", "M")
    }


DATASET = Dataset(
    name="VCTK",
    licence="CC BY 4.0 (release 0.92); ODC-By 1.0 (release 0.80)",
    citation=(
        "Yamagishi, Veaux and MacDonald, CSTR VCTK Corpus: English Multi-speaker Corpus for CSTR Voice Cloning "
        "Toolkit (version 0.92), University of Edinburgh, 2019"
    ),
    identity="the speaker's folder (p225, s5)",
    layout="wav48_silence_trimmed/p225/p225_001_mic1.flac (release 0.92) or wav48/p225/p225_001.wav (0.80)",
    obtain="doi:10.7488/ds/2645",
    voices=110,
    gender=genders,
)


def read(root: Path | str, *, microphone: int = 1) -> list[Recording]:
    """Read the utterances of one microphone.

    Args:
        root: The extracted corpus.
        microphone: 1 or 2, in release 0.92; release 0.80 has only the first.

    Returns:
        Recordings in the order of their paths; ``song`` and ``session`` are unknown, as each speaker was
        recorded in one sitting.

    Raises:
        ConfigError: There is no file of this layout and microphone, or no such microphone.
    """
    if microphone not in (1, 2):
        raise ConfigError(f"no microphone {microphone!r} in VCTK", hint="1 or 2")
    ending = r"(?:_mic1)?" if microphone == 1 else f"_mic{microphone}"
    layout = rf"(?P<voice>[ps]\d+)/(?P=voice)_(?P<utterance>\d+){ending}"
    return [
        Recording(
            path,
            voice=found["voice"],
            kind="spoken",
            licence="CC BY 4.0" if "_mic" in path.stem else "ODC-By 1.0",
            source="vctk",
        )
        for path, found in find_files(root, layout, DATASET)
    ]
