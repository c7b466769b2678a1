"""The particulars of each dataset of songs: tags, subsets, published splits, and releases that are not read."""

from __future__ import annotations

import json

import numpy as np
import pytest

from singalike.corpus.readers import (
    artist20,
    fma,
    magnatagatune,
    mtg_jamendo,
    musdb18,
    music4all,
    nsynth,
    read_song_dataset,
)
from singalike.errors import ConfigError


def by_name(songs, field):
    return {song.name: getattr(song, field) for song in songs}


def test_music4all_joins_genres_and_tags_by_id(plant, caplog):
    root = plant("audios/a1.mp3", "audios/b2.mp3", "audios/c3.mp3")
    (root / "id_information.csv").write_text(
        'id\tartist\tsong\talbum_name\nb2\t"""Weird Al"" Yankovic"\tTwo, too\tY\na1\tBeyoncé\tOne\tX\nc3\t \tNo\tZ\n'
    )
    (root / "id_genres.csv").write_text("id\tgenres\na1\tr&b,dance pop\n")
    (root / "id_tags.csv").write_text("id\ttags\nb2\tfunny, parody\na1\tpop,pop,female vocalists\n")
    songs = music4all.read(root)
    assert by_name(songs, "voice") == {"b2": '"Weird Al" Yankovic', "a1": "Beyoncé"}
    assert by_name(songs, "tags") == {
        "b2": ("funny", "parody"),
        "a1": ("genre:r&b", "genre:dance pop", "pop", "female vocalists"),
    }
    assert "Music4All: 1 of 3 songs are left out, no artist is named: c3" in caplog.text


def test_music4all_reads_without_tags_but_not_without_artists(plant):
    root = plant("audios/a1.mp3")
    (root / "id_information.csv").write_text("id\tartist\na1\tAda\n")
    assert [song.tags for song in music4all.read(root)] == [()]
    (root / "id_information.csv").write_text("id\tsong\na1\tOne\n")
    with pytest.raises(ConfigError, match="no column artist"):
        music4all.read(root)


@pytest.fixture
def clips(plant):
    """One clip in each of the sixteen folders, clip_id 0 to 15; tag n is on the clips whose number it divides."""
    folders = "0123456789abcdef"
    paths = [f"{folder}/ada-song-0-29.mp3" for folder in folders]
    root = plant(*(f"mp3/{path}" for path in paths))
    rows = ["clip_id\tthird\tevery\tsecond\tnever\tmp3_path"]
    rows += [f"{n}\t{int(n % 3 == 0)}\t1\t{int(n % 2 == 0)}\t0\t{path}" for n, path in enumerate(paths)]
    (root / "annotations_final.csv").write_text("\n".join(rows) + "\n")
    (root / "clip_info_final.csv").write_text(
        "clip_id\ttitle\tartist\n" + "".join(f"{n}\tSong\tArtist {n // 8}\n" for n in range(20))
    )
    return root


def test_magnatagatune_is_split_by_folders_twelve_to_one_to_three(clips):
    songs = magnatagatune.read(clips)
    assert [song.split for song in songs] == ["train"] * 12 + ["validation"] + ["test"] * 3
    assert [song.voice for song in songs] == ["Artist 0"] * 8 + ["Artist 1"] * 8


@pytest.mark.parametrize(
    ("top_tags", "expected"), [(1, ("every",)), (2, ("every", "second")), (None, ("third", "every", "second"))]
)
def test_magnatagatune_keeps_the_most_frequent_tags(clips, top_tags, expected):
    songs = magnatagatune.read(clips, top_tags=top_tags)
    assert songs[0].tags == expected
    assert songs[1].tags == ("every",)
    assert len(songs) == 16


def test_magnatagatune_counts_tags_over_all_clips_not_those_on_disk(clips):
    for folder in "2468ace":  # of the clips left, more have the tag "third"
        (clips / f"mp3/{folder}/ada-song-0-29.mp3").unlink()
    songs = magnatagatune.read(clips, top_tags=2)
    assert {tag for song in songs for tag in song.tags} == {"every", "second"}
    with pytest.raises(ConfigError, match="top_tags is 0"):
        magnatagatune.read(clips, top_tags=0)


