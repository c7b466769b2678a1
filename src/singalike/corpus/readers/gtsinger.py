"""GTSinger: 20 professional singers in nine languages, each song with and without a vocal technique.

The release is ``English/EN-Alto-1/Breathy/all is found/Breathy_Group/0000.wav``: language, singer, technique
under study, song, group, phrase. A song's groups are the technique's (``Mixed_Voice_Group`` and
``Falsetto_Group`` share a folder), ``Control_Group`` without it and ``Paired_Speech_Group``, its lyrics read.
The group is how a phrase is really sung. The clips of the demonstration page are in :mod:`.gtsinger_demo`.
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
    name="GTSinger",
    licence="CC BY-NC-SA 4.0, with an indemnity and citation clause",
    citation=(
        "Zhang et al., GTSinger: A Global Multi-Technique Singing Corpus with Realistic Music Scores for All "
        "Singing Tasks, NeurIPS 2024"
    ),
    identity="the singer's folder (EN-Alto-1); sung and spoken phrases share it, and so do the demonstration clips",
    layout="English/EN-Alto-1/Breathy/all is found/Breathy_Group/0000.wav",
    obtain="the links of its page, gtsinger.github.io",
    voices=20,
    gender=genders,
)


def read(root: Path | str) -> list[Recording]:
    """Read the sung and spoken phrases.

    Args:
        root: The extracted corpus, or the part of it in some languages.

    Returns:
        Recordings in the order of their paths; ``song`` is the title, ``session`` the group (``Breathy``,
        ``Mixed_Voice``, ``Control``, ``Paired_Speech``, …).

    Raises:
        ConfigError: There is no file of this layout.
    """
    layout = (
        rf"(?P<voice>[A-Z]{{2}}-{PARTS}-\d+)/(?P<technique>[^/]+)/(?P<song>[^/]+)"
        r"/(?P<group>[^/]+)_Group/(?P<phrase>\d+)"
    )
    return [
        Recording(
            path,
            voice=found["voice"],
            kind="spoken" if found["group"] == "Paired_Speech" else "sung",
            song=found["song"],
            session=found["group"],
            licence=DATASET.licence,
            source="gtsinger",
        )
        for path, found in find_files(root, layout, DATASET)
    ]
