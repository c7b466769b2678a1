from __future__ import annotations

import itertools
import json
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from singalike.evaluate import query_by_singer
from singalike.evaluate.bootstrap import mean_interval
from singalike.evaluate.query_by_singer import average_precision, precisions, predecessor_map
from song_windows import windows_of

GOLDEN = json.loads((Path(__file__).parent / "golden" / "query_by_singer.json").read_text())


def by_loop(ranking: list[bool]) -> dict[str, float]:
    """All metrics of one ranking, the best first, as their definitions read."""
    relevant = sum(ranking)
    precision = [sum(ranking[:place]) / place for place in range(1, len(ranking) + 1)]
    first_five = [sum(ranking[:place]) / place for place in range(1, 6)]
    return {
        "p_at_5": sum(ranking[:5]) / 5,
        "r_at_5": sum(ranking[:5]) / relevant,
        "map": sum(p for p, hit in zip(precision, ranking, strict=True) if hit) / relevant,
        "predecessor_map": sum(first_five) / 8,
    }


def of_query(scores: np.ndarray, relevant: np.ndarray) -> dict[str, float]:
    first = precisions(scores, relevant)
    return {
        "p_at_5": first[4],
        "r_at_5": first[4] * 5 / relevant.sum(),
        "map": average_precision(scores, relevant),
        "predecessor_map": predecessor_map(first),
    }


@pytest.mark.parametrize("seed", range(20))
def test_one_ranking_is_measured_as_by_loops_and_as_by_scikit_learn(seed):
    chance = np.random.default_rng(seed)
    count = int(chance.integers(2, 40))
    scores, relevant = chance.permutation(count) / count, chance.random(count) < 0.3
    relevant[chance.integers(count)] = True
    ranking = [bool(relevant[place]) for place in sorted(range(count), key=lambda place: -scores[place])]
    assert of_query(scores, relevant) == pytest.approx(by_loop(ranking))
    assert average_precision(scores, relevant) == pytest.approx(average_precision_score(relevant, scores))


@pytest.mark.parametrize("seed", range(10))
def test_equal_scores_are_the_mean_over_all_orders_in_which_they_may_stand(seed):
    chance = np.random.default_rng(seed)
    scores, relevant = chance.integers(0, 3, 7) / 2, chance.random(7) < 0.5
    relevant[seed % 7] = True
    orders = [
        [bool(relevant[place]) for place in order]
        for order in itertools.permutations(range(7))
        if all(scores[one] >= scores[two] for one, two in itertools.pairwise(order))
    ]
    every = [by_loop(order) for order in orders]
    expected = {name: float(np.mean([one[name] for one in every])) for name in every[0]}
    assert of_query(scores, relevant) == pytest.approx(expected)


def test_rounding_does_not_part_equal_scores():
    scores = np.array([0.5, 0.5 + 1e-15, 0.5 - 1e-15, 0.1])
    relevant = np.array([False, True, False, False])
    assert average_precision(scores, relevant) == pytest.approx((1 + 1 / 2 + 1 / 3) / 3)


def test_the_predecessors_measure_is_not_average_precision():
    perfect = np.arange(8) < 5
    assert average_precision(-np.arange(8.0), perfect) == 1.0
    assert predecessor_map(precisions(-np.arange(8.0), perfect)) == 5 / 8
    # It cannot see the sixth place, and counts a first one at every place below it.
    late, early = np.arange(8) == 5, np.arange(8) == 0
    assert predecessor_map(precisions(-np.arange(8.0), late)) == 0.0
    assert predecessor_map(precisions(-np.arange(8.0), early)) == pytest.approx((1 + 1 / 2 + 1 / 3 + 1 / 4 + 1 / 5) / 8)


def drawn_tracks(sizes: list[int], *, spread: float, seed: int = 0) -> tuple[np.ndarray, ...]:
    """Tracks around a centre of each singer, heard in two ways: (N, D), (N, D), (N,) names, (N,) singers."""
    chance = np.random.default_rng(seed)
    singers = np.repeat(np.arange(len(sizes)), sizes)
    centres = chance.normal(size=(len(sizes), 8))[singers]
    one, two = (centres + spread * chance.normal(size=centres.shape) for _ in "ab")
    names = np.array([f"t{number:02}" for number in chance.permutation(len(singers))])
    return one, two, names, np.array([f"s{number}" for number in singers])