def test_magnatagatune_takes_published_lists_by_clip_or_by_path(clips):
    by_clip, by_path = clips / "by-clip", clips / "by-path"
    by_clip.mkdir()
    by_path.mkdir()
    (by_clip / "train_gt_mtt.tsv").write_text("3\t[0.0, 1.0]\n5\t[1.0, 0.0]\n")
    (by_clip / "val_gt_mtt.tsv").write_text("1\t[0.0, 0.0]\n")
    (by_clip / "test_gt_mtt.tsv").write_text("15\t[0.0, 0.0]\n")
    np.save(by_path / "train.npy", np.array(["0\t3/ada-song-0-29.mp3", "1\t5/ada-song-0-29.mp3"]))
    np.save(by_path / "valid.npy", np.array(["2\t1/ada-song-0-29.mp3"]))
    np.save(by_path / "test.npy", np.array(["3\tf/ada-song-0-29.mp3"]))
    np.save(by_path / "binary.npy", np.zeros((4, 50)))
    expected = {"3": "train", "5": "train", "1": "validation", "15": "test"}
    for lists in (by_clip, str(by_path), {"train": by_clip / "train_gt_mtt.tsv", "validation": by_path / "valid.npy",
                                          "test": by_clip / "test_gt_mtt.tsv"}):  # fmt: skip
        splits = by_name(magnatagatune.read(clips, split=lists), "split")
        assert {name: split for name, split in splits.items() if split} == expected


def test_lists_that_contradict_themselves_are_refused(clips):
    lists = clips / "lists"
    lists.mkdir()
    with pytest.raises(ConfigError, match="no lists of a split here"):
        magnatagatune.read(clips, split=lists)
    (lists / "train.txt").write_text("3\n")
    (lists / "test.txt").write_text("4\n3\n")
    with pytest.raises(ConfigError, match="3 is in test and in train"):
        magnatagatune.read(clips, split=lists)
    (lists / "old-test.txt").write_text("5\n")
    with pytest.raises(ConfigError, match=r"two lists for test: old-test\.txt and test\.txt"):
        magnatagatune.read(clips, split=lists)
    with pytest.raises(ConfigError, match="not a list of songs"):
        magnatagatune.read(clips, split={"train": lists / "none.txt"})
    with pytest.raises(ConfigError, match="no part of a split is called 'dev'"):
        magnatagatune.read(clips, split={"dev": lists / "train.txt"})
    np.save(lists / "pickled.npy", np.array(["3"], dtype=object))
    with pytest.raises(ConfigError, match="not a list of songs"):
        magnatagatune.read(clips, split={"train": lists / "pickled.npy"})


def test_magnatagatune_needs_the_table_of_artists(clips):
    (clips / "clip_info_final.csv").unlink()
    with pytest.raises(ConfigError, match=r"no clip_info_final\.csv here"):
        magnatagatune.read(clips)


def test_nsynth_reads_the_parts_that_are_there(plant):
    note = {"instrument_str": "vocal_synthetic_003", "instrument_family_str": "vocal", "qualities_str": ["bright"]}
    root = plant("nsynth-valid/audio/v.wav", "nsynth-train/audio/t.wav")
    (root / "nsynth-valid/examples.json").write_text(json.dumps({"v": note}))
    (root / "nsynth-train/examples.json").write_text(json.dumps({"t": {**note, "qualities_str": []}}))
    train, validation = nsynth.read(root)
    assert (train.name, train.split, train.tags) == ("t", "train", ("instrument:vocal",))
    assert (validation.name, validation.split, validation.tags) == ("v", "validation", ("instrument:vocal", "bright"))
    assert train.voice == validation.voice == "vocal_synthetic_003"
    (root / "nsynth-train/examples.json").write_text('{"t": {"instrument_str": "x"}}')
    with pytest.raises(ConfigError, match="a note has no 'instrument_family_str'"):
        nsynth.read(root)
    (root / "nsynth-train/examples.json").write_text("[1]")
    with pytest.raises(ConfigError, match="not a list of notes"):
        nsynth.read(root)


@pytest.fixture
def tracks(plant):
    """tracks.csv as released: three rows of header, and fields with line breaks and beyond csv's usual limit."""
    root = plant(*(f"fma_{subset}/00{n}/00{n}00{n}.mp3" for subset in ("small", "medium", "large") for n in (1, 2, 3)))
    (root / "fma_metadata").mkdir()
    biography = '"He said ""la"".\n' + "la " * 50_000 + '"'
    (root / "fma_metadata/tracks.csv").write_text(
        ",album,artist,artist,set,set,track,track\n"
        ",id,bio,id,split,subset,genre_top,license\n"
        "track_id,,,,,,,\n"
        f"1001,5,{biography},11,training,small,Hip-Hop,Attribution 3.0\n"
        "2002,6,,12,validation,medium,Rock,\n"
        "3003,6,,12,test,large,,Attribution-NonCommercial\n"
    )
    return root


