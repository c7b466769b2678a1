from __future__ import annotations

import numpy as np
import pytest

from singalike.errors import ConfigError, NotFiniteError
from singalike.evaluate.bootstrap import mean_interval, singer_interval, trial_weights
from singalike.evaluate.verification import eer


def study(n_singers: int, *, spread: float, seed: int) -> tuple[np.ndarray, ...]:
    """All pairs of three recordings a singer; singers differ in how well they are recognised."""
    chance = np.random.default_rng(seed)
    ease = spread * chance.normal(size=n_singers)
    singer = np.repeat(np.arange(n_singers), 3)
    i, j = np.triu_indices(len(singer), k=1)
    a, b = singer[i], singer[j]
    labels = a == b
    scores = chance.normal(size=len(a)) + labels * (1 + ease[a])
    return scores, labels, a.astype(str), b.astype(str)


def test_weights_count_how_often_a_trial_stands_in_the_resampled_singers():
    labels = np.array([1, 1, 0, 0])
    a, b = np.array(["x", "y", "x", "y"]), np.array(["x", "y", "y", "z"])
    chance = np.random.default_rng(5)
    for weights in trial_weights(labels, a, b, replicates=50, seed=5):
        while True:
            x, y, z = chance.multinomial(3, [1 / 3] * 3)
            if x + y and x * y + y * z:
                break
        assert weights.tolist() == [x, y, x * y, y * z]


def test_the_same_seed_gives_the_same_interval_and_the_order_of_trials_is_nothing():
    data = study(10, spread=0.5, seed=0)
    first = singer_interval(eer, *data, seed=3, replicates=100)
    order = np.random.default_rng(0).permutation(len(data[0]))
    shuffled = singer_interval(eer, *(column[order] for column in data), seed=3, replicates=100)
    assert (first.low, first.high) == pytest.approx((shuffled.low, shuffled.high), abs=1e-12)
    assert first.singers == 10


def test_the_interval_holds_the_truth_about_as_often_as_it_says():
    # A linear metric with a known truth: the mean target score, which singers shift by a normal deviation.
    def mean_target(scores, labels, weights):
        return float(np.average(scores[labels], weights=weights[labels]))

    held = 0
    for seed in range(100):
        interval = singer_interval(mean_target, *study(15, spread=1.0, seed=seed), seed=seed, replicates=200)
        held += interval.low <= 1.0 <= interval.high
    assert 84 <= held <= 99  # nominal 95; percentile intervals of 15 singers are a little narrow


def test_singers_that_differ_more_widen_the_interval():
    same, different = (
        singer_interval(eer, *study(15, spread=spread, seed=0), seed=0, replicates=200) for spread in (0.0, 2.0)
    )
    assert different.high - different.low > same.high - same.low


def test_labels_that_contradict_the_singers_are_refused():
    with pytest.raises(ConfigError, match="trial 1 contradicts"):
        next(trial_weights(np.array([1, 1]), ["x", "x"], ["x", "y"], replicates=1, seed=0))
    with pytest.raises(ConfigError, match="labels but"):
        next(trial_weights(np.array([1]), ["x", "x"], ["x", "y"], replicates=1, seed=0))


def test_one_singer_cannot_be_resampled():
    with pytest.raises(ConfigError, match="too few"):
        list(trial_weights(np.array([1]), ["x"], ["x"], replicates=1, seed=0))


def test_means_are_resampled_by_singer_as_a_plain_loop_does():
    values = np.array([1.0, 0.0, 0.5, 0.25, 1.0, 0.75])
    singers = np.array(["x", "y", "x", "z", "z", "z"])
    weights = np.array([1.0, 2.0, 1.0, 0.5, 0.5, 3.0])
    own = {name: np.flatnonzero(singers == name) for name in "xyz"}
    means = []
    for drawn in np.random.default_rng(9).multinomial(3, [1 / 3] * 3, size=500):
        places = np.concatenate([np.tile(own[name], times) for name, times in zip("xyz", drawn, strict=True)])
        means.append(np.average(values[places.astype(int)], weights=weights[places.astype(int)]))
    interval = mean_interval(values, singers, seed=9, replicates=500, weights=weights)
    assert (interval.low, interval.high) == pytest.approx(tuple(np.quantile(means, [0.025, 0.975])), abs=1e-12)
    assert interval.singers == 3


def test_the_interval_of_a_mean_is_as_wide_as_theory_says():
    # 40 singers with means N(0, 1) and many values each: the mean deviates by 1/sqrt(40).
    chance = np.random.default_rng(0)
    singers = np.repeat(np.arange(40), 50)
    values = np.repeat(chance.normal(size=40), 50) + 0.1 * chance.normal(size=2000)
    interval = mean_interval(values, singers, seed=0)
    assert interval.high - interval.low == pytest.approx(2 * 1.96 / 40**0.5, rel=0.25)


def test_means_of_nothing_are_refused():
    with pytest.raises(ConfigError, match="values"):
        mean_interval(np.array([]), np.array([]), seed=0)
    with pytest.raises(ConfigError, match="values"):
        mean_interval(np.array([1.0, 2.0]), np.array(["x"]), seed=0)
    with pytest.raises(NotFiniteError, match="value 1"):
        mean_interval(np.array([1.0, np.nan]), np.array(["x", "y"]), seed=0)
