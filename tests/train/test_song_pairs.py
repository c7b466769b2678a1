"""Crops of songs against what was put into them: parts of which every stretch tells where it is from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from singalike.corpus.segments import SOURCES, Segments, SongSamples, cut  # noqa: E402
from singalike.corpus.songs import Song  # noqa: E402
from singalike.pairs.song_plan import plan_of  # noqa: E402
from singalike.train.song_pairs import SongPairs  # noqa: E402

MIXTURE, VOCALS, DRUMS = (SOURCES.index(name) for name in ("mixture", "vocals", "drums"))
LENGTH, CROP = 400, 100


@pytest.fixture
def segments(tmp_path: Path) -> Segments:
    """Three songs of two segments. Song 2 has drums in its second segment only, and a band in its first only."""
    songs = []
    for number, voice in enumerate(("ann", "bea", "cid")):
        rng = np.random.default_rng(number)
        vocals, band, drums = (np.round(2000 * rng.standard_normal(2 * LENGTH)) for _ in range(3))
        if number == 2:
            drums[:LENGTH] = 0
            band[LENGTH:] = np.sign(band[LENGTH:])  # rounding noise
        stems = {"mixture": vocals + band, "vocals": vocals, "drums": drums}
        paths = {name: tmp_path / f"{number}-{name}.npy" for name in stems}
        for name, samples in stems.items():
            np.save(paths[name], samples.astype(np.int16))
        songs.append(SongSamples(Song(str(number), voice, paths), paths))
    return cut(songs, length=LENGTH)


def _pairs(
    segments: Segments, rows: list[list[int]], sources: tuple[int, int] = (MIXTURE, VOCALS), *,
    under: list[list[int]] | None = None, known: np.ndarray | None = None, steps: int = 1, **changes: Any,
) -> SongPairs:  # fmt: skip
    """Return batches of rows (anchor, positive), the same in each of the steps."""
    anchor, positive = np.repeat(np.array(rows)[None], steps, 0).transpose(2, 0, 1)
    laid = None if under is None else np.repeat(np.array(under), steps, 0)
    plan = plan_of(anchor, positive, sources, under=laid, known=known)
    return SongPairs(segments, plan, **{"crop": CROP, "seed": 3, "epoch": 0, **changes})


def _unit(segments: Segments, segment: int, source: str) -> np.ndarray:
    samples = segments.read(segment, source).astype(np.float64)
    return samples / np.sqrt((samples**2).sum())


def _place(crop: np.ndarray, *parts: np.ndarray) -> tuple[int, np.ndarray]:
    """Return the only place in a segment where a crop is a weighted sum of parts, and the weights."""
    windows = np.lib.stride_tricks.sliding_window_view(np.stack(parts), CROP, axis=1).transpose(1, 0, 2)
    weights = np.linalg.solve(windows @ windows.transpose(0, 2, 1), (windows @ crop)[..., None])[..., 0]
    fits = np.abs((weights[:, None] @ windows)[:, 0] - crop).max(1) < 1e-6
    assert fits.sum() == 1
    return int(fits.argmax()), weights[fits.argmax()]


@pytest.mark.parametrize("changed", [{"seed": 4}, {"epoch": 1}])
def test_a_batch_is_a_function_of_seed_epoch_and_step(segments: Segments, changed: dict[str, Any]) -> None:
    given: dict[str, Any] = {"rows": [[0, 0], [2, 2]], "sources": (VOCALS, VOCALS), "under": [[2, 5]], "steps": 3}
    batch, again = _pairs(segments, **given)[1], _pairs(segments, **given)[1]
    assert all(torch.equal(batch[key], again[key]) for key in batch)
    for other in (_pairs(segments, **given)[2], _pairs(segments, **given, **changed)[1]):
        assert not torch.equal(batch["waveforms"], other["waveforms"])
        assert batch["draw"] != other["draw"]


@pytest.mark.parametrize("processes", [2, 3])
def test_processes_read_the_batch_of_one(segments: Segments, processes: int) -> None:
    rows = [[i % 6, (i + 1) % 6] for i in range(6)]
    given: dict[str, Any] = {"sources": (VOCALS, DRUMS), "under": [[1, 2, 3, 0, 5, 2]]}
    whole = _pairs(segments, rows, **given)[0]
    shares = [_pairs(segments, rows, **given, share=(rank, processes))[0] for rank in range(processes)]
    assert torch.equal(torch.cat([share["waveforms"] for share in shares], 1), whole["waveforms"])
    for key in ("voice", "present"):
        assert torch.equal(torch.cat([share[key] for share in shares]), whole[key])
    assert len({int(share["draw"]) for share in shares}) == processes


def test_sides_are_of_unit_norm_over_the_segment_and_cut_at_places_of_their_own(segments: Segments) -> None:
    batch = _pairs(segments, [[0, 1]] * 40)[0]
    assert batch["waveforms"].shape == (2, 40, CROP)
    assert batch["waveforms"].dtype == torch.float32
    places = []
    for anchor, positive in zip(*batch["waveforms"].double().numpy(), strict=True):
        start, weight = _place(anchor, _unit(segments, 0, "mixture"))
        other, weight2 = _place(positive, _unit(segments, 1, "vocals"))
        assert weight == pytest.approx(1.0, abs=1e-5)
        assert weight2 == pytest.approx(1.0, abs=1e-5)
        places.append((start, other))
    starts, others = np.array(places).T
    assert len(set(places)) > 35
    assert abs(np.corrcoef(starts, others)[0, 1]) < 0.5
    for column in (starts, others):  # from all over the segment
        assert column.min() < 40
        assert column.max() > LENGTH - CROP - 40


@pytest.mark.parametrize("law", ["square", "root"])
def test_an_artificial_mixture_is_both_parts_of_one_place_by_the_law(segments: Segments, law: Any) -> None:
    batch = _pairs(segments, [[0, 0]] * 60, (VOCALS, VOCALS), under=[[3] * 60], law=law)[0]
    drawn = []
    for crop in batch["waveforms"][0].double().numpy():
        _, (w, v) = _place(crop, _unit(segments, 3, "accompaniment"), _unit(segments, 0, "vocals"))
        assert v == pytest.approx(1 - w**2 if law == "square" else np.sqrt(1 - w**2), abs=1e-4)
        drawn.append(w)
    assert 0.6 <= min(drawn) < 0.62  # w ~ U(0.6, 0.8)
    assert 0.78 < max(drawn) <= 0.8
    assert np.mean(drawn) == pytest.approx(0.7, abs=0.03)


def test_an_own_accompaniment_that_pauses_is_silence_not_amplified_noise(segments: Segments) -> None:
    assert not segments.active[5, SOURCES.index("accompaniment")]
    crop = _pairs(segments, [[5, 5]], (VOCALS, VOCALS), under=[[5]])[0]["waveforms"][0, 0].double().numpy()
    assert _place(crop, _unit(segments, 5, "vocals"))[1] == pytest.approx(1.0, abs=1e-5)


def test_an_absent_positive_is_digital_silence_and_is_said_to_be_absent(segments: Segments) -> None:
    batch = _pairs(segments, [[4, 4], [5, 5], [0, 4]], (MIXTURE, DRUMS))[0]
    assert batch["present"].tolist() == [False, True, False]
    sounding = batch["waveforms"].abs().amax(-1) > 0
    assert sounding.tolist() == [[True, True, True], [False, True, False]]


def test_a_degraded_source_holds_so_much_of_the_mixture(segments: Segments) -> None:
    batch = _pairs(segments, [[0, 0], [4, 4]], (MIXTURE, DRUMS), bleed_db=-6.0)[0]
    anchor, positive = batch["waveforms"][:, 0].double().numpy()
    assert _place(anchor, _unit(segments, 0, "mixture"))[1] == pytest.approx(1.0, abs=1e-5)
    _, (source, bleed) = _place(positive, _unit(segments, 0, "drums"), _unit(segments, 0, "mixture"))
    assert 20 * np.log10(bleed / source) == pytest.approx(-6.0, abs=1e-3)
    whole = source * _unit(segments, 0, "drums") + bleed * _unit(segments, 0, "mixture")
    assert np.linalg.norm(whole) == pytest.approx(1.0, abs=1e-5)
    assert not batch["waveforms"][1, 1].any()  # what is absent stays so


def test_a_label_that_may_not_be_used_is_none(segments: Segments) -> None:
    known = np.array([[True, False, True]])
    assert _pairs(segments, [[0, 1], [0, 0], [5, 4]], known=known)[0]["voice"].tolist() == [0, -1, 2]


def test_past_the_end_and_past_the_segment(segments: Segments) -> None:
    pairs = _pairs(segments, [[0, 0]], steps=2)
    assert len(pairs) == 2
    with pytest.raises(IndexError):
        pairs[2]
    with pytest.raises(ValueError, match="401 samples does not fit a segment of 400"):
        _pairs(segments, [[0, 0]], crop=LENGTH + 1)
    whole = _pairs(segments, [[0, 0]], crop=LENGTH)[0]["waveforms"][0, 0]
    np.testing.assert_allclose(whole.numpy(), _unit(segments, 0, "mixture"), atol=1e-7)
