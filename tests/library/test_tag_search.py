"""Searching by tags: order, thresholds, copies, a query among them, refusals."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest
from fake_model import DIMENSION, FakeModel, sing_to

from singalike.errors import ConfigError, ModelMismatchError
from singalike.library.query import resolve
from singalike.library.rerank import Limits
from singalike.library.store import Store
from singalike.library.tag_search import rank_by_tags, search_among_tags
from singalike.model.tag_head import TagHead


@pytest.fixture
def store(library, music):
    library.add(music)
    opened = Store(library.folder, create=False)
    yield opened
    opened.close()


@pytest.fixture
def head(model) -> TagHead:
    return head_of(model.fingerprint)


def head_of(fingerprint: str) -> TagHead:
    weights = 4 * np.random.default_rng(5).normal(size=(DIMENSION, 3))
    return TagHead(fingerprint, ("husky/throaty", "bright", "male"), weights, np.zeros(3), np.full(3, 0.8), {})


def shares(store, head) -> dict[str, np.ndarray]:
    """The probabilities by file name, by the head alone."""
    _, ids, vectors = store.all_vectors()
    recordings = store.with_ids(ids)
    return {recordings[id].path.name: row for id, row in zip(ids.tolist(), head.predict(vectors), strict=True)}


def test_recordings_are_ranked_by_the_product_of_the_tags(store, head):
    expected = shares(store, head)
    hits = rank_by_tags(store, head, ["bright", "husky"], Limits(10))
    assert [hit.rank for hit in hits] == [1, 2, 3, 4]
    products = {name: float(row[1] * row[0]) for name, row in expected.items()}
    assert [hit.path.name for hit in hits] == sorted(products, key=lambda name: -products[name])
    for hit in hits:
        assert hit.tags == pytest.approx(
            {"bright": expected[hit.path.name][1], "husky/throaty": expected[hit.path.name][0]}
        )
        assert hit.tags_probability == pytest.approx(products[hit.path.name])
        assert (hit.score, hit.probability) == (None, None)
    assert [hit.id for hit in rank_by_tags(store, head, ["bright", "husky"], Limits(2))] == [hit.id for hit in hits[:2]]
    json.dumps([hit.as_dict() for hit in hits])


def test_a_threshold_leaves_out_what_has_less_of_any_tag(store, head):
    expected = shares(store, head)
    limit = sorted(row[2] for row in expected.values())[2]
    hits = rank_by_tags(store, head, ["male"], Limits(10), threshold=float(limit))
    assert {hit.path.name for hit in hits} == {name for name, row in expected.items() if row[2] >= limit}
    assert rank_by_tags(store, head, ["male"], Limits(10), threshold=1.0) == []
    for wrong in (-0.1, 1.1, float("nan")):
        with pytest.raises(ConfigError, match="no probability"):
            rank_by_tags(store, head, ["male"], Limits(10), threshold=wrong)


def test_copies_are_one_hit(library, store, head, music):
    shutil.copy(music / "0.wav", music / "copy.wav")
    library.add(music)
    hits = rank_by_tags(store, head, ["male"], Limits(10))
    assert len(hits) == 4
    assert sum(len(hit.duplicates) for hit in hits) == 1
    assert len(rank_by_tags(store, head, ["male"], Limits(10, keep_duplicates=True))) == 5


def test_a_list_is_filled_beyond_the_copies_at_its_top(library, store, head, music):
    best = rank_by_tags(store, head, ["male"], Limits(1))[0].path
    for number in range(12):
        shutil.copy(best, music / f"copy{number}.wav")
    library.add(music)
    hits = rank_by_tags(store, head, ["male"], Limits(2))
    assert len(hits) == 2
    assert len(hits[0].duplicates) == 12


def test_a_query_is_searched_among_those_that_have_the_tags(library, store, head, model, tmp_path):
    query = sing_to(tmp_path / "query.wav", 2, take=1)
    everything = library.search(query)
    expected = shares(store, head)
    limit = float(sorted(row[1] for row in expected.values())[1])
    asked = resolve(store, lambda: model, query)
    calibration = model.card.calibration
    hits = search_among_tags(store, asked, head, ["bright"], Limits(10), threshold=limit, calibration=calibration)
    kept = [hit for hit in everything if expected[hit.path.name][1] >= limit]
    assert len(kept) == 3
    assert [hit.id for hit in hits] == [hit.id for hit in kept]
    assert [hit.score for hit in hits] == pytest.approx([hit.score for hit in kept])
    assert [hit.probability for hit in hits] == pytest.approx([hit.probability for hit in kept])
    assert [hit.rank for hit in hits] == [1, 2, 3]
    assert all(hit.tags["bright"] >= limit for hit in hits)
    assert search_among_tags(store, asked, head, ["bright"], Limits(10), threshold=1.0) == []


def test_unknown_tags_and_none_are_refused(store, head):
    with pytest.raises(ConfigError, match="no tag 'brigth'") as caught:
        rank_by_tags(store, head, ["brigth"], Limits(10))
    assert "bright" in caught.value.hint
    with pytest.raises(ConfigError, match="no tag is asked for"):
        rank_by_tags(store, head, [], Limits(10))


def test_a_head_of_another_model_is_refused(store):
    with pytest.raises(ModelMismatchError, match="tag head"):
        rank_by_tags(store, head_of(FakeModel(7).fingerprint), ["male"], Limits(10))


def test_an_empty_library_has_no_hits(library, store, head, music, model):
    library.remove(music)
    assert rank_by_tags(store, head, ["male"], Limits(10)) == []
    asked = resolve(store, lambda: model, music / "0.wav")
    assert search_among_tags(store, asked, head, ["male"], Limits(10)) == []
