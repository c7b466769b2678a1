"""The K-pop vocal tags, on a tiny tree in the shape of their release."""

from __future__ import annotations

import json
import logging

import numpy as np
import pytest

from singalike.corpus.readers import RATED_READERS, READERS, SONG_READERS, Dataset, kvt
from singalike.errors import ConfigError

TAGS = ["Husky/Throaty", "Female", " Ballad"]
ROWS = [("One", "Solji (EXID)", 108_500), ("One", "Solji (EXID)", 118_500), ("Two", "Solji", 0), ("One", "Ann", 20_000)]
RATINGS = np.array([[3, 3, 0], [2, 3, 1], [0, 2, 3], [1, 0, 2]])


@pytest.fixture
def release(plant):
    """Make the release's files and audio of these names; return its root."""

    def make(*audio: str):
        root = plant(*(f"kvtdataset/{path}" for path in ("data/.DS_Store", *audio))) / "kvtdataset"
        segments = [
            {"title": title, "artist": artist, "segID": number, "offset": offset}
            for number, (title, artist, offset) in enumerate(ROWS)
        ]
        songs = [list(song) for song in dict.fromkeys((title, artist) for title, artist, _ in ROWS)]
        for name, content in (("segments", segments), ("tags", TAGS), ("songs", songs)):
            (root / "data" / f"{name}.json").write_text(json.dumps(content), encoding="utf-8")
        np.save(root / "data" / "ratings.npy", RATINGS)
        return root

    return make


SONGS = ("songs/0.mp3", "songs/1.flac", "songs/2.mp3", "songs/._0.mp3")


def test_segments_are_cut_from_songs_by_their_offsets(release, caplog):
    root = release(*SONGS)
    with caplog.at_level(logging.WARNING):
        segments = kvt.read(root)
    assert kvt.read(root.parent) == segments
    assert not caplog.records
    assert [segment.name for segment in segments] == ["0", "1", "2", "3"]
    assert [segment.path.relative_to(root).as_posix() for segment in segments] == [
        "songs/0.mp3", "songs/0.mp3", "songs/1.flac", "songs/2.mp3",
    ]  # fmt: skip
    assert [(s.start_seconds, s.seconds) for s in segments] == [(108.5, 10.0), (118.5, 10.0), (0.0, 10.0), (20.0, 10.0)]
    assert [list(segment.ratings) for segment in segments] == [["husky/throaty", "female", "ballad"]] * 4
    assert [list(segment.ratings.values()) for segment in segments] == RATINGS.tolist()
    assert all(s.source == "kvt" and s.licence == kvt.DATASET.licence and s.split == "" for s in segments)


def test_a_singer_with_and_without_her_group_is_one_voice(release):
    assert [segment.voice for segment in kvt.read(release(*SONGS))] == ["Solji", "Solji", "Solji", "Ann"]


def test_segments_that_were_cut_before_are_read_whole(release):
    root = release(*(f"segment_mix/{number}.mp3" for number in range(4)))
    segments = kvt.read(root)
    assert [segment.path.name for segment in segments] == ["0.mp3", "1.mp3", "2.mp3", "3.mp3"]
    assert {(segment.start_seconds, segment.seconds) for segment in segments} == {(0.0, None)}


def test_missing_audio_is_counted_and_none_at_all_is_an_error(release, caplog):
    root = release(*SONGS)
    whole = kvt.read(root)
    (root / "songs/0.mp3").unlink()
    with caplog.at_level(logging.WARNING):
        assert kvt.read(root) == whole[2:]
    assert "KVT: 2 of 4 songs are left out" in caplog.text
    for name in SONGS[1:3]:
        (root / name).unlink()
    with pytest.raises(ConfigError, match="here") as caught:
        kvt.read(root)
    assert kvt.DATASET.obtain in caught.value.hint


@pytest.mark.parametrize("name", ["segments.json", "tags.json", "songs.json", "ratings.npy"])
@pytest.mark.parametrize("content", [None, b"\xff no such thing", b'{"a": 1}', b'[["a"]]'])
def test_a_file_that_is_missing_or_damaged_is_named(release, name, content):
    root = release(*SONGS)
    (root / "data" / name).unlink()
    if content is not None:
        (root / "data" / name).write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        kvt.read(root)
    assert str(root) in str(caught.value.where)


def test_ratings_that_do_not_fit_are_refused(release):
    root = release(*SONGS)
    for ratings in (RATINGS[:, :2], RATINGS[:3], RATINGS * np.nan):
        np.save(root / "data" / "ratings.npy", ratings)
        with pytest.raises(ConfigError, match="not a"):
            kvt.read(root)
    np.save(root / "data" / "ratings.npy", np.array([{}]), allow_pickle=True)
    with pytest.raises(ConfigError, match="not an array of numbers"):  # a pickle could run code
        kvt.read(root)


@pytest.mark.parametrize("reader", RATED_READERS.values(), ids=RATED_READERS)
def test_every_rated_reader_has_a_record_and_says_where_to_get_it(reader, tmp_path):
    record = reader.DATASET
    assert isinstance(record, Dataset)
    texts = (record.name, record.licence, record.citation, record.identity, record.layout, record.obtain)
    assert all(text.strip() for text in texts)
    assert 0 < record.voices < record.songs
    assert reader.HOLDS_FROM > 0
    with pytest.raises(ConfigError, match="here") as caught:
        reader.read(tmp_path / "nowhere")
    assert record.obtain in caught.value.hint


def test_names_of_readers_are_of_one_kind():
    assert not set(RATED_READERS) & {*READERS, *SONG_READERS}
