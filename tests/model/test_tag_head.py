from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from singalike.errors import ConfigError, ModelMismatchError, NotFiniteError
from singalike.model.tag_head import FILE, TagHead, load_tag_head

TAGS = ("husky/throaty", "male", "female", "Bright")


def head(fingerprint: str = "ab" * 32) -> TagHead:
    chance = np.random.default_rng(0)
    return TagHead(fingerprint, TAGS, chance.normal(size=(5, 4)), np.arange(4.0), np.full(4, 0.75), {"data": "toys"})


def test_probabilities_are_those_of_a_logistic_layer():
    vectors = np.random.default_rng(1).normal(size=(3, 5))
    one = head()
    assert one.predict(vectors) == pytest.approx(1 / (1 + np.exp(-(vectors @ one.weights + one.biases))))
    assert one.predict(np.zeros((0, 5))).shape == (0, 4)
    assert np.isfinite(one.predict(1e6 * vectors)).all()


def test_a_head_comes_back_as_it_was_saved(tmp_path: Path):
    head().save(tmp_path / FILE)
    loaded = load_tag_head(tmp_path)
    assert (loaded.fingerprint, loaded.tags, loaded.about) == (head().fingerprint, TAGS, {"data": "toys"})
    assert loaded.weights.dtype == np.float32
    vectors = np.random.default_rng(1).normal(size=(3, 5))
    assert loaded.predict(vectors) == pytest.approx(head().predict(vectors), abs=1e-6)
    head("cd" * 32).save(tmp_path / "other.npz")
    assert load_tag_head(tmp_path, tmp_path / "other.npz").fingerprint == "cd" * 32


def test_vectors_that_do_not_fit_are_refused():
    with pytest.raises(ModelMismatchError, match="tag head is of model ababab"):
        head().require("cd" * 32)
    head().require("ab" * 32)
    for wrong in (np.zeros(5), np.zeros((2, 4))):
        with pytest.raises(ConfigError, match=r"\(N, 5\)"):
            head().predict(wrong)
    with pytest.raises(NotFiniteError):
        head().predict(np.full((1, 5), np.nan))


def test_tags_are_found_by_a_word_of_theirs():
    assert head().find(["husky", "THROATY", "husky/throaty", "male", "bright"]) == [0, 0, 0, 1, 3]
    assert head().find([" female "]) == [2]


@pytest.mark.parametrize(
    ("asked", "hint"), [("femal", "near it: female, male"), ("zzz", "its tags: husky/throaty, male")]
)
def test_an_unknown_tag_names_the_nearest(asked, hint):
    with pytest.raises(ConfigError, match=f"no tag {asked!r}") as caught:
        head().find(["male", asked])
    assert caught.value.hint.startswith(hint)


def test_a_model_without_a_head_says_how_to_train_one(tmp_path):
    with pytest.raises(ConfigError, match="no tag head") as caught:
        load_tag_head(tmp_path)
    assert "--task vocal-tags --save-head" in caught.value.hint
    from singalike.model.hub import find_model

    with pytest.raises(ConfigError, match="no tag head"):
        load_tag_head(find_model())


def test_what_is_no_head_is_refused_and_no_pickle_is_opened(tmp_path):
    file = tmp_path / FILE
    file.write_bytes(b"nothing")
    with pytest.raises(ConfigError, match="not a tag head"):
        load_tag_head(tmp_path)
    np.savez(file, weights=np.zeros((5, 4)))
    with pytest.raises(ConfigError, match="not a tag head"):
        load_tag_head(tmp_path)
    arrays = {"fingerprint": "x", "tags": list(TAGS), "biases": np.zeros(4), "roc_auc": np.zeros(4), "about": "{}"}
    np.savez(file, weights=np.zeros((5, 3)), **arrays)
    with pytest.raises(ConfigError, match="do not fit together"):
        load_tag_head(tmp_path)
    np.savez(file, weights=np.array([{}]), **arrays)
    with pytest.raises(ConfigError, match="not a tag head"):
        load_tag_head(tmp_path)
    with pytest.raises(ConfigError, match="not a tag head"):
        load_tag_head(tmp_path, tmp_path / "gone.npz")
