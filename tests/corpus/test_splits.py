from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from singalike.corpus.recordings import Recording
from singalike.corpus.splits import check_disjoint, split_voices
from singalike.errors import ConfigError


def recordings(n_voices: int, each: int = 3) -> list[Recording]:
    return [Recording(Path(f"v{v}/{n}.wav"), voice=f"v{v}", song=f"s{n}") for v in range(n_voices) for n in range(each)]


def voices_by_part(split: list[Recording]) -> dict[str, int]:
    return dict(Counter({r.voice: r.split for r in split}.values()))


def test_eighty_ten_ten_of_the_voices():
    split = split_voices(recordings(50))
    assert voices_by_part(split) == {"train": 40, "validation": 5, "test": 5}
    check_disjoint(split)


@settings(max_examples=100, deadline=None)
@given(st.integers(3, 200), st.tuples(*[st.integers(1, 20)] * 3), st.integers(0, 5))
def test_no_voice_crosses_and_no_part_is_empty(n_voices, weights, seed):
    shares = tuple(w / sum(weights) for w in weights)
    split = split_voices(recordings(n_voices, each=1), shares=shares, seed=seed)
    check_disjoint(split)
    assert set(voices_by_part(split)) == {"train", "validation", "test"}


def test_a_part_without_a_share_stays_empty():
    assert voices_by_part(split_voices(recordings(10), shares=(0.5, 0.5, 0))) == {"train": 5, "validation": 5}


def test_the_split_depends_on_names_and_seed_alone():
    table = recordings(20)
    parts = {r.path: r.split for r in split_voices(table)}
    again = split_voices([replace(r, split="test") for r in reversed(table)])
    assert {r.path: r.split for r in again} == parts
    assert {r.path: r.split for r in split_voices(table, seed=1)} != parts


def test_what_crosses_is_named():
    table = [replace(r, split="train" if n % 2 else "test") for n, r in enumerate(recordings(2))]
    with pytest.raises(ConfigError, match=r"2 voice values .* v0 \(test, train\)"):
        check_disjoint(table)
    split = split_voices(recordings(10))
    with pytest.raises(ConfigError, match="3 song values"):
        check_disjoint(split, by="song")
    check_disjoint(recordings(2))  # nothing is in a part yet


@pytest.mark.parametrize("shares", [(0.5, 0.5, 0.5), (1.2, -0.1, -0.1)])
def test_bad_shares_are_refused(shares):
    with pytest.raises(ConfigError, match="add up to 1"):
        split_voices(recordings(10), shares=shares)


def test_too_few_voices_are_refused():
    with pytest.raises(ConfigError, match="2 voices cannot fill"):
        split_voices(recordings(2))
