from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from singalike.errors import ConfigError
from singalike.evaluate.folds import deal_files


def corpus(*counts: int, clips: int = 2) -> tuple[list[str], list[str]]:
    """Files and voices of clips, ``clips`` a file, singers with so many files."""
    files = [f"v{v}/{n}.wav" for v, count in enumerate(counts) for n in range(count) for _ in range(clips)]
    return files, [file.partition("/")[0] for file in files]


def test_a_small_case_exactly():
    # Files in order of shuffling are dealt to parts 0 1 2 0, then on with 1 2 0.
    files, voices = corpus(4, 3, clips=1)
    chance = np.random.default_rng(7)
    expected = np.empty(7, dtype=int)
    expected[chance.permutation(4)] = [0, 1, 2, 0]
    expected[4 + chance.permutation(3)] = [1, 2, 0]
    dealt = deal_files(files, voices, folds=3, seed=7)
    np.testing.assert_array_equal(dealt.part, expected)
    first_trains, first_chooses, first_tests = next(iter(dealt))
    assert first_tests.tolist() == np.flatnonzero(expected == 0).tolist()
    assert first_chooses.tolist() == np.flatnonzero(expected == 1).tolist()
    assert first_trains.tolist() == np.flatnonzero(expected == 2).tolist()


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(5, 14), min_size=2, max_size=6), st.integers(3, 5), st.integers(0, 1000))
def test_no_file_in_two_parts_every_singer_in_each_every_clip_tested_once(counts, folds, seed):
    files, voices = (np.array(column) for column in corpus(*counts))
    tested = np.zeros(len(files), dtype=int)
    dealt = deal_files(files, voices, folds=folds, seed=seed)
    for parts in dealt:
        assert sorted(np.concatenate(parts)) == list(range(len(files)))
        assert sum(len(set(files[part])) for part in parts) == len(set(files))
        assert all(set(voices[part]) == set(voices) for part in parts)
        tested[parts[2]] += 1
    assert (tested == 1).all()
    sizes = np.bincount(dealt.part)
    assert sizes.max() - sizes.min() <= 2  # one file of two clips


def test_the_order_of_the_clips_is_nothing_and_the_seed_is():
    files, voices = (np.array(column) for column in corpus(6, 7, 8))
    order = np.random.default_rng(0).permutation(len(files))
    part = deal_files(files, voices, folds=4, seed=1).part
    np.testing.assert_array_equal(deal_files(files[order], voices[order], folds=4, seed=1).part, part[order])
    assert (deal_files(files, voices, folds=4, seed=2).part != part).any()


def test_singers_with_few_files_are_an_error_that_says_the_way_out_or_are_left_out():
    files, voices = corpus(6, 1, 5, 4)
    with pytest.raises(ConfigError, match=r"5 files of each singer: v1 has 1; v3 has 4 \(2 such.*\(min_files=5"):
        deal_files(files, voices, folds=5, seed=0)
    with pytest.raises(ConfigError, match=r"v3 has 4 \(1 such.*at most 4 folds, or min_files=5"):
        deal_files(files, voices, folds=5, seed=0, min_files=2)
    dealt = deal_files(files, voices, folds=5, seed=0, min_files=5)
    assert dealt.left_out == ("v1", "v3")
    assert {voice for voice, part in zip(voices, dealt.part, strict=True) if part < 0} == {"v1", "v3"}
    assert not any(np.isin(np.flatnonzero(dealt.part < 0), part).any() for fold in dealt for part in fold)


def test_what_cannot_be_folded_is_refused():
    files, voices = corpus(5, 5)
    with pytest.raises(ConfigError, match="2 folds leave nothing to train on"):
        deal_files(files, voices, folds=2, seed=0)
    with pytest.raises(ConfigError, match="files but"):
        deal_files(files[:-1], voices, folds=5, seed=0)
    with pytest.raises(ConfigError, match=r"v0/0\.wav: a file of two singers: v0, other"):
        deal_files(files, ["v0", "other", *voices[2:]], folds=5, seed=0)
    with pytest.raises(ConfigError, match="where there are two: 1"):
        deal_files(*corpus(5), folds=5, seed=0)
    with pytest.raises(ConfigError, match="where there are two: 0"):
        deal_files(files, voices, folds=5, seed=0, min_files=9)
