from __future__ import annotations

import logging
from pathlib import Path

import pytest

from singalike.corpus.songs import read_songs, terms
from singalike.errors import ConfigError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Songs as separators leave them, by the names they use, with what is no song beside them."""
    for name in (
        "ann/one/mixture.wav", "ann/one/vocals.wav", "ann/one/no_vocals.wav", "ann/one/cover.jpg",
        "ann/one/count-in.wav", "ann/two/Mix.FLAC", "ann/two/drums.flac", "ann/two/bass.flac", "ann/two/other.flac",
        "bea/three/vocals.mp3", "bea/three/accompaniment.mp3",
        "bea/notes/lyrics.txt", "bea/loose.wav", "mixture.wav",
    ):  # fmt: skip
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"audio")
    return tmp_path


def _table(folder: Path, text: str) -> Path:
    (folder / "songs.csv").write_text(text, encoding="utf-8")
    return folder / "songs.csv"


def test_a_folder_is_artist_song_stems(folder: Path) -> None:
    found = {song.name: (song.voice, {k: p.name for k, p in song.files.items()}) for song in read_songs(folder)}
    assert found == {
        "ann/one": ("ann", {"mixture": "mixture.wav", "vocals": "vocals.wav", "accompaniment": "no_vocals.wav"}),
        "ann/two": (
            "ann",
            {"mixture": "Mix.FLAC", "drums": "drums.flac", "bass": "bass.flac", "other": "other.flac"},
        ),
        "bea/three": ("bea", {"vocals": "vocals.mp3", "accompaniment": "accompaniment.mp3"}),
    }


def test_a_folder_whose_stems_make_no_mixture_is_left_out_and_said(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (folder / "bea" / "three" / "accompaniment.mp3").unlink()
    with caplog.at_level(logging.WARNING):
        assert [song.name for song in read_songs(folder)] == ["ann/one", "ann/two"]
    said = f"{folder / 'bea' / 'three'} is left out: no mixture, and vocals without accompaniment"
    assert [record.getMessage() for record in caplog.records] == [said]


def test_vocals_with_a_whole_band_are_a_song_and_with_a_part_of_it_none(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    place = folder / "bea" / "three"
    (place / "accompaniment.mp3").unlink()
    for name in ("drums", "bass"):
        (place / f"{name}.wav").write_bytes(b"audio")
    with caplog.at_level(logging.WARNING):
        assert "bea/three" not in [song.name for song in read_songs(folder)]
    assert caplog.records[0].getMessage().endswith("no mixture or accompaniment, and of the band no other")
    (place / "other.wav").write_bytes(b"audio")
    assert set(read_songs(folder)[-1].files) == {"vocals", "drums", "bass", "other"}
    source = _table(
        folder,
        "voice,vocals,drums,bass,other\nbea,bea/three/vocals.mp3,bea/three/drums.wav,bea/three/bass.wav,bea/three/other.wav\n",
    )
    assert set(read_songs(source)[0].files) == {"vocals", "drums", "bass", "other"}


BAND = {"drums": 1, "bass": 1, "other": 1}


@pytest.mark.parametrize(
    ("source", "own", "expected"),
    [
        ("mixture", "mixture vocals accompaniment", {"mixture": 1}),
        ("mixture", "vocals accompaniment drums bass other", {"vocals": 1, "accompaniment": 1}),
        ("mixture", "vocals drums bass other", {"vocals": 1, **BAND}),
        ("mixture", "vocals drums bass", {}),
        ("mixture", "drums bass other", {}),
        ("accompaniment", "mixture vocals drums bass other", {"mixture": 1, "vocals": -1}),
        ("accompaniment", "mixture drums bass other", BAND),
        ("accompaniment", "mixture drums", {}),
        ("vocals", "mixture accompaniment", {}),
        ("bass", "mixture vocals bass", {"bass": 1}),
    ],
)
def test_what_a_source_is_the_sum_of(source: str, own: str, expected: dict[str, int]) -> None:
    assert terms(source, own.split()) == expected


def test_a_table_is_relative_to_itself_and_keeps_its_order(folder: Path) -> None:
    source = _table(
        folder,
        "artist,path,vocals,accompaniment,song,tags,split,licence,source,extra\n"
        "bea,,bea/three/vocals.mp3,bea/three/accompaniment.mp3,Hymn,sad; slow ;,train,CC0,choir,7\n"
        f"ann,{folder}/ann/two/Mix.FLAC,,,,,,,,\n",
    )
    bea, ann = read_songs(source)
    assert (bea.name, bea.voice, bea.tags, bea.split) == ("row 2 Hymn", "bea", ("sad", "slow"), "train")
    assert (bea.licence, bea.source) == ("CC0", "choir")
    assert dict(bea.files) == {
        "vocals": folder / "bea/three/vocals.mp3",
        "accompaniment": folder / "bea/three/accompaniment.mp3",
    }
    assert (ann.name, ann.voice, ann.tags, ann.split) == ("row 3", "ann", (), "")
    assert dict(ann.files) == {"mixture": folder / "ann/two/Mix.FLAC"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no column voice.*found: nothing"),
        ("path\nann/one/mixture.wav\n", "no column voice"),
        ("voice,file\nann,ann/one/mixture.wav\n", "neither path nor vocals; found: voice, file"),
        ("voice,path\n", "no songs here"),
        ("voice,path\n,ann/one/mixture.wav\n", "row 2 has no voice"),
        ("artist,path\nann,ann/one/mixture.wav\n ,ann/one/mixture.wav\n", "row 3 has no artist"),
        ("voice,path\nann,\n", "row 2 has no mixture, and no vocals"),
        ("voice,vocals\nann,ann/one/vocals.wav\n", "row 2 has no mixture, and vocals without accompaniment"),
        ("voice,vocals,bass\nann,ann/one/vocals.wav,a.wav\n", "row 2 has .* of the band no drums and no other"),
        ("voice,path,drums\nann,ann/one/mixture.wav,ann/one/drums.wav\n", "row 2: no such file: .*drums.wav"),
    ],
)
def test_a_table_that_cannot_be_read_says_which_row_and_why(folder: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said) as error:
        read_songs(_table(folder, text))
    assert error.value.where == str(folder / "songs.csv")


def test_no_songs_at_all(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no songs here") as error:
        read_songs(tmp_path)
    assert "<artist>/<song>/mixture.wav" in error.value.hint
    with pytest.raises(ConfigError, match="no such folder or table"):
        read_songs(tmp_path / "songs.csv")
