"""What every reader of songs promises, on a tiny tree of each dataset, and what its table of readers does."""

from __future__ import annotations

import importlib
import json
import logging
import pkgutil
from pathlib import Path

import pytest

from singalike.corpus import readers
from singalike.corpus.readers import RATED_READERS, READERS, SONG_READERS, Dataset, read_song_dataset
from singalike.corpus.songs import STEMS
from singalike.errors import ConfigError

STEM_FILES = ("bass.wav", "drums.wav", "mixture.wav", "other.wav", "vocals.wav")
NOTES = {
    f"{family}_acoustic_000-{pitch}-075": {
        "instrument_str": f"{family}_acoustic_000",
        "instrument_family_str": family,
        "qualities_str": [],
    }
    for family, pitch in (("vocal", "060"), ("vocal", "062"), ("guitar", "048"))
}
FMA_HEADER = ",artist,set,set,track,track\n,id,split,subset,genre_top,license\ntrack_id,,,,,\n"
JAMENDO = "TRACK_ID\tARTIST_ID\tALBUM_ID\tPATH\tDURATION\tTAGS\n"

# Reader -> its audio files in the order of its songs, the tables beside them, what its artists are.
SONG_TREES: dict[str, tuple[list[str], dict[str, str], set[str]]] = {
    "music4all": (
        ["audios/a1.mp3", "audios/b2.mp3"],
        {
            "id_information.csv": "id\tartist\tsong\talbum_name\na1\tAda\tOne\tX\nb2\tBo\tTwo\tY\n",
            "id_tags.csv": "id\ttags\na1\thappy,loud\n",
            "id_genres.csv": "id\tgenres\na1\trock\n",
        },
        {"Ada", "Bo"},
    ),
    "magnatagatune": (
        ["0/ada-one-0-29.mp3", "f/bo-two-29-58.mp3"],
        {
            "annotations_final.csv": (
                '"clip_id"\t"guitar"\t"mp3_path"\n"2"\t"1"\t"0/ada-one-0-29.mp3"\n"6"\t"0"\t"f/bo-two-29-58.mp3"\n'
            ),
            "clip_info_final.csv": "clip_id\tartist\n2\tAda\n6\tBo\n",
        },
        {"Ada", "Bo"},
    ),
    "nsynth": (
        [f"nsynth-test/audio/{note}.wav" for note in NOTES],
        {"nsynth-test/examples.json": json.dumps(NOTES)},
        {"vocal_acoustic_000", "guitar_acoustic_000"},
    ),
    "fma": (
        ["fma_small/000/000002.mp3", "fma_small/134/134001.mp3"],
        {
            "fma_metadata/tracks.csv": (
                f"{FMA_HEADER}2,1,training,small,Hip-Hop,CC BY\n134001,7,test,small,Rock,CC BY-NC\n"
            )
        },
        {"fma-1", "fma-7"},
    ),
    "mtg-jamendo": (
        ["00/7400.mp3", "14/214.mp3"],
        {
            "data/splits/split-0/autotagging-train.tsv": (
                f"{JAMENDO}track_0007400\tartist_000001\talbum_1\t00/7400.mp3\t30.1\tgenre---rock\n"
            ),
            "data/splits/split-0/autotagging-validation.tsv": JAMENDO,
            "data/splits/split-0/autotagging-test.tsv": (
                f"{JAMENDO}track_0000214\tartist_000014\talbum_2\t14/214.mp3\t30.1\tinstrument---piano\n"
            ),
        },
        {"artist_000001", "artist_000014"},
    ),
    "musdb18": (
        [
            *(f"test/Bo & Co - Two - Live/{stem}" for stem in STEM_FILES),
            *(f"train/Ada - One/{stem}" for stem in STEM_FILES),
        ],
        {},
        {"Ada", "Bo & Co"},
    ),
    "artist20": (["mp3s-32k/ada/First/01-One.mp3", "mp3s-32k/bo/Late/02-Mr._Two.mp3"], {}, {"ada", "bo"}),
}
LITTER = ["__MACOSX/{}", ".cache/{}", ".DS_Store"]


@pytest.fixture(params=SONG_READERS)
def dataset(request: pytest.FixtureRequest, plant) -> tuple[str, Path]:
    """A reader's name and the root of its tree; litter lies about, and is no second dataset."""
    files, tables, _ = SONG_TREES[request.param]
    hidden = [str(Path(file).with_name("._" + Path(file).name)) for file in files]
    litter = [place.format(file) for file in (*files, *tables) for place in LITTER]
    root = plant(*(f"above/root/{path}" for path in (*files, *hidden, *litter))) / "above" / "root"
    for name, text in tables.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    return request.param, root


