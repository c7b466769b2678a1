from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from singalike.errors import ConfigError
from singalike.evaluate import groups
from singalike.evaluate.trials import Trials

PATHS = ["anna/1", "anna/2", "bert/1", "bert/2", "cora/1", "cora/2"]
SINGER = {path: path.partition("/")[0] for path in PATHS}


def trials(*rows: tuple[str, str]) -> Trials:
    labels = np.array([SINGER[a] == SINGER[b] for a, b in rows])
    return Trials(labels, tuple(a for a, _ in rows), tuple(b for _, b in rows))


@pytest.fixture
def few(monkeypatch):
    monkeypatch.setattr(groups, "FEWEST_TRIALS", 2)


TEN = trials(
    ("anna/1", "anna/2"), ("anna/1", "anna/2"), ("anna/2", "anna/1"), ("bert/1", "bert/2"), ("bert/1", "bert/2"),
    ("anna/1", "bert/1"), ("anna/1", "cora/1"), ("anna/2", "cora/1"), ("bert/1", "cora/1"), ("bert/2", "cora/2"),
)  # fmt: skip
SCORES = np.array([0.9, 0.8, 0.3, 0.7, 0.6, 0.1, 0.2, 0.65, 0.5, 0.75])
VOICE = {"anna": "high", "bert": "low", "cora": "low"}


def test_figures_are_those_counted_by_hand(few):
    value_of = {path: VOICE[singer] for path, singer in SINGER.items()}
    found = groups.evaluate(SCORES, TEN, SINGER, value_of, seed=0, threshold=0.55)
    # high: targets .9 .8 .3, strangers .1 .2 .65. At .65 one of three of either kind is on the wrong side.
    assert found["groups"]["high"] == {
        "eer": pytest.approx(1 / 3), "miss_rate": pytest.approx(1 / 3), "false_accept_rate": pytest.approx(1 / 3),
        "targets": 3, "nontargets": 3, "singers": 1,
    }  # fmt: skip
    # low: targets .7 .6, strangers .1 .2 .65 .5 .75, of which .65 and .75 are at .55 or above.
    assert found["groups"]["low"]["miss_rate"] == 0
    assert found["groups"]["low"]["false_accept_rate"] == pytest.approx(2 / 5)
    assert {name: found["groups"]["low"][name] for name in ("targets", "nontargets", "singers")} == {
        "targets": 2, "nontargets": 5, "singers": 1,
    }  # fmt: skip
    assert found["left_out"] == {}
    assert found["threshold"] == 0.55


def test_a_plain_value_stands_by_itself():
    value_of = dict(zip(PATHS, ["plain", "breathy", "plain", "plain", "plain", ""], strict=True))
    found = groups.members(TEN, value_of, plain="plain")
    assert np.flatnonzero(found["plain"]).tolist() == [3, 4, 5, 6, 8]
    assert np.flatnonzero(found["breathy"]).tolist() == [0, 1, 2, 7]
    either = groups.members(TEN, value_of)
    assert np.flatnonzero(either["plain"]).tolist() == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
    assert set(either) == {"plain", "breathy"}


def test_small_groups_are_left_out_and_listed():
    value_of = {path: VOICE[singer] for path, singer in SINGER.items()}
    found = groups.evaluate(SCORES, TEN, SINGER, value_of, seed=0)
    assert found["groups"] == {}
    assert found["left_out"]["high"] == {"targets": 3, "nontargets": 3, "singers": 1}


def test_without_a_threshold_all_trials_together_give_it(few):
    value_of = dict.fromkeys(PATHS, "everybody")
    found = groups.evaluate(SCORES, TEN, SINGER, value_of, seed=0)
    one = found["groups"]["everybody"]
    # Of five and five, the rates are nearest to each other at .65 (accepts .65, .75; rejects .3, .6).
    assert found["threshold"] == 0.65
    assert (one["eer"], one["miss_rate"], one["false_accept_rate"]) == pytest.approx((0.4, 0.4, 0.4))


def test_intervals_need_singers(few, monkeypatch):
    value_of = dict.fromkeys(PATHS, "everybody")
    monkeypatch.setattr(groups, "FEWEST_SINGERS", 2)
    one = groups.evaluate(SCORES, TEN, SINGER, value_of, seed=0, replicates=50)["groups"]["everybody"]
    assert 0 <= one["eer_low"] <= one["eer"] <= one["eer_high"] <= 1
    monkeypatch.setattr(groups, "FEWEST_SINGERS", 3)  # only two have targets
    one = groups.evaluate(SCORES, TEN, SINGER, value_of, seed=0, replicates=50)["groups"]["everybody"]
    assert one["singers"] == 2
    assert "eer_low" not in one


def test_a_clip_that_nothing_is_said_of_is_named():
    with pytest.raises(ConfigError, match="nothing is said of 1 clips of the trials: bert/2"):
        groups.members(TEN, {path: "x" for path in PATHS if path != "bert/2"})


pairs = st.lists(
    st.tuples(st.sampled_from(PATHS), st.sampled_from(PATHS)).filter(lambda pair: pair[0] != pair[1]), min_size=1
)


@settings(max_examples=60, deadline=None)
@given(pairs, st.fixed_dictionaries({singer: st.sampled_from(["x", "y", "z"]) for singer in ("anna", "bert", "cora")}))
def test_values_of_singers_divide_the_targets(rows, trait):
    asked = trials(*rows)
    found = groups.members(asked, {path: trait[singer] for path, singer in SINGER.items()})
    times = np.sum(list(found.values()), axis=0)
    np.testing.assert_array_equal(times[asked.labels], 1)
    across = np.array([trait[SINGER[a]] != trait[SINGER[b]] for a, b in rows])
    np.testing.assert_array_equal(times, 1 + across)


@settings(max_examples=60, deadline=None)
@given(pairs, st.fixed_dictionaries({path: st.sampled_from(["", "plain", "x", "y"]) for path in PATHS}))
def test_a_plain_value_takes_no_trial_from_the_others(rows, value_of):
    asked = trials(*rows)
    plain, either = groups.members(asked, value_of, plain="plain"), groups.members(asked, value_of)
    for value in ("x", "y"):
        assert (value in plain) == (value in either)
        if value in plain:
            np.testing.assert_array_equal(plain[value], either[value])
    marked = np.any([plain[value] for value in plain if value != "plain"] or [np.zeros(len(rows), bool)], axis=0)
    assert not (plain.get("plain", np.zeros(len(rows), bool)) & marked).any()
