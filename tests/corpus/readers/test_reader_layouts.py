"""The particulars of each dataset's tree: releases, misnamed files, copies, and what the parts of a path mean."""

from __future__ import annotations

import pytest

from singalike.corpus.readers import gtsinger, m4singer, nus_48e, ravdess, vctk, vocalset
from singalike.errors import ConfigError


def test_vctk_takes_one_microphone(plant):
    trimmed = "VCTK/wav48_silence_trimmed"
    root = plant(
        f"{trimmed}/p225/p225_001_mic1.flac",
        f"{trimmed}/p225/p225_001_mic2.flac",
        f"{trimmed}/p315/p315_001_mic1.flac",
        f"{trimmed}/log.txt",
        "VCTK/txt/p225/p225_001.txt",
    )
    assert [r.path.name for r in vctk.read(root)] == ["p225_001_mic1.flac", "p315_001_mic1.flac"]
    (second,) = vctk.read(root, microphone=2)
    assert (second.path.name, second.voice, second.kind) == ("p225_001_mic2.flac", "p225", "spoken")
    with pytest.raises(ConfigError, match="1 or 2"):
        vctk.read(root, microphone=3)


def test_vctk_reads_the_older_release_under_its_own_licence(plant):
    root = plant("VCTK-Corpus/wav48/p225/p225_001.wav", "VCTK-Corpus/wav48/p226/p226_001.wav")
    recordings = vctk.read(root)
    assert [(r.voice, r.licence) for r in recordings] == [("p225", "ODC-By 1.0"), ("p226", "ODC-By 1.0")]
    with pytest.raises(ConfigError, match="p225_001_mic1"):
        vctk.read(root, microphone=2)
    table = (
        "ID  AGE  GENDER  ACCENTS  REGION\n225  23  F    English    Southern  England\n226  22  M    English  Surrey\n"
    )
    (root / "VCTK-Corpus" / "speaker-info.txt").write_text(table)
    for place in (root, root / "VCTK-Corpus", root / "VCTK-Corpus" / "wav48"):
        assert vctk.genders(place) == {"p225": "f", "p226": "m"}


def test_vctk_does_not_take_another_speakers_file(plant):
    root = plant("wav48/p225/p226_001.wav", "wav48/p226/p226_001.wav")
    assert [r.path.parent.name for r in vctk.read(root)] == ["p226"]


def test_vctk_without_the_table_of_speakers_knows_no_gender(plant):
    assert vctk.genders(plant("wav48/p225/p225_001.wav")) == {}


def test_nus_48e_sings_and_reads_the_same_songs(plant):
    root = plant("ADIZ/sing/09.wav", "ADIZ/read/09.wav", "JLEE/sing/05.wav", "JLEE/sing/05.txt")
    assert [(r.voice, r.kind, r.song) for r in nus_48e.read(root)] == [
        ("ADIZ", "spoken", "09"),
        ("ADIZ", "sung", "09"),
        ("JLEE", "sung", "05"),
    ]


def test_vocalset_tells_male1_from_female1_and_male11(plant):
    root = plant(
        "FULL/female1/scales/belt/f1_scales_belt_a.wav",
        "FULL/male1/scales/belt/m1_scales_belt_a.wav",
        "FULL/male11/scales/belt/m11_scales_belt_a.wav",
        "FULL/not-female1/scales/belt/x.wav",
    )
    assert [r.voice for r in vocalset.read(root)] == ["female1", "male1", "male11"]
    assert vocalset.read(root / "FULL") == vocalset.read(root)


def test_vocalset_trusts_the_folder_not_the_name(plant):
    root = plant(
        "FULL/female2/arpeggios/vibrado/slow_vibrato_arps.wav",
        "FULL/male8/excerpts/vibrato/m9_caro_vibrato.wav",
        "FULL/male8/excerpts/spoken/m8_row_spoken.wav",
    )
    assert [(r.voice, r.kind, r.song, r.session) for r in vocalset.read(root)] == [
        ("female2", "sung", "arpeggios", "vibrato"),
        ("male8", "spoken", "row", "spoken"),
        ("male8", "sung", "caro", "vibrato"),
    ]


def test_vocalset_1_2_is_read_once_though_it_holds_each_recording_three_times(plant):
    root = plant(
        "data_by_singer/female1/scales/belt/f1_scales_belt_a.wav",
        "data_by_technique/belt/f1_scales_belt_a.wav",
        "data_by_vowel/a/f1_scales_belt_a.wav",
    )
    (only,) = vocalset.read(root)
    assert only.path == root / "data_by_singer/female1/scales/belt/f1_scales_belt_a.wav"


def test_two_releases_of_a_dataset_side_by_side_are_read_once(plant):
    scale = "female1/scales/belt/f1_scales_belt_a.wav"
    root = plant(f"VocalSet11/FULL/{scale}", f"VocalSet1-2/data_by_singer/{scale}")
    assert [r.path.relative_to(root).parts[0] for r in vocalset.read(root)] == ["VocalSet1-2"]


def test_m4singer_splits_at_the_first_hash(plant):
    root = plant("Tenor-7#a#b/0003.wav", "Tenor-7#a#b/0003.mid", "Tenor-7#a#b/0003.TextGrid")
    (only,) = m4singer.read(root)
    assert (only.voice, only.song, only.kind) == ("Tenor-7", "a#b", "sung")


def test_gtsinger_says_how_a_phrase_is_really_sung(plant):
    song = "English/EN-Alto-1/Mixed_Voice_and_Falsetto/A Thousand Years"
    groups = ("Control", "Falsetto", "Mixed_Voice", "Paired_Speech")
    root = plant(*(f"{song}/{group}_Group/0000.{ext}" for group in groups for ext in ("wav", "json", "musicxml")))
    assert [(r.session, r.kind) for r in gtsinger.read(root)] == [
        ("Control", "sung"),
        ("Falsetto", "sung"),
        ("Mixed_Voice", "sung"),
        ("Paired_Speech", "spoken"),
    ]
    assert {(r.voice, r.song) for r in gtsinger.read(root / "English")} == {("EN-Alto-1", "A Thousand Years")}


def test_ravdess_reads_what_the_name_says(plant):
    root = plant("Actor_12/03-01-06-01-02-01-12.wav", "Actor_12/03-02-05-02-01-02-12.wav")
    assert [(r.voice, r.kind, r.song, r.session) for r in ravdess.read(root)] == [
        ("ravdess-12", "spoken", "Dogs are sitting by the door", "fearful"),
        ("ravdess-12", "sung", "Kids are talking by the door", "angry strong"),
    ]


def test_ravdess_leaves_out_video_and_the_copy_that_mirrors_contain(plant):
    root = plant(
        "Actor_01/03-01-01-01-01-01-01.wav",
        "Actor_01/01-01-01-01-01-01-01.mp4",
        "audio_speech_actors_01-24/Actor_01/03-01-01-01-01-01-01.wav",
    )
    assert [r.path for r in ravdess.read(root)] == [root / "Actor_01/03-01-01-01-01-01-01.wav"]


def test_a_suffix_in_capitals_is_a_suffix(plant):
    assert len(nus_48e.read(plant("ADIZ/sing/01.WAV"))) == 1