@pytest.mark.parametrize(("subset", "count"), [("small", 1), ("medium", 2), ("large", 3)])
def test_each_subset_of_fma_holds_the_smaller_ones(tracks, subset, count):
    songs = fma.read(tracks, subset=subset)
    assert [song.name for song in songs] == ["001001", "002002", "003003"][:count]
    assert {song.files["mixture"].parents[1].name for song in songs} == {f"fma_{subset}"}


def test_fma_reads_what_the_two_rows_of_its_header_name(tracks):
    songs = fma.read(tracks, subset="large")
    assert [song.voice for song in songs] == ["fma-11", "fma-12", "fma-12"]
    assert [song.split for song in songs] == ["train", "validation", "test"]
    assert [song.tags for song in songs] == [("genre:Hip-Hop",), ("genre:Rock",), ()]
    assert songs[0].licence == "Attribution 3.0"
    assert songs[1].licence == fma.DATASET.licence


def test_fma_names_an_unknown_subset_and_a_lacking_column(tracks):
    with pytest.raises(ConfigError, match=r"'tiny' \(one of: small, medium, large, full\)"):
        fma.read(tracks, subset="tiny")
    with pytest.raises(ConfigError, match="fma_full/001/001001"):
        fma.read(tracks, subset="full")
    table = tracks / "fma_metadata/tracks.csv"
    table.write_text(table.read_text().replace("genre_top", "genre"))
    with pytest.raises(ConfigError, match=r"no column track\.genre_top"):
        fma.read(tracks)


def jamendo_table(*rows):
    return "TRACK_ID\tARTIST_ID\tALBUM_ID\tPATH\tDURATION\tTAGS\n" + "".join(f"{row}\n" for row in rows)


ROCK = "track_0007400\tartist_000001\talbum_1\t00/7400.mp3\t30.1\tgenre---rock\tmood/theme---deep\tinstrument---piano"
PIANO = "track_0000214\tartist_000014\talbum_2\t14/214.mp3\t30.1\tinstrument---piano"


@pytest.fixture
def jamendo(plant):
    root = plant("raw_30s/audio-low/00/7400.low.mp3", "raw_30s/audio-low/14/214.low.mp3")
    for split, (train, test) in enumerate([(ROCK, PIANO), (PIANO, ROCK)]):
        folder = root / f"data/splits/split-{split}"
        folder.mkdir(parents=True)
        for name, rows in (("autotagging-train", [train]), ("autotagging-validation", []), ("autotagging-test", [test]),
                           ("autotagging_genre-train", [ROCK.rpartition("\tmood")[0]]),
                           ("autotagging_genre-validation", []), ("autotagging_genre-test", [])):  # fmt: skip
            (folder / f"{name}.tsv").write_text(jamendo_table(*rows))
    (root / "data/autotagging.tsv").write_text(jamendo_table(ROCK, PIANO))
    return root


def test_jamendo_reads_as_many_tags_as_a_row_has(jamendo):
    tags = by_name(mtg_jamendo.read(jamendo), "tags")
    assert tags == {
        "track_0007400": ("genre:rock", "mood/theme:deep", "instrument:piano"),
        "track_0000214": ("instrument:piano",),
    }


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, {"track_0007400": "train", "track_0000214": "test"}),
        ({"split": 1}, {"track_0007400": "test", "track_0000214": "train"}),
        ({"split": None}, {"track_0007400": "", "track_0000214": ""}),
        ({"subset": "genre"}, {"track_0007400": "train"}),
    ],
)
def test_jamendo_splits_and_subsets_are_the_published_ones(jamendo, options, expected):
    assert by_name(mtg_jamendo.read(jamendo, **options), "split") == expected


def test_jamendo_finds_audio_elsewhere_and_prefers_the_better(jamendo, plant):
    elsewhere = plant("disk/00/7400.mp3", "disk/00/7400.low.mp3", "disk/14/214.low.mp3") / "disk"
    assert [song.files["mixture"].name for song in mtg_jamendo.read(jamendo)] == ["7400.low.mp3", "214.low.mp3"]
    songs = mtg_jamendo.read(jamendo, audio=elsewhere)
    assert [song.files["mixture"] for song in songs] == [elsewhere / "00/7400.mp3", elsewhere / "14/214.low.mp3"]


@pytest.mark.parametrize("options", [{"split": 5}, {"split": "0"}, {"subset": "mood"}])
def test_jamendo_names_what_there_is_to_choose(jamendo, options):
    with pytest.raises(ConfigError, match="split 0 to 4 or None; subset one of: genre, "):
        mtg_jamendo.read(jamendo, **options)


