from __future__ import annotations

import numpy as np
import pytest

from singalike.errors import ConfigError
from singalike.evaluate.parts import TEST, TRAIN, VALIDATION, check_classes, deal_parts, part_codes

GROUPS = np.repeat([f"g{n}" for n in range(26)], 3)
STRATA = np.where(np.isin(GROUPS, [f"g{n}" for n in range(20)]), "many", "few")


def test_groups_stay_together_and_every_stratum_is_in_every_part():
    part = deal_parts(GROUPS, STRATA, seed=0)
    by_group = {group: set(part[group == GROUPS].tolist()) for group in set(GROUPS.tolist())}
    assert all(len(parts) == 1 for parts in by_group.values())
    counts = {
        name: np.bincount([by_group[g].pop() for g in np.unique(GROUPS[name == STRATA])]).tolist()
        for name in ("many", "few")
    }
    assert counts == {"many": [16, 2, 2], "few": [4, 1, 1]}  # train, validation, test


def test_the_order_of_rows_is_nothing_the_seed_is_something():
    part = deal_parts(GROUPS, STRATA, seed=0)
    turned = np.random.default_rng(1).permutation(len(GROUPS))
    np.testing.assert_array_equal(deal_parts(GROUPS[turned], STRATA[turned], seed=0), part[turned])
    assert (deal_parts(GROUPS, STRATA, seed=1) != part).any()


def test_too_few_groups_and_torn_groups_are_refused():
    with pytest.raises(ConfigError, match=r"need 3 of each: b has 2 \(1 such\)"):
        deal_parts(np.array(["1", "2", "3", "4", "5"]), np.array(["a", "a", "a", "b", "b"]), seed=0)
    with pytest.raises(ConfigError, match="1: two strata: a, b"):
        deal_parts(np.array(["1", "1"]), np.array(["a", "b"]), seed=0)


def test_given_parts_are_taken_by_name():
    assert part_codes(["test", "train", "validation"]).tolist() == [TEST, TRAIN, VALIDATION]
    with pytest.raises(ConfigError, match="no such part: 'valid'"):
        part_codes(["train", "valid", "test"])
    with pytest.raises(ConfigError, match="nothing is in the validation or test part"):
        part_codes(["train", "train"])


def test_a_class_missing_in_a_part_is_named():
    part = np.array([TRAIN, TRAIN, VALIDATION, VALIDATION, TEST, TEST])
    check_classes(part, np.array(["rock", "jazz"] * 3))
    with pytest.raises(ConfigError, match="the test part has no jazz"):
        check_classes(part, np.array(["rock", "jazz", "rock", "jazz", "rock", "rock"]))
    with pytest.raises(ConfigError, match="where there are two: rock"):
        check_classes(part, np.array(["rock"] * 6))
