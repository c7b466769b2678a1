"""One library of vocals and mixes: entries of both read-outs, found by queries of either."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import numpy as np
import pytest
from fake_model import FakeModel, sing_to

from singalike.errors import ModelMismatchError
from singalike.library import Library
from singalike.library.schema import _TABLES, DATABASE, SCHEMA_VERSION
from singalike.library.voices import exemplars


@pytest.fixture
def vocals(tmp_path: Path) -> FakeModel:
    return FakeModel(readout="vocal")


@pytest.fixture
def both_kinds(tmp_path: Path, music: Path, vocals: FakeModel) -> Path:
    """Voices 0 to 3 as vocals in music/, another take of each as mixes in mixes/."""
    for seed in range(4):
        sing_to(tmp_path / "mixes" / f"{seed}.wav", seed, take=1)
    folder = tmp_path / "library"
    with Library(folder, model=vocals) as library:
        assert library.add(music).added == 4
    with Library(folder, model=vocals.reading("mix")) as library:
        assert library.add(tmp_path / "mixes").added == 4
    return folder


def test_a_query_of_one_kind_finds_entries_of_the_other(both_kinds: Path, music: Path, vocals: FakeModel) -> None:
    with Library(both_kinds, model=vocals) as library:
        found = library.search(music / "2.wav", k=1)
        assert found[0].path.parts[-2:] == ("mixes", "2.wav")
    with Library(both_kinds, model=vocals.reading("mix")) as library:
        found = library.search(music.parent / "mixes" / "1.wav", k=1)
        assert found[0].path.parts[-2:] == ("music", "1.wav")


def test_what_is_known_by_another_readout_is_embedded_again(both_kinds: Path, music: Path, vocals: FakeModel) -> None:
    mixes = vocals.reading("mix")
    vocals.embedded.clear()
    with Library(both_kinds, model=vocals) as library:
        library.search(music / "0.wav")
        assert vocals.embedded == []
        assert library.add(music).unchanged == 4
    with Library(both_kinds, model=mixes) as library:
        library.search(music / "0.wav")
        assert mixes.embedded == [music / "0.wav"]
        assert library.add(music / "0.wav").updated == 1
        assert {r.readout for r in library.recordings() if r.path.parent == music} == {"vocal", "mix"}


def test_reindexing_keeps_each_readout_of_recordings_and_voices(
    both_kinds: Path, music: Path, vocals: FakeModel
) -> None:
    newer = FakeModel(seed=5, readout="mix")
    newer.asked = None  # mixes unless asked
    with Library(both_kinds, model=vocals) as library:
        library.enroll("Ann", music / "3.wav")
    with Library(both_kinds, model=newer) as library:
        before = {r.path: r.readout for r in library.recordings()}
        assert library.reindex().updated == 8
        assert {r.path: r.readout for r in library.recordings()} == before
        vectors = {r.path: library._store.voiceprint(r).vector for r in library.recordings()}
        (exemplar,) = exemplars(library._store)
    path = music / "3.wav"
    as_vocals = newer.reading("vocal").embed_recording(path).vector
    assert not np.array_equal(as_vocals, newer.embed_recording(path).vector)
    np.testing.assert_array_equal(vectors[path], as_vocals)
    np.testing.assert_array_equal(exemplar.vector, as_vocals)


def test_both_readouts_are_another_space_which_reindexing_moves_to(
    both_kinds: Path, music: Path, vocals: FakeModel
) -> None:
    with Library(both_kinds, model=vocals.reading("both")) as library:
        with pytest.raises(ModelMismatchError):
            library.search(music / "0.wav")
        assert library.reindex().updated == 8
        assert {r.readout for r in library.recordings()} == {"both"}
        assert len(library.search(music / "0.wav", k=3)) == 3
        assert library.reindex().updated == 0


def test_a_model_that_was_not_asked_leaves_entries_as_they_are(
    both_kinds: Path, music: Path, vocals: FakeModel
) -> None:
    mixes = vocals.reading("mix")
    mixes.asked = None
    with Library(both_kinds, model=mixes) as library:
        assert library.add(music, music.parent / "mixes").unchanged == 8
        sing_to(music / "new.wav", 9)
        assert library.add(music).added == 1
        assert {r.readout for r in library.recordings() if r.path.name == "new.wav"} == {"mix"}


def make_version_1(connection: sqlite3.Connection) -> None:
    """Give the recordings the table they had before there were read-outs."""
    whole = next(table for table in _TABLES.split(";\n") if "CREATE TABLE recordings" in table)
    lines = [line for line in whole.splitlines() if not line.strip().startswith("readout")]
    old = "\n".join(lines).replace("flags TEXT NOT NULL, ", "flags TEXT NOT NULL  ")
    connection.execute("PRAGMA legacy_alter_table = ON")
    connection.execute("ALTER TABLE recordings RENAME TO newer")
    connection.execute(old)
    columns = ", ".join(row[1] for row in connection.execute("PRAGMA table_info(recordings)"))
    assert "readout" not in columns
    connection.execute(f"INSERT INTO recordings ({columns}) SELECT {columns} FROM newer")
    connection.execute("DROP TABLE newer")
    connection.execute("ALTER TABLE exemplars DROP COLUMN readout")
    connection.execute("PRAGMA user_version = 1")
    connection.commit()


def test_a_library_of_before_there_were_readouts_is_opened_as_it_was(library: Library, music: Path) -> None:
    library.add(music)
    before = library.recordings()
    library.close()
    connection = sqlite3.connect(library.folder / DATABASE)
    make_version_1(connection)
    connection.close()
    assert library.recordings() == before
    assert library.add(music).unchanged == 4
    library.close()
    connection = sqlite3.connect(library.folder / DATABASE)
    assert connection.execute("PRAGMA user_version").fetchone() == (SCHEMA_VERSION,)
    connection.close()
