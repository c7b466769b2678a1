from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from singalike.corpus.recordings import Recording
from singalike.errors import ConfigError
from singalike.pairs import RULES, same_recording, same_singer


def _choir(voices: int = 9, sessions: int = 3, takes: int = 2) -> list[Recording]:
    return [
        Recording(path=Path(f"{v}-{s}-{t}.wav"), voice=f"v{v}", session=f"s{s}")
        for v in range(voices)
        for s in range(sessions)
        for t in range(takes)
    ]


@pytest.mark.parametrize("rule", sorted(RULES))
def test_a_plan_depends_on_its_arguments_alone(rule: str) -> None:
    first, again, other = (RULES[rule](_choir(), batch=4, steps=5, seed=1, epoch=epoch) for epoch in (2, 2, 3))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert first.shape[1:] == (4, 2)


def test_same_recording_shows_each_once() -> None:
    plan = same_recording(_choir(), batch=6, steps=None, seed=0, epoch=0)
    assert plan.shape == (9, 6, 2)
    assert np.array_equal(np.sort(plan[..., 0].ravel()), np.arange(54))
    assert np.array_equal(plan[..., 0], plan[..., 1])


def test_same_recording_takes_all_when_there_are_few() -> None:
    assert same_recording(_choir(2, 1, 1), batch=120, steps=None, seed=0, epoch=0).shape == (1, 2, 2)


def test_same_singer_pairs_two_sessions_and_never_repeats_a_voice_in_a_batch() -> None:
    recordings = _choir()
    plan = same_singer(recordings, batch=4, steps=50, seed=0, epoch=0)
    for batch in plan:
        voices = [recordings[i].voice for i in batch[:, 0]]
        assert len(set(voices)) == 4
        for a, b in batch:
            assert recordings[a].voice == recordings[b].voice
            assert recordings[a].session != recordings[b].session


def test_same_singer_takes_another_song_only_where_there_is_no_other_session() -> None:
    songs = [replace(recording, song=f"song{i % 3}") for i, recording in enumerate(_choir())]
    for a, b in same_singer(songs, batch=4, steps=50, seed=0, epoch=0).reshape(-1, 2):
        assert songs[a].session != songs[b].session
    one_session = [replace(recording, session="") for recording in songs]
    for a, b in same_singer(one_session, batch=4, steps=50, seed=0, epoch=0).reshape(-1, 2):
        assert one_session[a].song != one_session[b].song


def test_same_singer_draws_every_voice_equally_often() -> None:
    recordings = [*_choir(8, 1, 1), *_choir(1, 5, 5)]  # one voice has 26 recordings, the others one
    plan = same_singer(recordings, batch=4, steps=100, seed=0, epoch=0)
    drawn = np.array([recordings[i].voice for i in plan[..., 0].ravel()])
    _, counts = np.unique(drawn, return_counts=True)
    assert counts.min() == counts.max() == 50


def test_a_voice_with_one_recording_is_paired_with_itself() -> None:
    plan = same_singer(_choir(3, 1, 1), batch=3, steps=1, seed=0, epoch=0)
    assert np.array_equal(plan[..., 0], plan[..., 1])


@pytest.mark.parametrize("rule", sorted(RULES))
def test_too_little_to_pair(rule: str) -> None:
    with pytest.raises(ConfigError, match="at least two"):
        RULES[rule](_choir(1, 1, 1), batch=4, steps=None, seed=0, epoch=0)


def _singers_among_speakers(singing: int, speaking: int) -> list[Recording]:
    kinds = ["sung"] * singing + ["spoken"] * speaking
    return [Recording(path=Path(f"{v}.wav"), voice=f"v{v:02}", kind=kind) for v, kind in enumerate(kinds)]


def test_same_singer_gives_singers_their_share_of_each_batch() -> None:
    recordings = _singers_among_speakers(3, 40)
    plan = same_singer(recordings, batch=10, steps=60, seed=0, epoch=0, sung_share=0.2)
    singing = np.array([[recordings[i].kind == "sung" for i in batch[:, 0]] for batch in plan])
    assert (singing.sum(1) == 2).all()
    assert all(len(set(batch[:, 0])) == 10 for batch in plan)
    _, counts = np.unique(plan[..., 0][singing], return_counts=True)
    assert counts.tolist() == [40, 40, 40]


@pytest.mark.parametrize(
    ("singing", "speaking", "share", "expected"),
    [(2, 40, 0.5, 2), (9, 2, 0.2, 6), (0, 9, 0.5, 0), (9, 0, 0.5, 8), (4, 9, 0.05, None)],
    ids=["few sing", "few speak", "nobody sings", "all sing", "too small a share"],
)
def test_same_singer_takes_what_there_is(singing: int, speaking: int, share: float, expected: int | None) -> None:
    recordings = _singers_among_speakers(singing, speaking)
    plan = same_singer(recordings, batch=8, steps=5, seed=0, epoch=0, sung_share=share)
    assert plan.shape == (5, 8, 2)
    assert all(len(set(batch[:, 0])) == 8 for batch in plan)
    if expected is None:
        assert np.array_equal(plan, same_singer(recordings, batch=8, steps=5, seed=0, epoch=0))
    else:
        assert all(sum(recordings[i].kind == "sung" for i in batch[:, 0]) == expected for batch in plan)


@pytest.mark.parametrize("share", [1.0, -0.1])
def test_same_singer_refuses_what_is_no_share(share: float) -> None:
    with pytest.raises(ConfigError, match="at least 0 and less than 1"):
        same_singer(_singers_among_speakers(4, 9), batch=8, steps=2, seed=0, epoch=0, sung_share=share)