def test_each_song_is_read_once_and_in_order(dataset, caplog):
    name, root = dataset
    with caplog.at_level(logging.WARNING):
        songs = read_song_dataset(name, root)
    paths = [path for song in songs for path in sorted(song.files.values())]
    assert [path.relative_to(root).as_posix() for path in paths] == SONG_TREES[name][0]
    assert all(path.is_file() for path in paths)
    assert len({song.name for song in songs}) == len(songs) > 1
    assert read_song_dataset(name, str(root)) == songs
    assert not caplog.records  # nothing is left out


def test_the_folder_above_the_dataset_is_a_root_too(dataset):
    name, root = dataset
    assert read_song_dataset(name, root.parent) == read_song_dataset(name, root)


def test_artists_licences_splits_and_tags_are_filled(dataset):
    name, root = dataset
    songs = read_song_dataset(name, root)
    assert {song.voice for song in songs} == SONG_TREES[name][2]
    assert all(song.licence and song.source == name for song in songs)
    assert {song.split for song in songs} <= {"", "train", "validation", "test"}
    assert all("mixture" in song.files and set(song.files) <= {"mixture", *STEMS} for song in songs)
    assert all(tag and tag == tag.strip() for song in songs for tag in song.tags)


def test_a_song_whose_audio_is_missing_is_left_out_and_counted(dataset, caplog):
    name, root = dataset
    whole = read_song_dataset(name, root)
    gone = whole[0].files["mixture"]
    gone.unlink()
    with caplog.at_level(logging.WARNING):
        assert read_song_dataset(name, root) == whole[1:]
    if name != "artist20":  # it has no table that says what should be there
        (record,) = caplog.records
        assert f"1 of {len(whole)} songs" in record.getMessage()
        assert str(gone) in record.getMessage()


def test_tables_without_any_audio_are_an_error(dataset):
    name, root = dataset
    for song in read_song_dataset(name, root):
        for path in song.files.values():
            path.unlink()
    with pytest.raises(ConfigError, match="here") as caught:
        read_song_dataset(name, root)
    assert SONG_READERS[name].DATASET.obtain in caught.value.hint


@pytest.mark.parametrize("name", SONG_READERS)
@pytest.mark.parametrize("where", ["", "nowhere", "a-file"])
def test_a_root_without_the_dataset_says_where_to_get_it(name, where, tmp_path):
    (tmp_path / "a-file").write_text("nothing\n")
    with pytest.raises(ConfigError, match="here") as caught:
        read_song_dataset(name, tmp_path / where)
    assert caught.value.where == str(tmp_path / where)
    assert SONG_READERS[name].DATASET.obtain in caught.value.hint


@pytest.mark.parametrize("name", SONG_READERS)
def test_a_table_that_is_damaged_is_named(name, plant):
    files, tables, _ = SONG_TREES[name]
    root = plant(*files, *tables)
    for table in tables:
        (root / table).write_bytes(b"\xff\xfe\x00 no table")
    if tables:
        with pytest.raises(ConfigError, match="not a") as caught:
            read_song_dataset(name, root)
        assert str(root) in str(caught.value.where)


@pytest.mark.parametrize("name", SONG_READERS)
def test_a_record_says_what_the_dataset_is(name):
    record = SONG_READERS[name].DATASET
    assert isinstance(record, Dataset)
    texts = (record.name, record.licence, record.citation, record.identity, record.layout, record.obtain)
    assert all(text.strip() for text in texts)
    assert record.songs is not None
    assert record.songs > 0
    assert record.voices is None or 0 < record.voices < record.songs


def test_an_unknown_reader_or_option_lists_the_known_ones(tmp_path):
    with pytest.raises(ConfigError, match=r"no reader of songs is called 'mtt' \(one of: music4all, magnatagatune, "):
        read_song_dataset("mtt", tmp_path)
    with pytest.raises(ConfigError, match=r"fma has no option 'size' \(it has: subset\)"):
        read_song_dataset("fma", tmp_path, size="small")


def test_no_reader_is_forgotten():
    modules = (
        importlib.import_module(f"singalike.corpus.readers.{m.name}") for m in pkgutil.iter_modules(readers.__path__)
    )
    known = [*READERS.values(), *SONG_READERS.values(), *RATED_READERS.values()]
    assert [m for m in modules if hasattr(m, "DATASET") and m not in known] == []
    assert not set(READERS) & set(SONG_READERS)
    assert set(SONG_TREES) == set(SONG_READERS)
