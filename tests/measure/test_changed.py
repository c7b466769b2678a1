from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fake_embedder import FakeEmbedder
from singalike.audio.decode import decode
from singalike.audio.encode import write_audio
from singalike.audio.resample import resample
from singalike.corpus.accompaniments import Bands
from singalike.errors import ModelMismatchError, SilentError
from singalike.measure.changed import Changed, embed_changed
from singalike.measure.clips import embed_clips
from singalike.measure.conditions import Condition, conditions
from singalike.measure.data import read_data
from singalike.measure.results import save_arrays
from singalike.measure.trial_names import WHOLE, Cut
from singalike.model.hub import home

RATE_HZ = 22_050
LOUD = Condition("loud", lambda samples, sample_rate_hz, seed: 2 * samples, "twice")
SEEDED = Condition("seeded", lambda samples, sample_rate_hz, seed: samples + np.float32(seed % 97 + 1), "seed added")
BOTH = [LOUD, SEEDED]


def change(embedder: FakeEmbedder, root: Path, asked: list[Condition], *, cut: Cut = WHOLE, **options):
    """Return the clips under each condition; only their calls are counted."""
    recordings = read_data(root).recordings
    # Another embedder makes the clean clips, lest a call is counted or fails there.
    clips = embed_clips(FakeEmbedder(), recordings, cut, conditions=("native",)).clips["native"]
    return embed_changed(embedder, clips, recordings, cut, asked, **options)


def rows(found: dict[str, Changed]) -> dict[str, list[list[float]]]:
    return {name: sorted(one.vectors.tolist()) for name, one in found.items()}


