from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from singalike.evaluate.classifier import LINEAR, window_logits
from singalike.evaluate.parts import LEFT_OUT, TEST, TRAIN, VALIDATION
from song_windows import windows_of

BRIEF = replace(LINEAR, learning_rate=0.01, max_epochs=15)


def parts(count: int) -> np.ndarray:
    return np.array([TRAIN, TRAIN, TRAIN, VALIDATION, TEST])[np.arange(count) % 5]


def test_a_linear_layer_learns_what_logistic_regression_learns():
    linear_model = pytest.importorskip("sklearn.linear_model")
    drawn = windows_of(4, 10, 10, spread=1.5)
    truth, part = np.unique(drawn.artists, return_inverse=True)[1], parts(400)
    logits = window_logits(drawn.vectors, truth, part, outputs=4, seed=0, training=BRIEF)
    oracle = linear_model.LogisticRegression(max_iter=1000).fit(drawn.vectors[part == TRAIN], truth[part == TRAIN])
    tests = part == TEST
    theirs = oracle.score(drawn.vectors[tests], truth[tests])
    assert 0.6 < theirs < 0.99
    assert np.mean(logits[tests].argmax(axis=1) == truth[tests]) == pytest.approx(theirs, abs=0.07)


def test_a_hidden_layer_learns_what_a_linear_one_cannot():
    chance = np.random.default_rng(0)
    corners = chance.choice([-1.0, 1.0], size=(600, 2)).astype(np.float32)
    h = corners + 0.2 * chance.normal(size=corners.shape).astype(np.float32)
    truth, part = (corners.prod(axis=1) > 0).astype(np.int64), parts(600)
    tests = part == TEST
    accuracy = {
        hidden: np.mean(
            window_logits(h, truth, part, outputs=2, seed=0, training=replace(BRIEF, hidden=hidden))[tests].argmax(1)
            == truth[tests]
        )
        for hidden in (0, 32)
    }
    assert accuracy[32] > 0.97
    assert accuracy[0] < 0.8


def test_tags_are_learnt_each_by_itself():
    chance = np.random.default_rng(0)
    h = chance.normal(size=(500, 6)).astype(np.float32)
    tags = np.stack((h[:, 0] > 0, h[:, 0] > 0, h[:, 1] > 1), axis=1)
    logits = window_logits(h, tags, parts(500), outputs=3, seed=0, training=replace(BRIEF, max_epochs=40))
    tests = parts(500) == TEST
    assert ((logits > 0) == tags)[tests].mean(axis=0).min() > 0.9


def test_neither_scale_nor_offset_of_a_dimension_counts():
    drawn = windows_of(3, 5, 10, spread=1.0)
    truth, part = np.unique(drawn.artists, return_inverse=True)[1], parts(150)
    drawn.vectors[:, 3] = 1  # a constant has no deviation to be divided by
    scaled = drawn.vectors * np.logspace(-3, 3, 12, dtype=np.float32) + 5
    plain, other = (window_logits(h, truth, part, outputs=3, seed=0, training=BRIEF) for h in (drawn.vectors, scaled))
    assert np.mean(plain.argmax(1) == other.argmax(1)) > 0.95
    raw = window_logits(scaled, truth, part, outputs=3, seed=0, training=replace(BRIEF, standardise=False))
    assert np.mean(raw.argmax(1) == truth) < np.mean(plain.argmax(1) == truth)


def test_windows_of_no_part_are_never_seen_and_nothing_global_is_touched():
    drawn = windows_of(3, 5, 10, spread=1.0)
    truth, part = np.unique(drawn.artists, return_inverse=True)[1], parts(150)
    part[::7] = LEFT_OUT
    poisoned = drawn.vectors.copy()
    poisoned[(part == LEFT_OUT) | (part == TEST)] = 1e6
    torch.manual_seed(99)
    before = torch.get_rng_state()
    first, second = (
        window_logits(h, truth, part, outputs=3, seed=0, training=BRIEF) for h in (drawn.vectors, poisoned)
    )
    seen = (part == TRAIN) | (part == VALIDATION)
    np.testing.assert_array_equal(first[seen], second[seen])
    assert torch.equal(torch.get_rng_state(), before)
    other = window_logits(drawn.vectors, truth, part, outputs=3, seed=1, training=BRIEF)
    assert (other != first).any()


def test_the_epoch_of_the_lowest_validation_loss_is_kept():
    # The validation part's classes are turned round: the first epoch is the best that it will ever be.
    drawn = windows_of(2, 5, 20, spread=0.5)
    truth, part = np.unique(drawn.artists, return_inverse=True)[1], parts(200)
    truth[part == VALIDATION] = 1 - truth[part == VALIDATION]
    one, many, patient = (
        window_logits(
            drawn.vectors, truth, part, outputs=2, seed=0, training=replace(BRIEF, max_epochs=epochs, patience=patience)
        )
        for epochs, patience in ((1, 5), (50, 5), (50, 50))
    )
    np.testing.assert_array_equal(one, many)
    np.testing.assert_array_equal(one, patient)
