from __future__ import annotations

import numpy as np
import pytest

from singalike.errors import ConfigError, NotFiniteError
from singalike.evaluate.ranking import _draw_queries, mean_normalised_rank, pair_rank, released_code_rank


def clips(n_recordings: int, *, noise: float, seed: int = 0, each: int = 2) -> tuple[np.ndarray, np.ndarray]:
    chance = np.random.default_rng(seed)
    names = np.repeat([f"recording-{i}" for i in range(n_recordings)], each)
    centres = np.repeat(chance.normal(size=(n_recordings, 32)), each, axis=0)
    return centres + noise * chance.normal(size=centres.shape), names


def test_a_perfect_encoder_is_always_first():
    vectors, names = clips(600, noise=0.0)
    ranking = mean_normalised_rank(vectors, names, seed=0, trials=100)
    assert (ranking.mean, ranking.set_size, ranking.trials) == (1 / 512, 512, 100)
    released = released_code_rank(vectors, names, seed=0, trials=100)
    assert (released.mean, released.set_size) == (0.0, 513)


@pytest.mark.parametrize("vectors", ["random", "constant"])
def test_an_encoder_that_knows_nothing_is_in_the_middle(vectors):
    random, names = clips(400, noise=1e6)
    chosen = random if vectors == "random" else np.ones_like(random)
    assert mean_normalised_rank(chosen, names, seed=0).mean == pytest.approx(0.5, abs=0.03)
    assert released_code_rank(chosen, names, seed=0).mean == pytest.approx(0.5, abs=0.03)


def test_agrees_with_a_plain_full_ranking():
    # A set larger than there are clips ranks against all others: no sampling is left but that of the queries.
    vectors, names = clips(20, noise=1.5)
    ranking = mean_normalised_rank(vectors, names, seed=0, trials=4000)
    assert ranking.set_size == 39
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    ranks = []
    for query in range(40):
        answer = query ^ 1
        others = [k for k in range(40) if k not in (query, answer)]
        ranks.append(1 + sum(unit[query] @ unit[k] > unit[query] @ unit[answer] for k in others))
    assert ranking.mean == pytest.approx(np.mean(ranks) / 39, abs=0.01)


def test_the_released_code_never_ranks_against_the_same_voice():
    # Ann's second clip is the furthest of hers, but no other voice is nearer.
    vectors = np.array([[1.0, 0.0], [0.9, 0.1], [1.0, 0.01], [0.0, 1.0], [0.1, 1.0]])
    voices = np.array(["ann", "ann", "ann", "ben", "ben"])
    assert released_code_rank(vectors, voices, seed=0, trials=200).mean == 0.0


def test_voices_are_compared_by_their_whole_name():
    vectors, _ = clips(3, noise=0.1)
    names = np.array(["male1", "male1", "female1", "female1", "male11", "male11"])
    codes = np.array([0, 0, 1, 1, 2, 2])
    assert released_code_rank(vectors, names, seed=1, trials=50) == released_code_rank(
        vectors, codes, seed=1, trials=50
    )


def test_pairs_are_ranked_among_other_voices_from_either_end():
    vectors = np.array([[1.0, 0.0], [0.0, 1.0], [0.9, 0.1]])  # 0 and 1 are one voice, 2 is near 0 only
    ranking = pair_rank(vectors, np.array(["a", "a", "b"]), np.array([[0, 1]]), seed=0, trials=100)
    assert (ranking.mean, ranking.set_size) == (1.0, 2)


@pytest.mark.parametrize(("dtype", "places"), [(np.float32, 1), (np.float64, 0)])
def test_ranks_are_those_of_a_plain_loop_that_draws_the_same_sets(dtype, places):
    vectors, recordings = clips(60, noise=1.5, each=3)
    voices = np.array([f"voice-{n // 9}" for n in range(180)])
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    for name, ranking in (
        ("eq7", mean_normalised_rank(vectors.astype(dtype), recordings, seed=4, set_size=40, trials=200)),
        ("released", released_code_rank(vectors.astype(dtype), voices, seed=4, others=39, trials=200)),
    ):
        groups = np.unique(recordings if name == "eq7" else voices, return_inverse=True)[1]
        chance = np.random.default_rng(4)
        queries, answers = _draw_queries(groups, 200, chance)
        ranks = []
        for query, answer in zip(queries, answers, strict=True):
            assert groups[query] == groups[answer]
            assert query != answer
            left_out = {query, answer} if name == "eq7" else set(np.flatnonzero(groups == groups[query]))
            rivals = chance.choice([k for k in range(180) if k not in left_out], size=39, replace=False)
            better = sum(unit[rival] @ unit[query] > unit[answer] @ unit[query] for rival in rivals)
            ranks.append(better + (1 if name == "eq7" else 0))
        assert np.abs(ranking.values * 40 - ranks).max() <= places + 1e-9  # float32 may swap near neighbours
        assert ranking.mean == pytest.approx(np.mean(ranks) / 40, abs=1e-3 if places else 1e-12)
        np.testing.assert_array_equal(ranking.queries, queries)


def test_same_seed_same_figure():
    vectors, names = clips(50, noise=1.0)
    first, again, other = (mean_normalised_rank(vectors, names, seed=s, set_size=10, trials=50) for s in (1, 1, 2))
    assert first == again != other


def test_bad_input_is_refused():
    vectors, names = clips(5, noise=0.1)
    with pytest.raises(ConfigError, match="no two clips belong together"):
        mean_normalised_rank(vectors, np.arange(10), seed=0)
    with pytest.raises(ConfigError, match="nothing to rank"):
        released_code_rank(vectors, np.zeros(10), seed=0)
    with pytest.raises(ConfigError, match="10 vectors but 9"):
        released_code_rank(vectors, names[:-1], seed=0)
    with pytest.raises(ConfigError, match="pairs must be"):
        pair_rank(vectors, names, np.empty((0, 2), int), seed=0)
    vectors[3] = np.nan
    with pytest.raises(NotFiniteError, match="vector 3"):
        mean_normalised_rank(vectors, names, seed=0)
