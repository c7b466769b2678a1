from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from singalike.corpus.recordings import Recording
from singalike.errors import ConfigError, ModelMismatchError, NotFiniteError
from singalike.evaluate.clip_vectors import ClipVectors
from singalike.evaluate.clips import clip_scores, evaluate_clips, known_trials
from singalike.evaluate.drawing import draw_trials
from singalike.evaluate.trials import Trials

GOLDEN = json.loads((Path(__file__).parent / "golden" / "clips.json").read_text())


def clips_of(
    singers: int = 8, recordings: int = 4, each: int = 3, *, noise: float = 1.0, dtype: type = np.float32
) -> ClipVectors:
    """Clips of ``v0/r0.wav`` and so on, 4 s apart; a singer's clips lie around a centre, a recording's nearer."""
    chance = np.random.default_rng(0)
    names = [(f"v{v}", f"v{v}/r{r}.wav", 4 * c) for v in range(singers) for r in range(recordings) for c in range(each)]
    centres = np.repeat(chance.normal(size=(singers, 12)), recordings * each, axis=0)
    takes = np.repeat(chance.normal(size=(singers * recordings, 12)), each, axis=0)
    vectors = centres + noise * (0.5 * takes + chance.normal(size=centres.shape))
    voices, owners, starts = zip(*names, strict=True)
    keys = tuple(f"{owner}@{start:.2f}" for owner, start in zip(owners, starts, strict=True))
    return ClipVectors(keys, vectors.astype(dtype), np.array(owners), np.array(voices), "model-1")


def trials_of(clips: ClipVectors, n: int = 300) -> Trials:
    rows = zip(clips.keys, clips.voices.tolist(), clips.recordings.tolist(), strict=True)
    return draw_trials([Recording(Path(k), voice=v, song=r) for k, v, r in rows], n, 0, cross="song")


def trial(label: int, a: str, b: str) -> Trials:
    return Trials(np.array([bool(label)]), (a,), (b,), source="list.csv")


def loop(clips: ClipVectors, trials: Trials) -> list[float]:
    """Cosines one by one."""
    vector = dict(zip(clips.keys, clips.vectors.astype(float), strict=True))
    pairs = zip(trials.path_a, trials.path_b, strict=True)
    return [vector[a] @ vector[b] / (vector[a] @ vector[a]) ** 0.5 / (vector[b] @ vector[b]) ** 0.5 for a, b in pairs]


@pytest.mark.parametrize(("dtype", "within"), [(np.float32, 1e-6), (np.float64, 1e-12)])
def test_scores_are_the_cosines_of_a_plain_loop(dtype, within):
    clips = clips_of(dtype=dtype)
    trials = trials_of(clips, 1500)  # more than one block
    np.testing.assert_allclose(clip_scores(clips, trials), loop(clips, trials), atol=within)


def test_all_figures_against_outside_ones():
    metrics = pytest.importorskip("sklearn.metrics")
    clips = clips_of()
    trials = trials_of(clips)
    result = evaluate_clips(clips, trials, seed=0, replicates=200, set_size=20, rank_trials=300)
    fpr, tpr, _ = metrics.roc_curve(trials.labels, loop(clips, trials), drop_intermediate=False)
    grid = np.linspace(0, 1, 100_001)
    crossing = grid[np.argmin(np.abs(np.interp(grid, fpr, tpr) - (1 - grid)))]
    assert result["eer"] == pytest.approx(crossing, abs=2e-5)
    assert result["auc"] == pytest.approx(metrics.roc_auc_score(trials.labels, loop(clips, trials)), abs=1e-9)
    assert {name: result[name] for name in ("trials", "targets", "nontargets", "clips", "singers", "notes")} == {
        "trials": 300,
        "targets": 150,
        "nontargets": 150,
        "clips": 96,
        "singers": 8,
        "notes": [],
    }
    assert (result["mnr_eq7_set_size"], result["mnr_released_code_set_size"]) == (20, 21)
    for name in ("eer", "mnr_eq7", "mnr_released_code"):
        assert 0 < result[f"{name}_low"] < result[name] < result[f"{name}_high"] < 0.5
    json.dumps(result)


def test_the_true_set_size_is_told_where_clips_are_few():
    clips = clips_of()
    result = evaluate_clips(clips, trials_of(clips), seed=0, replicates=10, rank_trials=50)
    assert (result["mnr_eq7_set_size"], result["mnr_released_code_set_size"]) == (96 - 1, 96 - 12 + 1)


def test_same_seed_same_figures_another_seed_another_interval():
    clips = clips_of()
    trials = trials_of(clips)
    first, again, other = (evaluate_clips(clips, trials, seed=s, replicates=50, rank_trials=50) for s in (3, 3, 4))
    assert first == again
    assert first["eer"] == other["eer"]
    assert first["mnr_eq7_low"] != other["mnr_eq7_low"]


def test_a_recording_is_named_by_the_mean_direction_of_its_clips():
    clips = clips_of()
    long = replace(clips, vectors=clips.vectors * np.arange(1, 97, dtype=np.float32)[:, None])  # loudness is nothing
    unit = clips.vectors / np.linalg.norm(clips.vectors, axis=1, keepdims=True)
    a, b = unit[:3].mean(axis=0), unit[4]
    trials = trial(1, "v0/r0.wav", clips.keys[4])
    assert clip_scores(long, trials)[0] == pytest.approx(a @ b / np.linalg.norm(a), abs=1e-6)


def test_published_names_mean_our_clips():
    clips = clips_of()
    ours = trial(1, "v1/r0.wav@4.00", "v1/r2.wav@0.00")
    published = trial(1, "v1/r0_4_8_4s.wav", "v1/r2_0_4_4s.wav")
    assert clip_scores(clips, published) == clip_scores(clips, ours)


