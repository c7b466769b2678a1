from __future__ import annotations

import numpy as np
import pytest

from singalike.errors import ConfigError, NotFiniteError
from singalike.evaluate.tracks import unit, validate

SINGERS = list("aabbc")
NAMES = ["t3", "t1", "t4", "t0", "t2"]


def vectors() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(5, 3))


def test_rows_are_put_in_the_order_of_names_with_unit_norm():
    one, two = vectors(), 2 * vectors()
    found = validate(one, two, NAMES, SINGERS)
    order = [3, 1, 4, 0, 2]
    np.testing.assert_allclose(found.queries, one[order] / np.linalg.norm(one[order], axis=1, keepdims=True))
    np.testing.assert_allclose(found.collection, found.queries)
    assert found.names[found.singers].tolist() == [SINGERS[row] for row in order]
    assert found.sizes.tolist() == [2, 2, 1]
    assert found.answerable.tolist() == [True, True, False, True, True]


def test_what_cancels_out_stays_zero():
    np.testing.assert_array_equal(unit(np.array([[0.0, 0.0], [3.0, 4.0]])), [[0.0, 0.0], [0.6, 0.8]])


@pytest.mark.parametrize("side", [0, 1])
@pytest.mark.parametrize("value", [0.0, np.nan, np.inf])
def test_a_vector_that_cannot_be_compared_is_named(side, value):
    sides = [vectors(), vectors()]
    sides[side][2] = value
    with pytest.raises(NotFiniteError, match="t4: 1 vectors are zero or not finite"):
        validate(*sides, NAMES, SINGERS)


@pytest.mark.parametrize(
    ("one", "two", "names", "singers", "match"),
    [
        (vectors(), vectors()[:, :2], NAMES, SINGERS, r"\(5, 3\), \(5, 2\)"),
        (vectors(), vectors()[:4], NAMES, SINGERS, r"\(5, 3\), \(4, 3\)"),
        (vectors(), vectors(), NAMES[:4], SINGERS, r"\(4,\) tracks, \(5,\) singers"),
        (np.empty((0, 3)), np.empty((0, 3)), [], [], "one row a track"),
        (vectors(), vectors(), ["t1", *NAMES[1:]], SINGERS, "t1: 1 tracks are there twice"),
        (vectors(), vectors(), NAMES, list("aabcd"), "1 of 4 singers have 2 tracks or more"),
        (vectors(), vectors(), NAMES, list("aaaaa"), "1 of 1 singers"),
    ],
)
def test_inputs_that_do_not_do_are_refused(one, two, names, singers, match):
    with pytest.raises(ConfigError, match=match):
        validate(one, two, names, singers)
