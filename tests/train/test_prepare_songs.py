"""From songs on disk to the batches of an epoch, and what a user is told where that cannot be."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

pytest.importorskip("torch")
pytest.importorskip("lightning")

import torch

from singalike.corpus.segments import SOURCES
from singalike.corpus.songs import Song
from singalike.errors import ConfigError, InputError, SilentError
from singalike.train.batches import SongBatches
from singalike.train.begun import describe_songs
from singalike.train.prepare_songs import PreparedSongs, prepare_songs, split_songs
from singalike.train.recipe import load_recipe
from singalike.train.run import train

RATE_HZ = 16_000
MIXTURE, VOCALS = SOURCES.index("mixture"), SOURCES.index("vocals")
SMALL = ["batch_size=4", "steps_per_epoch=2", "data.validation_share=0.34", "songs.segment_seconds=1.5"]


def _prepare(data: Path, name: str = "cola", *changes: str) -> PreparedSongs:
    recipe = load_recipe(name, [*SMALL, *changes])
    assert recipe.songs is not None
    return prepare_songs(recipe, recipe.songs, data, sample_rate_hz=RATE_HZ, progress=lambda *_: None)


def _batches(prepared: PreparedSongs, name: str, *changes: str) -> SongBatches:
    recipe = load_recipe(name, [*SMALL, *changes])
    assert recipe.songs is not None
    return SongBatches(recipe, recipe.songs, prepared, workers=0)


@pytest.fixture
def prepared(choir_songs: Path) -> PreparedSongs:
    return _prepare(choir_songs)


@pytest.fixture
def songs(choir_songs: Path, tmp_path: Path) -> Path:
    """A copy of the songs that a test may change."""
    return Path(shutil.copytree(choir_songs, tmp_path / "songs"))


def _rewrite(path: Path, change: Callable[[np.ndarray], np.ndarray], rate_hz: int = RATE_HZ) -> None:
    soundfile.write(path, change(soundfile.read(path)[0]), rate_hz)


@pytest.mark.parametrize(("recipe", "seconds"), [("cola", 5.0), ("cvsm-hybrid", 5.0), ("mscol", 3.92)])
def test_segments_are_as_long_as_the_paper_says(choir_songs: Path, recipe: str, seconds: float) -> None:
    settings = load_recipe(recipe).songs
    assert settings is not None
    found = _prepare(choir_songs, recipe, f"songs.segment_seconds={settings.segment_seconds}")
    assert found.train.length == round(seconds * RATE_HZ)
    assert len(found.train) == len(found.train.songs)  # of 6-s songs


def test_stems_keep_their_levels_so_that_they_add_up(prepared: PreparedSongs, choir_songs: Path) -> None:
    for segment in range(0, len(prepared.train), 7):
        mixture, vocals, band = (prepared.train.read(segment, s) for s in ("mixture", "vocals", "accompaniment"))
        assert np.abs(mixture - vocals - band).max() < 2e-4  # three files of 16 bits
    first = prepared.train.songs[0]
    raw, _ = soundfile.read(choir_songs / first.song.name / "vocals.wav")
    np.testing.assert_allclose(first.read("vocals", 0, len(raw)), raw, atol=2e-4)


def test_no_singer_is_in_both_parts(prepared: PreparedSongs) -> None:
    train_voices, held_out = ({s.song.voice for s in part.songs} for part in (prepared.train, prepared.validation))
    assert (len(train_voices), len(held_out)) == (4, 2)
    assert not train_voices & held_out
    assert not prepared.failed


def _described(prepared: PreparedSongs) -> dict[str, Any]:
    parts = {"train": prepared.train, "validation": prepared.validation}
    return describe_songs(parts, prepared.failed, sample_rate_hz=RATE_HZ)


def test_what_was_trained_on(prepared: PreparedSongs) -> None:
    told = _described(prepared)
    assert {"songs": 8, "segments": len(prepared.train), "voices": 4}.items() <= told["train"].items()
    assert told["train"]["checksum"] != told["validation"]["checksum"]
    (source,) = told["sources"]
    assert (source["name"], source["licence"], source["voices"]) == ("songs", "not stated", 4)
    seconds = sum(len(song) for song in prepared.train.songs) / RATE_HZ
    assert source["hours"] == pytest.approx(seconds / 3600, abs=0.001)


def test_a_tables_own_split_is_obeyed_and_its_test_songs_are_not_touched(choir_songs: Path, tmp_path: Path) -> None:
    parts = {
        "singer0": "train",
        "singer1": "train",
        "singer2": "validation",
        "singer3": "validation",
        "singer4": "test",
    }
    table = tmp_path / "songs.csv"
    with table.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["artist", "path", "split", "licence", "source"])
        for voice, part in parts.items():
            path = choir_songs / voice / "song0" / "mixture.wav"
            if part == "test":
                path = tmp_path / "broken.wav"
                path.write_bytes(b"RIFF nothing")
            rows.writerow([voice, path, part, "CC0", "choir"])
    found = _prepare(table)
    assert {s.song.voice for s in found.train.songs} == {"singer0", "singer1"}
    assert {s.song.voice for s in found.validation.songs} == {"singer2", "singer3"}
    assert found.failed == []
    assert [(s["name"], s["licence"]) for s in _described(found)["sources"]] == [("choir", "CC0")]


def test_a_singer_in_two_parts_of_a_table_is_refused() -> None:
    songs = [Song(str(i), "ann", {}, split=split) for i, split in enumerate(("train", "validation"))]
    with pytest.raises(ConfigError, match="ann"):
        split_songs(songs, seed=0, validation_share=0.1)


def test_preparing_again_decodes_nothing(choir_songs: Path, prepared: PreparedSongs, monkeypatch) -> None:
    def decoded_again(*_: object, **__: object) -> None:
        raise AssertionError("decoded again")

    monkeypatch.setattr("singalike.corpus.cache.decode", decoded_again)
    again = _prepare(choir_songs)
    for name in ("song", "start", "voice", "active"):
        assert np.array_equal(getattr(again.train, name), getattr(prepared.train, name))
    assert [s.song for s in again.train.songs] == [s.song for s in prepared.train.songs]


def test_stems_of_other_rates_are_resampled(songs: Path) -> None:
    from singalike.audio.resample import resample

    vocals = songs / "singer0" / "song0" / "vocals.wav"
    _rewrite(vocals, lambda x: resample(x.astype(np.float32), from_hz=RATE_HZ, to_hz=44_100), 44_100)
    found = _prepare(songs)
    song = next(s for p in (found.train, found.validation) for s in p.songs if s.song.name == "singer0/song0")
    mixture, vocals, band = (song.read(s, 8000, 16_000) for s in ("mixture", "vocals", "accompaniment"))
    assert np.abs(mixture - vocals - band).max() < 0.02
    assert found.failed == []


def _left_out(found: PreparedSongs) -> set[str]:
    used = {song.song.name for part in (found.train, found.validation) for song in part.songs}
    return {f"singer{who}/song{number}" for who in range(6) for number in range(2)} - used


def test_a_broken_stem_leaves_its_song_out_and_is_listed(songs: Path) -> None:
    broken = songs / "singer0" / "song0" / "drums.wav"
    broken.write_bytes(b"RIFF nothing")
    found = _prepare(songs)
    assert _left_out(found) == {"singer0/song0"}
    assert [error.where for error in found.failed] == [str(broken)]


def test_stems_of_two_lengths_leave_their_song_out_and_name_the_lengths(songs: Path) -> None:
    _rewrite(songs / "singer0" / "song0" / "vocals.wav", lambda x: x[:-8000])
    found = _prepare(songs)
    assert _left_out(found) == {"singer0/song0"}
    (error,) = found.failed
    assert isinstance(error, InputError)
    assert error.where == "singer0/song0"
    whole = len(soundfile.read(songs / "singer0" / "song0" / "mixture.wav")[0])
    assert f"mixture {whole}" in error.what
    assert f"vocals {whole - 8000} " in error.what


def test_a_silent_stem_is_an_absent_source_and_a_silent_mixture_an_error(songs: Path) -> None:
    _rewrite(songs / "singer0" / "song0" / "drums.wav", np.zeros_like)
    silent = songs / "singer1" / "song1" / "mixture.wav"
    _rewrite(silent, np.zeros_like)
    found = _prepare(songs)
    assert _left_out(found) == {"singer1/song1"}
    (error,) = found.failed
    assert isinstance(error, SilentError)
    assert error.where == str(silent)
    for part in (found.train, found.validation):
        drums = part.active[:, SOURCES.index("drums")]
        without = [part.songs[place].song.name == "singer0/song0" for place in part.song]
        assert not drums[without].any()
        assert drums[~np.array(without)].any()


def test_silent_vocals_everywhere(songs: Path) -> None:
    for path in songs.glob("*/*/vocals.wav"):
        _rewrite(path, np.zeros_like)
    found = _prepare(songs)
    assert found.failed == []
    with pytest.raises(ConfigError, match="0 segment"):
        _batches(found, "cvsm-artificial")
    with pytest.raises(ConfigError, match="vocals sound in fewer than two segments"):
        _batches(found, "mscol")
    _batches(found, "cola")  # which has no use for them


def test_crops_must_fit_segments_before_anything_is_decoded(choir_songs: Path, tmp_path: Path) -> None:
    for changes in (["crop_seconds=10"], ["songs.segment_seconds=0.5"]):
        with pytest.raises(ConfigError, match=r"a crop of .* s does not fit a segment of .* s") as error:
            train("cola", data=choir_songs, out=tmp_path / "run", overrides=changes)
        assert "songs.segment_seconds" in error.value.hint
    assert not (tmp_path / "run").exists()


def test_one_artist_only(choir_songs: Path, tmp_path: Path) -> None:
    shutil.copytree(choir_songs / "singer0", tmp_path / "singer0")
    with pytest.raises(ConfigError, match="1 voices cannot fill train and validation"):
        _prepare(tmp_path)


def test_one_artist_to_validate_on_would_make_every_loss_zero(choir_songs: Path) -> None:
    with pytest.raises(ConfigError, match=r"1 singer\(s\) to validation on") as error:
        _prepare(choir_songs, "cola", "data.validation_share=0.1")
    assert "data.validation_share" in error.value.hint


def test_datasets_of_songs_by_their_reader(choir_songs: Path, tmp_path: Path) -> None:
    titles = {"singer0": "train/Ann - One", "singer1": "train/Bea - Two", "singer2": "train/Leaf - Summerghost",
              "singer3": "train/ANiMAL - Rockshow", "singer4": "test/Eve - Five"}  # fmt: skip
    for voice, title in titles.items():
        shutil.copytree(choir_songs / voice / "song0", tmp_path / title)
    found = _prepare(tmp_path, "mscol", "data.reader=musdb18")
    assert {s.song.voice for s in found.train.songs} == {"Ann", "Bea"}
    assert {s.song.voice for s in found.validation.songs} == {"Leaf", "ANiMAL"}
    with pytest.raises(ConfigError, match="no reader of songs is called 'vctk'"):
        _prepare(tmp_path, "mscol", "data.reader=vctk")


def test_an_epoch_is_what_it_would_have_been_without_the_earlier_ones(prepared: PreparedSongs) -> None:
    resumed = _batches(prepared, "cvsm-hybrid").training(3, (0, 1))
    through = _batches(prepared, "cvsm-hybrid")
    for epoch in range(4):
        batches = [through.training(epoch, (0, 1))[step] for step in range(2)]
    for ours, theirs in zip((resumed[0], resumed[1]), batches, strict=True):
        assert all(torch.equal(ours[key], theirs[key]) for key in theirs)


def test_validation_is_the_same_in_every_epoch_and_knows_every_singer(prepared: PreparedSongs) -> None:
    batches = _batches(prepared, "cvsm-semi", "pairs.labelled_share=0.1")
    before = batches.validation()[0]
    batches.training(5, (0, 1))
    after = batches.validation()[0]
    assert all(torch.equal(before[key], after[key]) for key in before)
    assert (before["voice"] >= 0).all()
    assert (batches.training(0, (0, 1))[0]["voice"] == -1).any()


def test_two_stages_train_on_both_and_are_measured_on_the_second(prepared: PreparedSongs) -> None:
    batches = _batches(prepared, "cvsm-two-stage", "max_epochs=4")
    anchors = [set(batches.training(epoch, (0, 1)).plan.source[..., 0].ravel()) for epoch in range(4)]  # pyright: ignore
    assert anchors == [{VOCALS}, {VOCALS}, {MIXTURE}, {MIXTURE}]  # vocals under which something is laid, then mixtures
    assert (batches.validation().plan.source[..., 0] == MIXTURE).all()  # pyright: ignore[reportAttributeAccessIssue]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (["pairs={name: same-recording}"], "no pair rule 'same-recording' for songs.*own-source"),
        (["pairs={name: same-artist, positve: vocals}"], "no option positve.*labelled_share.*positive"),
        (["pairs={name: same-segment, seed: 3}"], "no option seed.*none"),
    ],
)
def test_a_wrong_pair_rule_says_what_is_wrong(prepared: PreparedSongs, changes: list[str], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        _batches(prepared, "cola", *changes)


def test_a_batch_that_processes_cannot_share(prepared: PreparedSongs) -> None:
    with pytest.raises(ConfigError, match="a batch of 4 pairs cannot be shared by 3 processes"):
        _batches(prepared, "cola").training(0, (0, 3))
