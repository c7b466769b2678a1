"""VocalSet: 20 professional singers showing 17 vocal techniques on vowels, and three excerpts of songs.

Release 1.1 is ``FULL/female1/arpeggios/belt/f1_arpeggios_belt_c_a.wav``; release 1.2 has the same tree as
``data_by_singer``. Its ``data_by_technique`` and ``data_by_vowel`` hold the same recordings again and are
left out. Some files are misnamed (``male8/excerpts/vibrato/m9_caro_vibrato.wav``), so the folder says who
sings and how, not the file. Some whole takes lie beside the same takes cut by vowels
(``female2/scales/vocal_fry/scales_vocal_fry.wav``); they are kept, because the published trial lists use them.
"""

from __future__ import annotations

from pathlib import Path

from singalike.corpus.readers.layout import find_files
from singalike.corpus.readers.record import Dataset
from singalike.corpus.recordings import Recording


def genders(root: Path) -> dict[str, str]:
    """Return the gender of each singer, the first letter of the name."""
    return {recording.voice: recording.voice[0] for recording in read(root)}


DATASET = Dataset(
    name="VocalSet",
    licence="CC BY 4.0",
    citation="Wilkins, Seetharaman, Wahl and Pardo, VocalSet: A Singing Voice Dataset, ISMIR 2018",
    identity="the singer's folder by its whole name (female1 to female9, male1 to male11)",
    layout="FULL/female1/arpeggios/belt/f1_arpeggios_belt_c_a.wav",
    obtain="doi:10.5281/zenodo.1193957",
    voices=20,
    gender=genders,
)

_SONGS = ("caro", "dona", "row")  # Caro mio ben; Dona nobis pacem; Row, row, row your boat
_TYPING_ERRORS = {"vibrado": "vibrato"}  # a folder of female2


def read(root: Path | str) -> list[Recording]:
    """Read the recordings.

    Args:
        root: The extracted dataset.

    Returns:
        Recordings in the order of their paths; ``song`` is the excerpt (``caro``, ``dona``, ``row``) or the
        exercise (``arpeggios``, ``scales``, ``long_tones``), ``session`` the technique.

    Raises:
        ConfigError: There is no file of this layout.
    """
    layout = r"(?P<voice>(?:fe)?male\d+)/(?P<exercise>[^/]+)/(?P<technique>[^/]+)/(?P<name>[^/]+)"
    recordings = []
    for path, found in find_files(root, layout, DATASET):
        excerpts = [song for song in _SONGS if song in found["name"].split("_")]
        technique = _TYPING_ERRORS.get(found["technique"], found["technique"])
        recordings.append(
            Recording(
                path,
                voice=found["voice"],
                kind="spoken" if technique == "spoken" else "sung",
                song=excerpts[0] if excerpts else found["exercise"],
                session=technique,
                licence=DATASET.licence,
                source="vocalset",
            )
        )
    return recordings
