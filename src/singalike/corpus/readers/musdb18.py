"""MUSDB18: 150 whole songs with their vocals, drums, bass and other parts.

Read is the release MUSDB18-HQ of 2019, ``train/<Artist> - <Title>/mixture.wav`` with ``vocals.wav``, ``drums.wav``,
``bass.wav`` and ``other.wav``, and ``test/…`` alike. The release of 2017, with all five in one ``.stem.mp4``, must be
decoded to that layout first. Of the 100 songs for training, 14 are for validation, as published with the ``musdb``
package.
"""

from __future__ import annotations

from pathlib import Path

from singalike.corpus.readers.layout import find_files, is_litter
from singalike.corpus.readers.listing import present
from singalike.corpus.readers.record import Dataset
from singalike.corpus.songs import Song
from singalike.errors import ConfigError

DATASET = Dataset(
    name="MUSDB18",
    licence="per song, some CC BY-NC-SA; for academic purposes only",
    citation="Rafii, Liutkus, Stöter, Mimilakis and Bittner, MUSDB18-HQ: an uncompressed version of MUSDB18, 2019",
    identity='the artist before the first " - " of the folder, whole; Music Delta, a producer, may be several',
    layout="train/Actions - One Minute Smile/mixture.wav",
    obtain="doi:10.5281/zenodo.3338373 (MUSDB18-HQ)",
    songs=150,
)

_PARTS = ("mixture", "vocals", "drums", "bass", "other")
_VALIDATION = {
    "Actions - One Minute Smile",
    "Alexander Ross - Goodbye Bolero",
    "ANiMAL - Rockshow",
    "Clara Berry And Wooldog - Waltz For My Victims",
    "Fergessen - Nos Palpitants",
    "James May - On The Line",
    "Johnny Lokke - Promises & Lies",
    "Leaf - Summerghost",
    "Meaxic - Take A Step",
    "Patrick Talbot - A Reason To Leave",
    "Skelpolu - Human Mistakes",
    "Traffic Experiment - Sirens",
    "Triviul - Angelsaint",
    "Young Griffo - Pennies",
}


def read(root: Path | str) -> list[Song]:
    """Read the songs with their stems.

    Args:
        root: The folder that holds ``train`` and ``test``, or any folder above it.

    Returns:
        Songs in the order of their paths, each with a mixture, vocals, drums, bass and other; a song that lacks one
        of them is left out.

    Raises:
        ConfigError: There is no such song, or only ``.stem.mp4`` files.
    """
    layout = rf"(?P<split>train|test)/(?P<artist>[^/]+?) - (?P<title>[^/]+)/(?P<part>{'|'.join(_PARTS)})"
    try:
        found = find_files(root, layout, DATASET)
    except ConfigError:
        _refuse_stem_files(Path(root))
        raise
    folders: dict[tuple[str, str, str], dict[str, Path]] = {}
    for path, groups in found:
        expected = {part: path.with_name(f"{part}.wav") for part in _PARTS}
        song = folders.setdefault((groups["split"], groups["artist"], groups["title"]), expected)
        song[groups["part"]] = path
    songs = (_song(*named, files) for named, files in folders.items())
    return present(songs, DATASET, root)


def _song(split: str, artist: str, title: str, files: dict[str, Path]) -> Song:
    name = f"{artist} - {title}"
    split = "validation" if split == "train" and name in _VALIDATION else split
    return Song(name, artist, files, split=split, licence=DATASET.licence, source="musdb18")


def _refuse_stem_files(root: Path) -> None:
    stems = (path for path in sorted(root.rglob("*.stem.mp4")) if not any(map(is_litter, path.relative_to(root).parts)))
    if first := next(stems, None):
        raise ConfigError(
            "stem files hold five streams in one .mp4, which are not read",
            where=first,
            hint=f"take the release of WAV files, {DATASET.obtain}, or decode each into a folder: {DATASET.layout}",
        )
