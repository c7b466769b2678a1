"""The index is a cache: true, or built again."""

from __future__ import annotations

import numpy as np
import pytest
from fake_model import FakeModel, sing_to

from singalike.library import Library, index
from singalike.library.index import INDEX_FILE, open_index
from singalike.library.store import Store


@pytest.fixture
def filled(library, music):
    library.add(music)
    return library


def search_afresh(library: Library, music) -> list[tuple[int, float]]:
    with Library(library.folder, model=FakeModel()) as fresh:
        return [(hit.id, round(hit.score, 6)) for hit in fresh.search(music / "0.wav", keep_duplicates=True)]


def builds(monkeypatch) -> list[str]:
    """Count the times the index is built from the store."""
    made, build = [], index._build
    monkeypatch.setattr(index, "_build", lambda store, file: made.append("built") or build(store, file))
    return made


def test_true_cache_is_used(filled, music, monkeypatch):
    made = builds(monkeypatch)
    search_afresh(filled, music)
    assert made == []


@pytest.mark.parametrize("damage", ["missing", "empty", "truncated", "flipped", "foreign", "no newline"])
def test_missing_or_corrupt_cache_is_built_again(filled, music, monkeypatch, damage):
    expected = search_afresh(filled, music)
    file = filled.folder / INDEX_FILE
    content = file.read_bytes()
    broken = {
        "missing": None,
        "empty": b"",
        "truncated": content[:-10],
        "flipped": content[:-5] + bytes([content[-5] ^ 1]) + content[-4:],
        "foreign": b'{"format": 0}\nnonsense',
        "no newline": b"\xff" * 100,
    }[damage]
    if broken is None:
        file.unlink()
    else:
        file.write_bytes(broken)
    made = builds(monkeypatch)
    assert search_afresh(filled, music) == expected
    assert made == ["built"]
    assert search_afresh(filled, music) == expected
    assert made == ["built"]  # mended


def test_stale_cache_is_built_again(filled, music, tmp_path):
    stale = (filled.folder / INDEX_FILE).read_bytes()
    filled.add(sing_to(tmp_path / "more.wav", 0, take=1))
    filled.remove(music / "3.wav")
    expected = search_afresh(filled, music)
    (filled.folder / INDEX_FILE).write_bytes(stale)
    assert search_afresh(filled, music) == expected


def test_restored_backup_of_the_database_is_not_searched_by_a_newer_index(filled, music, tmp_path):
    filled.close()
    database = filled.folder / "library.sqlite"
    backup = database.read_bytes()
    expected = search_afresh(filled, music)
    filled.add(sing_to(tmp_path / "more.wav", 5))
    filled.close()
    database.write_bytes(backup)
    assert search_afresh(filled, music) == expected


def test_index_that_cannot_be_written_is_no_error(filled, music, monkeypatch):
    (filled.folder / INDEX_FILE).unlink()
    (filled.folder / INDEX_FILE).mkdir()  # cannot be replaced by a file
    assert len(search_afresh(filled, music)) == 4


def test_neighbours_equal_a_naive_search(filled):
    store = Store(filled.folder, create=False)
    _, ids, vectors = store.all_vectors()
    query = np.random.default_rng(0).normal(size=vectors.shape[1])
    query = (query / np.linalg.norm(query)).astype(np.float32)
    found, scores = open_index(store).nearest(query, 3)
    order = np.argsort(-(vectors @ query))[:3]
    assert found == ids[order].tolist()
    np.testing.assert_allclose(scores, (vectors @ query)[order], atol=1e-6)
    assert open_index(store).nearest(query, 100)[0][:3] == found
    store.close()


def test_scores_never_leave_the_range_of_a_cosine(filled, music):
    scores = [hit.score for hit in filled.search(music / "0.wav", keep_duplicates=True)]
    assert scores[0] == pytest.approx(1.0, abs=1e-6)
    assert all(-1.0 <= score <= 1.0 for score in scores)


def test_a_sample_is_spread_over_all_vectors(filled):
    store = Store(filled.folder, create=False)
    try:
        cached, (_, _, vectors) = open_index(store), store.all_vectors()
    finally:
        store.close()
    np.testing.assert_array_equal(cached.sample(), vectors)
    np.testing.assert_array_equal(cached.sample(2), vectors[[0, -1]])
