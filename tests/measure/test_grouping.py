from __future__ import annotations

import numpy as np
import pytest

from singalike.errors import ConfigError
from singalike.evaluate.trials import Trials
from singalike.measure.clips import Clips
from singalike.measure.grouping import by_group, check

NAMES = ("anna", "bert", "cora", "dave")


@pytest.fixture
def clips():
    """Four singers of six recordings, the later half of them spoken; every third is of one sitting."""
    keys = [f"{voice}/{n}.wav" for voice in NAMES for n in range(6)]
    return Clips(
        keys=np.array(keys),
        recordings=np.array(keys),
        voices=np.repeat(NAMES, 6),
        kinds=np.tile(["sung"] * 3 + ["spoken"] * 3, 4),
        sessions=np.tile(["a", "b", "c"], 8),
        starts_seconds=np.zeros(24),
        vectors=np.zeros((24, 2), np.float32),
        model="m",
    )


@pytest.fixture
def trials(clips):
    keys, voices = clips.keys.tolist(), clips.voices.tolist()
    pairs = [(i, j) for j in range(24) for i in range(j)]
    labels = np.array([voices[i] == voices[j] for i, j in pairs])
    return Trials(labels, tuple(keys[i] for i, _ in pairs), tuple(keys[j] for _, j in pairs))


@pytest.fixture
def traits(tmp_path):
    path = tmp_path / "singers.csv"
    path.write_text("voice,gender,part\nanna,f,alto\nbert,m,bass\ncora,f,alto\ndave,m,\n", encoding="utf-8")
    return path


def test_a_trait_groups_singers(clips, trials, traits):
    scores = np.random.default_rng(0).normal(size=len(trials))
    found, notes = by_group(scores, trials, clips, by="gender", traits=traits, seed=0)
    # 15 pairs of one singer, 36 of two: one's own gender once, the other's four times.
    assert {value: (g["targets"], g["nontargets"], g["singers"]) for value, g in found.items()} == {
        "f": (30, 36 + 4 * 36, 2), "m": (30, 36 + 4 * 36, 2),
    }  # fmt: skip
    assert notes == []
    found, _ = by_group(scores, trials, clips, by="part", traits=traits, seed=0)
    assert set(found) == {"alto", "bass"}  # nothing is known of dave


def test_a_column_of_the_data_groups_clips(clips, trials):
    scores = np.where(trials.labels, 1.0, -1.0)
    bad = [i for i, (a, b) in enumerate(zip(trials.path_a, trials.path_b, strict=True)) if "5.wav" in a + b]
    scores[bad] = -scores[bad]
    found, _ = by_group(scores, trials, clips, by="kind", traits=None, seed=0)
    assert found["spoken"]["miss_rate"] > found["sung"]["miss_rate"] > 0
    assert found["sung"]["targets"] == 4 * (15 - 3)  # all but those of two spoken clips
    assert set(by_group(scores, trials, clips, by="session", traits=None, seed=0)[0]) == {"a", "b", "c"}


def test_small_groups_are_noted(clips, trials, tmp_path):
    (tmp_path / "traits.csv").write_text("voice,rare\nanna,yes\n", encoding="utf-8")
    kept = [i for i, (a, b) in enumerate(zip(trials.path_a, trials.path_b, strict=True)) if a > "anna/3" or b > "b"]
    few = Trials(trials.labels[kept], tuple(trials.path_a[i] for i in kept), tuple(trials.path_b[i] for i in kept))
    mine = sum(a.startswith("anna") and b.startswith("anna") for a, b in zip(few.path_a, few.path_b, strict=True))
    scores = np.random.default_rng(0).normal(size=len(few))
    found, notes = by_group(scores, few, clips, by="rare", traits=tmp_path / "traits.csv", seed=0)
    assert mine < 10
    assert found == {}
    assert notes == [f"rare yes: too few trials, {mine} of one voice, {18 * 6} of two"]


def test_a_column_that_is_not_there_is_refused(traits):
    check("kind", None)
    check("part", traits)
    with pytest.raises(ConfigError, match="no column 'gender'") as caught:
        check("gender", None)
    assert "--traits" in caught.value.hint
    with pytest.raises(ConfigError, match="no column 'age'") as caught:
        check("age", traits)
    assert "part" in caught.value.hint
