from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from singalike.errors import ConfigError, NotFiniteError
from singalike.evaluate import misleading, verification
from singalike.evaluate.bootstrap import singer_interval
from singalike.evaluate.misleading import misleading_pieces
from singalike.evaluate.ranking import released_code_rank
from singalike.evaluate.robustness import compare, evaluate, rank_across, score

GOLDEN = json.loads((Path(__file__).parent / "golden" / "robustness.json").read_text())
VOICES = np.repeat([f"voice{number}" for number in range(6)], 4)
PAIRS = np.stack(np.triu_indices(len(VOICES), 1), axis=1)
ALL = np.ones(len(VOICES), bool)


def vectors(noise: float, *, seed: int = 0) -> np.ndarray:
    """(24, 8): a place for each voice, and noise."""
    places = np.random.default_rng(99).normal(size=(6, 8))
    return np.repeat(places, 4, axis=0) + noise * np.random.default_rng(seed).normal(size=(24, 8))


def unit(rows: np.ndarray) -> np.ndarray:
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def measure(clean: np.ndarray, changed: np.ndarray, heard: np.ndarray = ALL, **options) -> dict:
    return evaluate(clean, changed, heard, VOICES, PAIRS, **{"sides": "both", "seed": 0, "replicates": 50, **options})


@pytest.mark.parametrize("sides", ["one", "both"])
def test_scores_are_the_cosines_of_what_each_side_is(sides):
    clean, changed = vectors(0.5), vectors(1.0, seed=1)
    found = score(clean, changed, ALL, VOICES, PAIRS, sides=sides)
    one, other = unit(clean), unit(changed)
    if sides == "both":
        expected = [other[a] @ other[b] for a, b in PAIRS]
        expected_clean = [one[a] @ one[b] for a, b in PAIRS]
    else:
        expected = [one[a] @ other[b] for a, b in PAIRS] + [one[b] @ other[a] for a, b in PAIRS]
        expected_clean = [one[a] @ one[b] for a, b in PAIRS] * 2
    np.testing.assert_allclose(found.changed, expected)
    np.testing.assert_allclose(found.clean, expected_clean)
    np.testing.assert_array_equal(found.labels[: len(PAIRS)], [VOICES[a] == VOICES[b] for a, b in PAIRS])


def test_only_trials_of_heard_clips_are_scored():
    heard = ALL.copy()
    heard[[2, 9]] = False
    changed = vectors(0.5)
    changed[[2, 9]] = np.nan
    both = score(vectors(0.5), changed, heard, VOICES, PAIRS, sides="both")
    one = score(vectors(0.5), changed, heard, VOICES, PAIRS, sides="one")
    assert len(both.changed) == 22 * 21 // 2
    assert len(one.changed) == 22 * 23  # a clip that was not heard may still be the clean side
    assert np.isfinite(both.changed).all()
    figures = measure(vectors(0.5), changed, heard)
    assert (figures["clips"], figures["left_out"], figures["trials"]) == (22, 2, 231)


def test_what_did_not_change_did_not_grow():
    same = vectors(1.0)
    figures = measure(same, 3 * same)  # the level of a vector is nothing
    assert figures["eer"] == figures["eer_clean"] > 0
    assert figures["growth"] == figures["growth_low"] == figures["growth_high"] == 1.0


def test_rates_and_their_interval_are_those_of_verification():
    clean, changed = vectors(0.7), vectors(1.5, seed=1)
    scores = score(clean, changed, ALL, VOICES, PAIRS, sides="both")
    found = compare(scores, seed=3, replicates=200)
    a, b = PAIRS.T
    assert found["eer"] == verification.eer(scores.changed, scores.labels)
    assert found["eer_clean"] == verification.eer(scores.clean, scores.labels)
    assert found["growth"] == found["eer"] / found["eer_clean"] > 1
    assert found["growth_low"] <= found["growth"] <= found["growth_high"]
    interval = singer_interval(
        verification.eer, scores.changed, scores.labels, VOICES[a], VOICES[b], seed=3, replicates=200
    )
    # That one interpolates between replicates, this one takes the outer.
    assert found["eer_low"] <= interval.low == pytest.approx(found["eer_low"], abs=0.01)
    assert found["eer_high"] >= interval.high == pytest.approx(found["eer_high"], abs=0.01)


def test_growth_is_of_pairs_of_replicates():
    """Both rates move together with the singers drawn, so their ratio moves less than either."""
    clean = vectors(1.0)
    found = measure(clean, clean + 1e-3 * vectors(1.0, seed=1), replicates=200)
    assert found["eer_high"] / found["eer_low"] > 1.3
    assert found["growth_high"] / found["growth_low"] < 1.05


def test_no_growth_is_told_from_unbounded_growth():
    perfect = np.repeat(np.eye(6), 4, axis=0)
    assert measure(perfect, perfect)["growth"] == 1.0
    found = measure(perfect, vectors(2.0)[:, :6])
    assert found["eer_clean"] == 0
    assert not {"growth", "growth_high"} & set(found)


