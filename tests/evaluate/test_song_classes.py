from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from singalike.errors import ConfigError
from singalike.evaluate import song_classes
from singalike.evaluate.classifier import window_logits
from singalike.evaluate.parts import PARTS, TEST, deal_parts
from song_windows import windows_of


def pieces():
    """Twelve artists of three genres; an artist's pieces are alike."""
    drawn = windows_of(12, 3, 7, spread=1.0)
    genres = np.array(["rock", "jazz", "folk"])[[int(name[1:]) % 3 for name in drawn.artists]]
    drawn.vectors[:, :3] += 8 * np.eye(3)[np.unique(genres, return_inverse=True)[1]]
    parts = np.array(PARTS)[deal_parts(drawn.artists, genres, seed=0)]
    return drawn.vectors, drawn.songs, drawn.artists, genres, parts


@pytest.mark.parametrize("kind", ["GENRE", "INSTRUMENT"])
def test_classes_are_named_better_from_more_windows(kind):
    training = replace(getattr(song_classes, kind), learning_rate=0.01)
    result = song_classes.evaluate(*pieces(), seed=0, training=training, replicates=50)
    assert list(result) == ["1 s", "2 s", "5 s", "song"]
    assert [found["items"] for found in result.values()] == [63, 27, 9, 9]  # three artists are tested
    assert 0.6 < result["1 s"]["accuracy"] <= result["song"]["accuracy"]
    for found in result.values():
        assert found["accuracy_low"] <= found["accuracy"] <= found["accuracy_high"]
        assert (found["chance"], found["songs"], found["classes"]) == (pytest.approx(1 / 3), 36, 3)
    json.dumps(result)


def test_the_score_of_a_song_is_the_mean_of_its_windows():
    vectors, songs, artists, genres, _ = pieces()
    training = replace(song_classes.INSTRUMENT, max_epochs=2)
    result = song_classes.evaluate(*pieces(), seed=4, training=training, replicates=10)["song"]["accuracy"]
    names, truth = np.unique(genres, return_inverse=True)
    part = deal_parts(artists, genres, seed=0)
    logits = window_logits(vectors, truth, part, outputs=3, seed=4, training=training)
    right = [names[logits[songs == s].mean(axis=0).argmax()] == genres[songs == s][0] for s in set(songs[part == TEST])]
    assert result == pytest.approx(np.mean(right))


def test_the_published_trainings():
    assert (song_classes.GENRE.hidden, song_classes.GENRE.learning_rate) == (0, 5e-4)
    assert (song_classes.INSTRUMENT.hidden, song_classes.INSTRUMENT.learning_rate) == (512, 3e-4)
    for training in (song_classes.GENRE, song_classes.INSTRUMENT):
        assert (training.batch_size, training.max_epochs, training.patience) == (128, 50, 5)


def test_bad_parts_are_refused():
    vectors, songs, artists, genres, parts = pieces()
    training = song_classes.GENRE
    without_folk = np.where((parts == "test") & (genres == "folk"), "train", parts)
    torn = np.where(np.arange(len(parts)) == 0, "test" if parts[0] != "test" else "train", parts)
    unchosen = np.where(parts == "validation", "train", parts)
    for bad, match in (
        (without_folk, "the test part has no folk"),
        (torn, "a0/s0: two parts"),
        (unchosen, "nothing is in the validation part"),
    ):
        with pytest.raises(ConfigError, match=match):
            song_classes.evaluate(vectors, songs, artists, genres, bad, seed=0, training=training)