def test_a_clip_is_changed_at_its_own_rate_and_embedded_at_the_models(make_voices):
    root, embedder, rates = make_voices(voices=2, takes=1, seconds=2.0), FakeEmbedder(sample_rate_hz=8000), []

    def half(samples: np.ndarray, sample_rate_hz: int, seed: int) -> np.ndarray:
        rates.append(sample_rate_hz)
        return samples[: len(samples) // 2]

    found = change(embedder, root, [Condition("half", half, "half")])["half"]
    assert rates == [RATE_HZ, RATE_HZ]
    assert found.heard.all()
    samples = decode(root / "voice1" / "take0.wav", sample_rate_hz=None).samples[:RATE_HZ]
    expected = FakeEmbedder(sample_rate_hz=8000).embed(
        resample(samples, from_hz=RATE_HZ, to_hz=8000), sample_rate_hz=8000
    )
    np.testing.assert_array_equal(found.vectors[1], expected)


def test_clips_of_a_recording_have_seeds_of_their_own(make_voices):
    root, seeds = make_voices(voices=2, takes=1, seconds=2.0), []
    note = Condition("note", lambda samples, rate, seed: seeds.append(seed) or samples, "note")
    cut = Cut(1.0, shorten_silences=False)
    change(FakeEmbedder(), root, [note], cut=cut)
    assert len(set(seeds)) == 4
    again, seeds[:] = list(seeds), []
    (root / "voice0" / "take0.wav").rename(root / "voice0" / "renamed.wav")
    change(FakeEmbedder(name="other"), root, [note], cut=cut)
    assert seeds == again  # they follow from the content


def test_what_is_embedded_once_is_kept_by_content(make_voices):
    root, embedder = make_voices(voices=2, takes=2, seconds=1.0), FakeEmbedder()
    first = change(embedder, root, BOTH)
    assert embedder.calls == 8
    (root / "voice0" / "take0.wav").rename(root / "voice0" / "renamed.wav")
    assert rows(change(embedder, root, BOTH)) == rows(first)
    assert embedder.calls == 8
    change(embedder, root, [LOUD, Condition("seeded", SEEDED.change, "from elsewhere")])
    assert embedder.calls == 12
    write_audio(root / "voice0" / "renamed.wav", np.sin(np.arange(30_000) / 9), sample_rate_hz=RATE_HZ)
    change(embedder, root, BOTH)
    assert embedder.calls == 14
    change(embedder, root, BOTH, cut=Cut(0.5, shorten_silences=False))
    assert embedder.calls == 14 + 2 * (2 * 4)


def test_an_interrupted_run_goes_on_where_it_stopped(make_voices):
    root, interrupted, resumed = make_voices(voices=2, takes=2, seconds=1.0), FakeEmbedder(), FakeEmbedder()

    def stop(number: int, samples: np.ndarray) -> None:
        if number == 6:
            raise KeyboardInterrupt

    interrupted.on_call = stop
    with pytest.raises(KeyboardInterrupt):
        change(interrupted, root, BOTH)
    found = change(resumed, root, BOTH)
    assert resumed.calls == 3  # five of eight were kept
    for file in list((home() / "vectors").rglob("*.npz")):
        file.unlink()
    assert rows(change(FakeEmbedder(), root, BOTH)) == rows(found)


@pytest.mark.parametrize("bad", ["error", "nan", "zero"])
def test_a_clip_that_fails_is_missing_there_only_and_tried_again(make_voices, bad):
    root, embedder = make_voices(voices=2, takes=1, seconds=1.0), FakeEmbedder()
    fine = embedder.embed

    def embed(samples: np.ndarray, *, sample_rate_hz: int) -> np.ndarray:
        vector = fine(samples, sample_rate_hz=sample_rate_hz)
        if embedder.calls > 1:
            return vector
        if bad == "error":
            raise SilentError("nothing in it")
        return vector * (np.nan if bad == "nan" else 0)

    embedder.embed = embed
    found = change(embedder, root, BOTH)
    assert found["loud"].heard.tolist() == [False, True]
    assert found["seeded"].heard.all()
    assert not found["loud"].vectors[0].any()
    assert found["loud"].why.startswith("voice0/take0.wav: ")
    assert found["seeded"].why == ""
    again = change(embedder, root, BOTH)
    assert (embedder.calls, again["loud"].why) == (5, "")
    assert again["loud"].heard.all()


def test_a_file_that_went_away_is_missing_everywhere(make_voices):
    root, embedder, seen = make_voices(voices=2, takes=1, seconds=1.0), FakeEmbedder(), []
    recordings = read_data(root).recordings
    clips = embed_clips(embedder, recordings, WHOLE, conditions=("native",)).clips["native"]
    (root / "voice0" / "take0.wav").unlink()
    (root / "voice1" / "take0.wav").write_bytes(b"not audio at all")
    found = embed_changed(embedder, clips, recordings, WHOLE, BOTH, progress=lambda *told: seen.append(told))
    assert not any(one.heard.any() for one in found.values())
    assert all(one.why.startswith("voice0/take0.wav: ") for one in found.values())
    assert seen == [(1, 2, "voice0/take0.wav"), (2, 2, "voice1/take0.wav")]


def test_a_damaged_file_of_the_cache_is_made_anew_and_another_models_is_refused(make_voices):
    root, embedder = make_voices(voices=1, takes=1, seconds=1.0), FakeEmbedder(name="other")
    first = change(embedder, root, [LOUD])
    files = (home() / "vectors").rglob("*.npz")
    (file,) = [path for path in files if str(np.load(path)["model"]) == embedder.fingerprint]
    file.write_bytes(file.read_bytes()[:100])
    assert rows(change(embedder, root, [LOUD])) == rows(first)
    assert embedder.calls == 2
    save_arrays(file, model=np.array("somebody else"), starts_seconds=np.zeros(1), vectors=np.ones((1, 32)))
    with pytest.raises(ModelMismatchError, match="another model"):
        change(embedder, root, [LOUD])


@pytest.mark.slow
def test_a_real_voice_survives_a_codec(shared_data):
    """The plumbing on real files: mp3 at 64 kbit/s leaves the shipped model's vectors nearly where they are."""
    from singalike.measure.embedders import find_embedder

    found = read_data(shared_data / "eval" / "gtsinger", reader="gtsinger-demo", kinds=["sung"]).recordings
    few = dict(list(found.items())[:3])
    model = find_embedder("default")
    clips = embed_clips(model, few, WHOLE, conditions=("native",)).clips["native"]
    changed = embed_changed(model, clips, few, WHOLE, conditions(["codec"], Bands()))
    assert changed["mp3 64 kbit/s"].heard.all()
    cosines = np.einsum("nd,nd->n", clips.vectors, changed["mp3 64 kbit/s"].vectors)
    assert (cosines > 0.8).all()
    assert (cosines < 0.99999).all()