@pytest.mark.parametrize("noise", [0.3, 1.5])
def test_ranks_in_one_domain_are_those_of_the_released_code(noise):
    rows = unit(vectors(noise))
    ours = rank_across(rows, rows, VOICES, seed=0, trials=4000)
    theirs = released_code_rank(rows, VOICES, seed=1, trials=4000)
    assert ours.set_size == theirs.set_size == 21
    assert ours.mean == pytest.approx(theirs.mean, abs=0.012)


def test_ranks_across_domains_ask_in_one_and_answer_in_the_other():
    rows = unit(np.random.default_rng(0).normal(size=(24, 8)))
    rows = unit(np.repeat(rows[:6], 4, axis=0))
    turned = np.roll(rows, 4, axis=0)  # every voice sounds like another's clean clips
    assert rank_across(rows, rows, VOICES, seed=0).mean == 0
    assert rank_across(rows, turned, VOICES, seed=0).mean > 0.15
    assert rank_across(turned, turned, VOICES, seed=0).mean == 0
    constant = np.ones((24, 3)) / np.sqrt(3)
    assert rank_across(constant, constant, VOICES, seed=0).mean == pytest.approx(10 / 21)  # ties count half


def test_a_rank_that_cannot_be_had_is_left_out():
    heard = np.isin(np.arange(24), [0, 1, 4])
    assert "mnr_released_code" in measure(vectors(1.0), vectors(1.0), heard)
    with pytest.raises(ConfigError, match="rank"):
        rank_across(np.eye(4), np.eye(4), np.array(list("abcd")), seed=0)
    with pytest.raises(ConfigError, match="rank"):
        rank_across(np.eye(4), np.eye(4), np.array(list("aaaa")), seed=0)


def test_accompaniments_mislead_in_every_trial():
    targets = np.random.default_rng(0).random(500) < 0.5
    drawn = misleading_pieces(targets, 3, seed=0)
    assert (drawn[targets, 0] != drawn[targets, 1]).all()
    assert (drawn[~targets, 0] == drawn[~targets, 1]).all()
    assert set(map(tuple, drawn[targets].tolist())) == {(a, b) for a in range(3) for b in range(3) if a != b}
    assert set(drawn[~targets, 0]) == {0, 1, 2}
    with pytest.raises(ConfigError, match="at least two"):
        misleading_pieces(targets, 1, seed=0)


def test_who_hears_the_voice_is_right_and_who_hears_the_accompaniment_is_wrong():
    voice, heard = vectors(0.01), np.ones((3, 24), bool)
    pieces = np.random.default_rng(5).normal(size=(3, 1, 8))
    hears_voice = np.broadcast_to(voice, (3, 24, 8))
    hears_piece = pieces + 0.01 * np.random.default_rng(6).normal(size=(3, 24, 8))
    right = misleading.evaluate(voice, hears_voice, heard, VOICES, PAIRS, seed=0, replicates=20)
    wrong = misleading.evaluate(voice, hears_piece, heard, VOICES, PAIRS, seed=0, replicates=20)
    assert (right["eer"], right["eer_clean"], right["growth"]) == (0, 0, 1)
    assert (wrong["eer"], wrong["eer_clean"]) == (1, 0)
    heard[1, 5] = False
    fewer = misleading.evaluate(voice, hears_piece, heard, VOICES, PAIRS, seed=0, replicates=20)
    assert fewer["trials"] < wrong["trials"]
    assert (fewer["clips"], fewer["left_out"]) == (23, 1)


@pytest.mark.parametrize(
    "change",
    [
        {"changed": np.ones((23, 8))},
        {"changed": np.ones((24, 7))},
        {"voices": VOICES[:-1]},
        {"pairs": np.array([[0, 24]])},
        {"pairs": np.array([[0, -1]])},
        {"pairs": np.array([0, 1])},
    ],
)
def test_shapes_that_do_not_fit_are_refused(change):
    given = {"clean": vectors(1.0), "changed": vectors(1.0), "heard": ALL, "voices": VOICES, "pairs": PAIRS, **change}
    with pytest.raises(ConfigError):
        score(**given, sides="both")


@pytest.mark.parametrize("bad", [0.0, np.nan, np.inf])
def test_a_vector_that_is_none_is_refused(bad):
    changed = vectors(1.0)
    changed[3] = bad
    with pytest.raises(NotFiniteError, match="1 vectors"):
        measure(vectors(1.0), changed)


def test_a_class_without_trials_is_an_error():
    with pytest.raises(ConfigError):
        measure(vectors(1.0), vectors(1.0), np.arange(24) < 4)


@pytest.mark.parametrize("sides", ["one", "both"])
def test_golden_figures(sides):
    inputs = (np.array(GOLDEN[name]) for name in ("clean", "changed", "heard", "voices", "pairs"))
    found = evaluate(*inputs, sides=sides, **GOLDEN["options"])
    assert {name: pytest.approx(value, abs=1e-9) for name, value in GOLDEN["expected"][sides].items()} == found