@pytest.mark.parametrize("domains", ["one", "two"])
def test_every_query_ranks_all_other_tracks_and_never_its_own_song(domains):
    one, two, names, singers = drawn_tracks([4, 1, 3, 2], spread=0.8)
    two = one if domains == "one" else two
    result = query_by_singer.evaluate(one, two, names, singers, seed=3)
    values, owners = [], []
    for query in sorted(range(10), key=lambda row: names[row]):
        others = [row for row in range(10) if row != query]
        if not any(singers[row] == singers[query] for row in others):
            continue
        cosine = {row: one[query] @ two[row] / np.linalg.norm(one[query]) / np.linalg.norm(two[row]) for row in others}
        others.sort(key=lambda row: -cosine[row])
        values.append(by_loop([singers[row] == singers[query] for row in others]))
        owners.append(singers[query])
    for name in query_by_singer.METRICS:
        own = np.array([value[name] for value in values])
        interval = mean_interval(own, owners, seed=3)
        found = [result[f"{name}{part}"] for part in ("", "_low", "_high")]
        assert found == pytest.approx([own.mean(), interval.low, interval.high])
    assert (result["queries"], result["singers"], result["ranked"]) == (9, 3, 9)
    assert result["notes"] == ["1 singers have one track only: it is ranked, but never a query"]
    json.dumps(result)


def test_a_songs_other_domain_is_not_among_what_is_ranked():
    # Every mixture is its song's vocals and nothing else: found among the ranked, it would be first everywhere.
    names, singers = [f"t{n}" for n in range(6)], list("aabbcc")
    result = query_by_singer.evaluate(np.eye(6), np.eye(6), names, singers, seed=0)
    assert result["map"] == pytest.approx(result["map_chance"])


def test_vectors_that_are_all_the_same_are_at_chance_whatever_the_names():
    sizes = [5, 1, 3, 2, 7]
    _, _, names, singers = drawn_tracks(sizes, spread=1.0)
    same = np.tile(np.random.default_rng(0).normal(size=8), (18, 1))
    result = query_by_singer.evaluate(same, same, names, singers, seed=0)
    for name in query_by_singer.METRICS:
        assert result[name] == pytest.approx(result[f"{name}_chance"])
    others = np.repeat(sizes, sizes) - 1
    others = others[others > 0]
    harmonic = sum(1 / place for place in range(1, 18))
    # The mean average precision of a random order of M items, R of them relevant, in closed form (Bestgen 2015).
    expected = [(harmonic + (relevant - 1) / 16 * (17 - harmonic)) / 17 for relevant in others]
    assert result["map_chance"] == pytest.approx(np.mean(expected))
    assert result["p_at_5_chance"] == pytest.approx(np.mean(others / 17))
    assert result["r_at_5_chance"] == pytest.approx(5 / 17)


def test_the_order_of_the_rows_is_nothing():
    one, two, names, singers = drawn_tracks([3, 3, 4], spread=1.0)
    order = np.random.default_rng(1).permutation(10)
    first = query_by_singer.evaluate(one, two, names, singers, seed=0)
    assert query_by_singer.evaluate(one[order], two[order], names[order], singers[order], seed=0) == first


def test_singers_who_stand_apart_are_found_and_random_vectors_are_at_chance():
    near = windows_of(6, 8, 1, spread=0.05)
    result = query_by_singer.evaluate(near.vectors, near.vectors, near.songs, near.artists, seed=0)
    assert (result["map"], result["p_at_5"], result["r_at_5"]) == (1.0, 1.0, pytest.approx(5 / 7))
    assert result["predecessor_map"] == 0.625
    far = np.random.default_rng(4).normal(size=(2, *near.vectors.shape))
    result = query_by_singer.evaluate(*far, near.songs, near.artists, seed=0)
    assert result["map"] == pytest.approx(result["map_chance"], abs=0.03)


def test_progress_is_told_by_query():
    one, two, names, singers = drawn_tracks([2, 1, 2], spread=1.0)
    told: list[tuple[int, int]] = []
    query_by_singer.evaluate(one, two, names, singers, seed=0, progress=lambda *done: told.append(done))
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_golden_figures():
    inputs = (np.array(GOLDEN[name]) for name in ("queries", "collection", "tracks", "singers"))
    result = query_by_singer.evaluate(*inputs, **GOLDEN["options"])
    assert result == {
        name: pytest.approx(value, abs=1e-9) if isinstance(value, float) else value
        for name, value in GOLDEN["expected"].items()
    }
