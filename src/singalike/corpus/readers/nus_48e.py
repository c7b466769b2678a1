"""NUS-48E: 12 people singing and reading the lyrics of four English songs each.

The release is the archive ``nus-smc-corpus_48``: ``ADIZ/sing/01.wav`` and ``ADIZ/read/01.wav``. A song's
number is the same for everyone who sings it; the corpus does not give its title.
"""

from __future__ import annotations

from pathlib import Path

from singalike.corpus.readers.layout import find_files
from singalike.corpus.readers.record import Dataset
from singalike.corpus.recordings import Recording

DATASET = Dataset(
    name="NUS-48E",
    licence="research only, by its page; not to be redistributed",
    citation=(
        "Duan, Fang, Li, Sim and Wang, The NUS Sung and Spoken Lyrics Corpus: A Quantitative Comparison of Singing "
        "and Speech, APSIPA 2013"
    ),
    identity="the singer's folder (ADIZ); sung and read lyrics share it",
    layout="ADIZ/sing/01.wav and ADIZ/read/01.wav",
    obtain="the Sound and Music Computing Lab's page, smcnus.org",
    voices=12,
)

_KINDS = {"sing": "sung", "read": "spoken"}


def read(root: Path | str) -> list[Recording]:
    """Read the sung and the read lyrics.

    Args:
        root: The extracted corpus.

    Returns:
        Recordings in the order of their paths; ``song`` is the song's number.

    Raises:
        ConfigError: There is no file of this layout.
    """
    layout = r"(?P<voice>[A-Z]{4})/(?P<kind>sing|read)/(?P<song>\d+)"
    return [
        Recording(
            path,
            voice=found["voice"],
            kind=_KINDS[found["kind"]],
            song=found["song"],
            licence=DATASET.licence,
            source="nus-48e",
        )
        for path, found in find_files(root, layout, DATASET)
    ]