STEMS = ("mixture", "vocals", "drums", "bass", "other")


def test_musdb18_has_stems_and_the_published_validation_songs(plant):
    folders = ("train/ANiMAL - Rockshow", "train/Ada - One - Two", "test/ANiMAL - Clinic A")
    root = plant(*(f"musdb18hq/{folder}/{stem}.wav" for folder in folders for stem in STEMS))
    songs = musdb18.read(root)
    assert [(s.name, s.voice, s.split) for s in songs] == [
        ("ANiMAL - Clinic A", "ANiMAL", "test"),
        ("ANiMAL - Rockshow", "ANiMAL", "validation"),
        ("Ada - One - Two", "Ada", "train"),
    ]
    assert songs[1].files == {stem: root / f"musdb18hq/train/ANiMAL - Rockshow/{stem}.wav" for stem in STEMS}
    assert len(musdb18._VALIDATION) == 14


def test_musdb18_leaves_out_a_song_without_all_its_stems(plant, caplog):
    root = plant(*(f"train/Ada - One/{stem}.wav" for stem in STEMS), "train/Bo - Two/mixture.wav")
    assert [song.name for song in musdb18.read(root)] == ["Ada - One"]
    assert "1 of 2 songs" in caplog.text
    assert "Bo - Two/vocals.wav" in caplog.text


def test_a_warning_names_the_first_few(plant, caplog):
    root = plant(*(f"train/Ada - One/{stem}.wav" for stem in STEMS), *(f"test/Bo - {n}/mixture.wav" for n in range(5)))
    assert len(musdb18.read(root)) == 1
    assert "MUSDB18: 5 of 6 songs are left out, no such file: " in caplog.text
    assert "Bo - 2/vocals.wav, …" in caplog.text
    assert "Bo - 3" not in caplog.text


def test_musdb18_refuses_stem_files_and_says_what_to_take(plant):
    root = plant("train/Ada - One.stem.mp4", "test/Bo - Two.stem.mp4")
    with pytest.raises(ConfigError, match="five streams") as caught:
        musdb18.read(root)
    assert "MUSDB18-HQ" in caught.value.hint


@pytest.fixture
def albums(plant):
    """Two artists with six albums; the second lacks the last."""
    paths = [f"{artist}/Album {n}/0{t}-Mr. {t}.mp3" for artist in ("ada", "bo") for n in range(6) for t in (1, 2)]
    return plant(*(f"artist20/mp3s-32k/{path}" for path in paths if "bo/Album 5" not in path))


def test_artist20_holds_one_album_of_each_artist_out(albums):
    held_out = []
    for fold in range(6):
        splits = by_name(artist20.read(albums, fold=fold), "split")
        assert set(splits.values()) == {"train", "test"}
        test = {name for name, split in splits.items() if split == "test"}
        assert {name.rpartition("/")[0] for name in test} <= {f"ada/Album {fold}", f"bo/Album {fold}"}
        held_out += sorted(test)
    assert sorted(held_out) == [song.name for song in artist20.read(albums)]  # each track is tested once


def test_artist20_is_not_any_collection_of_albums(albums, plant):
    plant("music/ada/Album 0/01-Mr. 1.mp3")
    assert artist20.read(albums) == artist20.read(albums / "artist20/mp3s-32k")
    with pytest.raises(ConfigError, match="mp3s-32k"):
        artist20.read(albums / "music")


def test_artist20_takes_the_authors_lists(albums):
    lists = albums / "lists"
    lists.mkdir()
    (lists / "a20-trn-tracks.list").write_text("ada/Album 0/01-Mr. 1\nada/Album 0/02-Mr. 2\n")
    (lists / "a20-val-tracks.list").write_text("bo/Album 1/01-Mr. 1\n")
    (lists / "a20-tst-tracks.list").write_text("bo/Album 2/01-Mr. 1.mp3\n")
    (lists / "a20-all-tracks.list").write_text("no part of a split\n")
    splits = by_name(artist20.read(albums, lists=lists), "split")
    assert {name: split for name, split in splits.items() if split} == {
        "ada/Album 0/01-Mr. 1": "train",
        "ada/Album 0/02-Mr. 2": "train",
        "bo/Album 1/01-Mr. 1": "validation",
        "bo/Album 2/01-Mr. 1": "test",
    }
    assert set(by_name(artist20.read(albums), "split").values()) == {""}
    with pytest.raises(ConfigError, match="both say how to split"):
        artist20.read(albums, lists=lists, fold=0)
    with pytest.raises(ConfigError, match="no fold 6"):
        read_song_dataset("artist20", albums, fold=6)
