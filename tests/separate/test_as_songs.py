"""What ``separate`` leaves is a collection of songs that one can train on, whether of two stems or of four."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
from toys import Toy

from singalike.audio.choir import melody, singer, song
from singalike.corpus.songs import STEMS, read_songs
from singalike.separate.batch import separate_all
from singalike.separate.ready import find_stems

RATE_HZ = 16_000
FOUR = ("drums", "bass", "vocals", "other")
TWO = ("vocals", "accompaniment")
SMALL = [
    "batch_size=3", "steps_per_epoch=1", "max_epochs=1", "crop_seconds=1.0", "songs.segment_seconds=1.5",
    "encoder={name: tdnn, width: 16, aggregate: 16, dimension: 16}", "projection=8", "data.validation_share=0.5",
]  # fmt: skip


@pytest.fixture(scope="module")
def music(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four virtual singers, a song each, in stereo: ``<singer>/song.wav``."""
    folder = tmp_path_factory.mktemp("music")
    for who in range(4):
        made = song(singer(who), melody(who, seconds=3.0), seed=who, sample_rate_hz=RATE_HZ)
        (folder / f"singer{who}").mkdir()
        stereo = np.stack([made.vocals, made.accompaniment], axis=1)
        soundfile.write(folder / f"singer{who}" / "song.wav", 0.7 * stereo, RATE_HZ, subtype="FLOAT")
    return folder


def _separate(music: Path, out: Path, stems: tuple[str, ...], **options: str) -> Path:
    for artist in sorted(music.iterdir()):
        batch = separate_all(sorted(artist.iterdir()), Toy(0.25, stems=stems), out / artist.name, **options)
        assert not batch.failed
    return out


@pytest.mark.parametrize("stems", [TWO, FOUR], ids=["two", "four"])
@pytest.mark.parametrize(("format", "tolerance"), [("float", 1e-4), ("flac", 1.3e-4)])  # flac: rounded twice
def test_stems_are_read_as_songs_which_add_up_to_the_originals(music, tmp_path, stems, format, tolerance):
    pytest.importorskip("lightning")
    from singalike.train.prepare_songs import prepare_songs
    from singalike.train.recipe import load_recipe

    out = _separate(music, tmp_path / "stems", stems, format=format)
    assert [(one.name, one.voice, set(one.files)) for one in read_songs(out)] == [
        (f"singer{who}/song", f"singer{who}", set(stems)) for who in range(4)
    ]
    recipe = load_recipe("cola", SMALL)
    assert recipe.songs is not None
    prepared = prepare_songs(recipe, recipe.songs, out, sample_rate_hz=RATE_HZ, progress=lambda *_: None)
    assert not prepared.failed
    for part in (prepared.train, prepared.validation):
        wanted = ("mixture", *(name for name in STEMS if name in {*TWO, *stems}))
        assert set(part.where(*wanted)) == set(range(len(part)))
        for place, one in enumerate(part.songs):
            original, _ = soundfile.read(music / f"{one.song.name}.wav")
            mono = original.mean(1) - original.mean()
            start = int(part.start[np.flatnonzero(part.song == place)[-1]])
            heard = {name: one.read(name, start, part.length) for name in wanted}
            np.testing.assert_allclose(heard["mixture"], mono[start : start + part.length], atol=tolerance)
            np.testing.assert_allclose(heard["vocals"] + heard["accompaniment"], heard["mixture"], atol=1e-4)
            ready = find_stems(out / one.song.name).read(offset_seconds=start / RATE_HZ, seconds=1.5)
            for name in ("vocals", "accompaniment"):
                mean = ready[name].mean(0)
                np.testing.assert_allclose(heard[name] - heard[name].mean(), mean - mean.mean(), atol=1e-4)


@pytest.mark.parametrize(("stems", "recipe"), [(TWO, "cvsm-hybrid"), (FOUR, "mscol"), (FOUR, "cvsm-label-informed")])
def test_a_recipe_trains_on_them(music, tmp_path, stems, recipe):
    pytest.importorskip("lightning")
    from singalike.train.run import train

    out = _separate(music, tmp_path / "stems", stems)
    run = train(recipe, data=out, out=tmp_path / "run", overrides=SMALL)
    described = json.loads((run / "data.json").read_text())
    assert (described["train"]["songs"], described["validation"]["songs"], described["failed"]) == (2, 2, [])
    assert "val/eer" in (run / "log.txt").read_text()
