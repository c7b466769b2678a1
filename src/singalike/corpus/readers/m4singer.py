"""M4Singer: 20 professional singers of Mandarin pop songs, cut into phrases.

The release is one folder a song, ``Alto-1#newboy/0000.wav``: the singer before the first ``#``, the song
after it. Singers are named by voice part: Alto-1 to 7, Bass-1 to 3, Soprano-1 to 3, Tenor-1 to 7.
"""

from __future__ import annotations

from pathlib import Path

from singalike.corpus.readers.layout import find_files
from singalike.corpus.readers.record import Dataset
from singalike.corpus.readers.voice_parts import PARTS, gender_of_part
from singalike.corpus.recordings import Recording


def genders(root: Path) -> dict[str, str]:
    """Return the gender of each singer, by voice part."""
    return {recording.voice: gender_of_part(recording.voice) for recording in read(root)}


DATASET = Dataset(
    name="M4Singer",
    licence="CC BY-NC-SA 4.0, with an indemnity and citation clause",
    citation=(
        "Zhang et al., M4Singer: A Multi-Style, Multi-Singer and Musical Score Provided Mandarin Singing Corpus, "
        "NeurIPS 2022"
    ),
    identity="the singer before the # of the song's folder (Alto-1)",
    layout="Alto-1#newboy/0000.wav",
    obtain="by application to its authors, m4singer.github.io",
    voices=20,
    gender=genders,
)


def read(root: Path | str) -> list[Recording]:
    """Read the phrases.

    Args:
        root: The extracted corpus.

    Returns:
        Recordings in the order of their paths; ``song`` is the title.

    Raises:
        ConfigError: There is no file of this layout.
    """
    layout = rf"(?P<voice>{PARTS}-\d+)#(?P<song>[^/]+)/(?P<phrase>\d+)"
    return [
        Recording(
            path,
            voice=found["voice"],
            kind="sung",
            song=found["song"],
            licence=DATASET.licence,
            source="m4singer",
        )
        for path, found in find_files(root, layout, DATASET)
    ]
