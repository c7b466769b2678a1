from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from singalike.corpus.readers import gtsinger_demo
from singalike.corpus.recordings import Recording
from singalike.errors import ConfigError
from singalike.evaluate import drawing
from singalike.evaluate.drawing import draw_trials
from singalike.evaluate.trials import Trials, read_trials, write_trials


def choir(n_voices: int = 6, n_sessions: int = 3, takes: int = 2) -> list[Recording]:
    return [
        Recording(Path(f"/data/v{v}/s{s}/{t}.wav"), voice=f"v{v}", session=f"s{s}", song=f"song {s}")
        for v in range(n_voices)
        for s in range(n_sessions)
        for t in range(takes)
    ]


def voice(path: str) -> str:
    return path.split("/")[2]


def session(path: str) -> str:
    return path.split("/")[3]


def test_drawn_trials_keep_every_rule():
    group = {f"v{v}": "odd" if v % 2 else "even" for v in range(6)}
    trials = draw_trials(choir(), 60, 0, cross="session", match=group)
    assert len(trials) == 60
    assert trials.labels.sum() == 30
    for label, a, b in zip(trials.labels, trials.path_a, trials.path_b, strict=True):
        assert label == (voice(a) == voice(b))
        if label:
            assert session(a) != session(b)
        else:
            assert group[voice(a)] == group[voice(b)]
    assert len({frozenset(pair) for pair in zip(trials.path_a, trials.path_b, strict=True)}) == 60


@pytest.mark.parametrize("cross", [None, "session", "song"])
def test_all_pairs_are_drawn_when_all_are_asked_for(cross):
    trials = draw_trials(choir(), 100_000, 0, cross=cross)
    same_voice = 6 * (15 if cross is None else 12)  # of 6 recordings; 3 pairs share a session
    assert trials.labels.sum() == same_voice
    assert (~trials.labels).sum() == 15 * 36


def test_where_targets_are_few_the_others_fill_up():
    trials = draw_trials(choir(), 400, 0, cross="session")
    assert (len(trials), trials.labels.sum()) == (400, 72)


def test_pairs_have_equal_chances():
    recordings = [Recording(Path(f"/d/{v}/{n}"), voice=v) for v, size in (("a", 4), ("b", 2)) for n in range(size)]
    seen = Counter()
    for seed in range(700):
        trials = draw_trials(recordings, 2, seed)
        seen[trials.path_a[0], trials.path_b[0]] += 1
    assert len(seen) == 7
    assert 60 < min(seen.values()) <= max(seen.values()) < 140


def test_a_seed_means_the_same_trials_whatever_the_order_of_the_table():
    recordings = choir()
    first = draw_trials(recordings, 50, 7, cross="song")
    assert draw_trials(recordings[::-1], 50, 7, cross="song").sha256 == first.sha256
    assert draw_trials(recordings, 50, 8, cross="song").sha256 != first.sha256


def test_a_recording_is_tried_with_itself_only_when_asked():
    recordings = choir(n_sessions=1)
    for allowed in (False, True):
        trials = draw_trials(recordings, 10_000, 0, allow_identical=allowed)
        identical = sum(a == b for a, b in zip(trials.path_a, trials.path_b, strict=True))
        assert identical == (len(recordings) if allowed else 0)
        assert trials.labels.sum() == 6 + identical


