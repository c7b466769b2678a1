"""The demo's parts: the cast, the folder, the map, the matrix."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import pytest

from singalike.audio.choir import melody
from singalike.demo import stage
from singalike.demo.drawing import heat_map, map_svg
from singalike.demo.folder import MARKER, prepare_folder
from singalike.demo.map import project
from singalike.demo.run import voice_matrix
from singalike.demo.stage import (
    HELD_OUT,
    LIBRARY,
    MIX,
    STRANGER,
    STRANGERS,
    VOCALS,
    Take,
    count_songs,
    perform,
)
from singalike.errors import ConfigError


@pytest.fixture(scope="module")
def cast(tmp_path_factory) -> list[Take]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stage, "melody", partial(melody, seconds=3.0))
        return perform(tmp_path_factory.mktemp("choir"), singers=3, songs=2, seed=5, sung=lambda name: None)


def test_every_held_out_song_is_in_the_library_by_others_only(cast):
    held_out = [take for take in cast if take.role == HELD_OUT]
    assert len(held_out) == 2 * 3
    for query in held_out:
        rivals = {take.singer for take in cast if (take.role, take.song) == (LIBRARY, query.song)}
        assert rivals
        assert query.singer not in rivals


def test_strangers_are_nowhere_else(cast):
    strangers = {take.singer for take in cast if take.role == STRANGER}
    assert len(strangers) == STRANGERS
    assert strangers.isdisjoint(take.singer for take in cast if take.role != STRANGER)


def test_each_song_is_there_as_vocals_and_mix(cast):
    assert len(cast) == 2 * count_songs(3, 2)
    assert sorted(take.kind for take in cast) == [MIX] * count_songs(3, 2) + [VOCALS] * count_songs(3, 2)
    assert all(take.path.is_file() for take in cast)
    assert len({take.path for take in cast}) == len(cast)


def test_the_map_keeps_distances_in_a_plane():
    rng = np.random.default_rng(0)
    flat = rng.normal(size=(20, 2)) @ np.linalg.qr(rng.normal(size=(8, 2)))[0].T + 3.0
    positions, explained = project(flat)
    assert explained == pytest.approx(1)
    wanted = np.linalg.norm(flat[:, None] - flat[None], axis=2)
    got = np.linalg.norm(positions[:, None] - positions[None], axis=2)
    np.testing.assert_allclose(got, wanted, atol=1e-9)


def test_the_map_agrees_with_scikit_learn():
    decomposition = pytest.importorskip("sklearn.decomposition")
    vectors = np.random.default_rng(1).normal(size=(30, 6))
    positions, explained = project(vectors)
    pca = decomposition.PCA(2).fit(vectors)
    np.testing.assert_allclose(np.abs(positions), np.abs(pca.transform(vectors)), atol=1e-9)
    assert explained == pytest.approx(pca.explained_variance_ratio_.sum())


@pytest.mark.parametrize("vectors", [np.ones((4, 3)), np.array([[1.0, 0.0], [0.0, 1.0]])])
def test_the_map_of_few_or_equal_vectors_is_finite(vectors):
    positions, explained = project(vectors)
    assert positions.shape == (len(vectors), 2)
    assert np.isfinite(positions).all()
    assert 0 <= explained <= 1
    take = Take("A", "song 1", VOCALS, LIBRARY, Path("a.flac"))
    assert "nan" not in map_svg([take] * len(vectors), positions, ["A"])


def test_names_are_escaped():
    take = Take("<b>&", "song 1", VOCALS, LIBRARY, Path("a.flac"))
    drawn = map_svg([take], np.zeros((1, 2)), ["<b>&"]) + heat_map(["<b>&"], np.ones((1, 1)))
    assert "<b>" not in drawn
    assert "&lt;b&gt;&amp;" in drawn


def test_the_matrix_compares_library_with_held_out():
    def take(singer, role):
        return Take(singer, "song 1", VOCALS, role, Path(f"{singer}{role}"))

    takes = [
        take("A", LIBRARY),
        take("A", LIBRARY),
        take("B", LIBRARY),
        take("A", HELD_OUT),
        take("B", HELD_OUT),
    ]
    vectors = np.array([[1, 0], [0, 1], [0, 1], [1, 0], [0, 1]], np.float32)
    np.testing.assert_array_equal(voice_matrix(["A", "B"], takes, vectors), [[0.5, 0.5], [0, 1]])


def test_the_folder_of_an_earlier_demo_is_emptied_of_its_own(tmp_path):
    out = prepare_folder(tmp_path / "out")
    (out / "choir").mkdir()
    (out / "report.html").write_text("old")
    (out / "notes.txt").write_text("mine")
    assert prepare_folder(out) == out
    assert sorted(path.name for path in out.iterdir()) == [MARKER, "notes.txt"]


def test_other_folders_and_files_are_refused(tmp_path):
    (tmp_path / "file").write_text("x")
    for out in (tmp_path, tmp_path / "file"):
        with pytest.raises(ConfigError):
            prepare_folder(out)


def test_a_linked_folder_is_unlinked_not_emptied(tmp_path):
    music = tmp_path / "music"
    music.mkdir()
    (music / "song.wav").write_text("mine")
    out = prepare_folder(tmp_path / "out")
    (out / "choir").symlink_to(music)
    prepare_folder(out)
    assert (music / "song.wav").read_text() == "mine"
    assert not (out / "choir").exists()