def test_missing_clips_are_counted_named_and_placed():
    clips = clips_of()
    trials = Trials(np.array([True] * 2), ("v0/x.wav@0.00",) * 2, (clips.keys[0], "v9/y.wav"), source="list.csv")
    with pytest.raises(ConfigError, match=r"^list.csv: 2 of 3 clips .* no vector: v0/x.wav@0.00; v9/y.wav"):
        evaluate_clips(clips, trials, seed=0)


def test_trials_of_clips_that_failed_can_be_left_out():
    clips = clips_of()
    trials = trials_of(clips)
    gone = trials.path_a[0]
    kept = np.array(clips.keys) != gone
    fewer = ClipVectors(
        tuple(np.array(clips.keys)[kept]), clips.vectors[kept], clips.recordings[kept], clips.voices[kept], clips.model
    )
    left = known_trials(fewer, trials)
    concerned = np.array([gone in pair for pair in zip(trials.path_a, trials.path_b, strict=True)])
    assert len(left) == 300 - concerned.sum() < 300
    np.testing.assert_array_equal(left.labels, trials.labels[~concerned])
    np.testing.assert_array_equal(clip_scores(fewer, left), clip_scores(clips, trials)[~concerned])


def test_labels_that_contradict_the_voices_are_refused():
    clips = clips_of()
    with pytest.raises(ConfigError, match=r"list.csv: .* 1 trials contradict .* first 1: .* \(v0\), .* \(v1\)"):
        clip_scores(clips, trial(1, "v0/r0.wav@0.00", "v1/r0.wav@0.00"))


def test_unusable_vectors_are_named():
    clips = clips_of()
    for bad in (np.nan, np.inf, 0.0):
        vectors = clips.vectors.copy()
        vectors[5] = bad
        with pytest.raises(NotFiniteError, match=r"1 vectors are zero or not finite: v0/r1\.wav@8\.00"):
            evaluate_clips(replace(clips, vectors=vectors), trials_of(clips), seed=0)


def test_vectors_of_two_models_never_meet():
    clips = clips_of()
    other = replace(clips, model="model-2", keys=tuple(f"new/{key}" for key in clips.keys))
    with pytest.raises(ModelMismatchError, match=r"2 models .* model-1, model-2"):
        ClipVectors.concat(clips, other)
    with pytest.raises(ModelMismatchError, match=r"differ in length: \[6, 12\]"):
        ClipVectors.concat(clips, replace(other, model="model-1", vectors=other.vectors[:, :6]))
    both = ClipVectors.concat(clips, replace(other, model="model-1"))
    assert (len(both), both.vectors.shape, both.keys[96]) == (192, (192, 12), "new/v0/r0.wav@0.00")


def test_malformed_clips_are_refused():
    clips = clips_of()
    with pytest.raises(ConfigError, match=r"a clip has two vectors: v0/r0\.wav@0\.00"):
        ClipVectors.concat(clips, clips)
    with pytest.raises(ConfigError, match="96 keys"):
        replace(clips, voices=clips.voices[:-1])
    with pytest.raises(ConfigError, match="96 keys"):
        replace(clips, vectors=clips.vectors[:, 0])
    with pytest.raises(ConfigError, match="0 keys"):
        ClipVectors((), np.empty((0, 3)), np.array([]), np.array([]), "m")
    with pytest.raises(ConfigError, match="no clips to join"):
        ClipVectors.concat()
    with pytest.raises(ConfigError, match="set_size must be at least 2"):
        evaluate_clips(clips, trials_of(clips), seed=0, set_size=1)


def test_a_rank_that_cannot_be_had_is_left_out_with_its_reason():
    clips = clips_of(each=1)
    result = evaluate_clips(clips, trials_of(clips), seed=0, replicates=10, rank_trials=20)
    assert not [name for name in result if name.startswith("mnr_eq7")]
    assert "mnr_released_code" in result
    assert len(result["notes"]) == 1
    assert "mnr_eq7 is left out: no two clips belong together" in result["notes"][0]


def test_a_singer_of_one_clip_is_a_rival_but_never_a_query():
    clips = clips_of(each=1)
    alone = ClipVectors(
        ("v8/r0.wav@0.00",), np.ones((1, 12), np.float32), np.array(["v8/r0.wav"]), np.array(["v8"]), ""
    )
    both = ClipVectors.concat(clips, replace(alone, model=clips.model))
    result = evaluate_clips(both, trials_of(clips), seed=0, replicates=10, rank_trials=200)
    assert result["singers"] == 9
    assert result["mnr_released_code_set_size"] == 32 - 4 + 1 + 1


def test_one_singer_alone_cannot_be_evaluated():
    clips = clips_of(singers=1)
    with pytest.raises(ConfigError, match="one class is missing"):
        evaluate_clips(clips, trial(1, clips.keys[0], clips.keys[4]), seed=0)


def test_golden_figures():
    clips = ClipVectors(
        tuple(GOLDEN["keys"]),
        np.array(GOLDEN["vectors"]),
        np.array([key.partition("@")[0] for key in GOLDEN["keys"]]),
        np.array([key.partition("/")[0] for key in GOLDEN["keys"]]),
        "golden",
    )
    labels, path_a, path_b = zip(*GOLDEN["trials"], strict=True)
    trials = Trials(np.array(labels, dtype=bool), path_a, path_b)
    result = evaluate_clips(clips, trials, **GOLDEN["options"])
    expected = GOLDEN["expected"]
    assert result.pop("notes") == expected.pop("notes")
    assert result == pytest.approx(expected, abs=1e-9)