def test_large_tables_are_drawn_from_without_listing_all_pairs():
    recordings = [Recording(Path(f"/d/{n}"), voice=str(n // 2)) for n in range(6000)]  # 18 million pairs
    trials = draw_trials(recordings, 1000, 0)
    assert (len(trials), trials.labels.sum()) == (1000, 500)


def test_what_cannot_be_drawn_is_an_error():
    with pytest.raises(ConfigError, match="12 recordings have no session"):
        draw_trials([Recording(r.path, r.voice) for r in choir(2)], 10, 0, cross="session")
    with pytest.raises(ConfigError, match="no group to match: /data/v1/"):
        draw_trials(choir(2), 10, 0, match={"v0": "low"})
    with pytest.raises(ConfigError, match="no pair of two voices"):
        draw_trials(choir(1), 10, 0)
    with pytest.raises(ConfigError, match="no pair of one voice"):
        draw_trials(choir(3, n_sessions=1), 10, 0, cross="session")
    with pytest.raises(ConfigError, match="no pair of one voice"):
        draw_trials(choir(3, n_sessions=1, takes=1), 10, 0)
    with pytest.raises(ConfigError, match="no pair of two voices"):
        draw_trials(choir(3), 10, 0, match={"v0": "a", "v1": "b", "v2": "c"})


def test_that_nothing_can_be_drawn_is_seen_before_all_pairs_are(monkeypatch):
    monkeypatch.setattr(drawing, "_pairs", lambda *_, **__: pytest.fail("it began to draw"))
    with pytest.raises(ConfigError, match="no pair of two voices"):
        draw_trials([Recording(Path(f"/d/{n}"), voice="only") for n in range(3000)], 1000, 0)


def test_a_voice_of_one_recording_is_drawn_for_others_only():
    recordings = [*choir(2, n_sessions=1), Recording(Path("/data/v2/s0/0.wav"), voice="v2")]
    trials = draw_trials(recordings, 100, 0)
    pairs = zip(trials.labels, trials.path_a, trials.path_b, strict=True)
    alone = [label for label, a, b in pairs if "v2" in (voice(a), voice(b))]
    assert alone == [False] * 4


def test_written_trials_are_read_back_with_how_they_were_drawn(tmp_path):
    trials = draw_trials(choir(), 40, 3, cross="song", root=Path("/data"))
    assert not any(Path(path).is_absolute() for path in trials.paths)
    write_trials(trials, tmp_path / "lists" / "trials.csv")
    again = read_trials(tmp_path / "lists" / "trials.csv")
    assert again.drawn == {"seed": 3, "cross": "song", "match": False, "asked": 40}
    assert (again.path_a, again.path_b, again.sha256) == (trials.path_a, trials.path_b, trials.sha256)
    np.testing.assert_array_equal(again.labels, trials.labels)
    assert [path.name for path in (tmp_path / "lists").iterdir()] == ["trials.csv"]
    assert again.source == str(tmp_path / "lists" / "trials.csv")


def test_names_with_commas_and_quotes_survive(tmp_path):
    trials = Trials(np.array([True]), ('a, "b"/1.wav',), ("é/ 2.wav",))
    write_trials(trials, tmp_path / "t.csv")
    assert read_trials(tmp_path / "t.csv").path_a == trials.path_a
    assert read_trials(tmp_path / "t.csv").path_b == trials.path_b


def test_published_lists_are_read_as_they_are(tmp_path):
    (tmp_path / "m4singer.csv").write_text("1,Alto-1/a.wav,Alto-1/b.wav\n0,Alto-1/a.wav,Alto-11/c.wav\n")
    trials = read_trials(tmp_path / "m4singer.csv")
    assert trials.labels.tolist() == [True, False]
    assert trials.path_a == ("Alto-1/a.wav", "Alto-1/a.wav")
    assert trials.path_b == ("Alto-1/b.wav", "Alto-11/c.wav")


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("", "no trials"),
        ("label,path_a,path_b\n", "no trials"),
        ("label,path_a,path_b\n1,a,b\nyes,a,b\n", "row 3"),
        ("1,a\n", "row 1"),
        ("1,a,b\n1,c,c\n1,d,d\n", r"row 2 tries a recording with itself: c \(2 such rows\)"),
        ('# {"format": "singalike-trials", "version": 99}\n1,a,b\n', "version 1 or older"),
        ('# {"format": "something", "version": 1}\n1,a,b\n', "format singalike-trials"),
        ("# {broken\n1,a,b\n", "not JSON"),
        ('# {"format": "singalike-trials", "version": 1, "sha256": "0"}\n1,a,b\n', "checksum"),
    ],
)
def test_broken_lists_are_refused(tmp_path, text, match):
    (tmp_path / "trials.csv").write_text(text)
    with pytest.raises(ConfigError, match=match):
        read_trials(tmp_path / "trials.csv")


def test_identical_clips_in_a_list_need_permission(tmp_path):
    (tmp_path / "trials.csv").write_text("1,c,c\n")
    assert len(read_trials(tmp_path / "trials.csv", allow_identical=True)) == 1


def test_a_missing_list_is_an_error(tmp_path):
    with pytest.raises(ConfigError, match="cannot read"):
        read_trials(tmp_path / "none.csv")


@pytest.mark.shared
def test_gtsingers_list_agrees_with_its_clips(shared_data):
    root = shared_data / "eval" / "gtsinger"
    trials = read_trials(root / "trials.csv")
    clips = {r.path.relative_to(root).as_posix(): r for r in gtsinger_demo.read(root, kinds={"sung"})}
    assert (len(trials), trials.labels.sum()) == (546, 273)
    for label, a, b in zip(trials.labels, trials.path_a, trials.path_b, strict=True):
        assert label == (clips[a].voice == clips[b].voice)
        assert not label or clips[a].song != clips[b].song
    drawn = draw_trials(list(clips.values()), 10_000, 0, cross="song", root=root)
    targets = {frozenset(pair) for pair in zip(drawn.path_a[:273], drawn.path_b[:273], strict=True)}
    assert targets == {frozenset(pair) for pair in zip(trials.path_a[:273], trials.path_b[:273], strict=True)}
