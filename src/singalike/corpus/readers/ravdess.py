"""RAVDESS: 24 actors speaking, and 23 of them singing, two sentences in eight emotions.

The audio of the release of 2018: ``Audio_Song_Actors_01-24/Actor_01/03-02-01-01-01-01-01.wav`` and
``Audio_Speech_Actors_01-24/…``, nested or with the actors' folders at the root. A file's name is modality
(03: audio only), vocal channel (01 speech, 02 song), emotion, intensity, statement, repetition and actor; it
is unique, so the copy of the whole tree that some mirrors contain is read once. Actor 18 does not sing.
"""

from __future__ import annotations

from pathlib import Path

from singalike.corpus.readers.layout import find_files
from singalike.corpus.readers.record import Dataset
from singalike.corpus.recordings import Recording

_KINDS = {"01": "spoken", "02": "sung"}
_EMOTIONS = ("neutral", "calm", "happy", "sad", "angry", "fearful", "disgust", "surprised")
_INTENSITIES = {"01": "", "02": " strong"}
_STATEMENTS = {"01": "Kids are talking by the door", "02": "Dogs are sitting by the door"}


def genders(root: Path) -> dict[str, str]:
    """Return the gender of each actor: odd numbers are men, even numbers women."""
    return {recording.voice: "fm"[int(recording.voice[-2:]) % 2] for recording in read(root)}


DATASET = Dataset(
    name="RAVDESS",
    licence="CC BY-NC-SA 4.0",
    citation=(
        "Livingstone and Russo, The Ryerson Audio-Visual Database of Emotional Speech and Song (RAVDESS), "
        "PLoS ONE 13(5), 2018"
    ),
    identity="the actor's number, the last of the file's name, as ravdess-01; song and speech share it",
    layout="Actor_01/03-02-01-01-01-01-01.wav",
    obtain="doi:10.5281/zenodo.1188976",
    voices=24,
    gender=genders,
)


def read(root: Path | str) -> list[Recording]:
    """Read song and speech.

    Args:
        root: The extracted audio.

    Returns:
        Recordings in the order of their paths; ``song`` is the sentence, ``session`` the emotion, with
        " strong" after it where it is.

    Raises:
        ConfigError: There is no file of this name.
    """
    layout = (
        r"03-(?P<channel>0[12])-(?P<emotion>0[1-8])-(?P<intensity>0[12])-(?P<statement>0[12])"
        r"-(?P<repetition>0[12])-(?P<actor>\d\d)"
    )
    return [
        Recording(
            path,
            voice=f"ravdess-{found['actor']}",
            kind=_KINDS[found["channel"]],
            song=_STATEMENTS[found["statement"]],
            session=_EMOTIONS[int(found["emotion"]) - 1] + _INTENSITIES[found["intensity"]],
            licence=DATASET.licence,
            source="ravdess",
        )
        for path, found in find_files(root, layout, DATASET)
    ]
