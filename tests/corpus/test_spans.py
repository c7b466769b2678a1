from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from singalike.corpus.recordings import Recording
from singalike.corpus.spans import Span, clip_starts, read_spans, spans, write_spans
from singalike.errors import ConfigError

RATE_HZ = 1000


def _noise(seconds: float) -> np.ndarray:
    return np.random.default_rng(0).normal(0, 0.1, round(seconds * RATE_HZ)).astype(np.float32)


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(4.0, [0]), (7.999, [0]), (8.0, [0, 4000]), (13.5, [0, 4000, 8000]), (2.5, [0]), (0.001, [0])],
)
def test_clips_lie_end_to_end_and_a_short_piece_counts_only_alone(seconds, expected):
    samples = _noise(seconds)
    starts = clip_starts(samples, sample_rate_hz=RATE_HZ, clip_seconds=4.0)
    assert starts.dtype == np.int64
    assert starts.tolist() == expected
    as_kept = np.round(samples * 32_767).astype(np.int16)
    assert clip_starts(as_kept, sample_rate_hz=RATE_HZ, clip_seconds=4.0).tolist() == expected


def test_clips_without_sound_are_left_out():
    samples = _noise(16.0)
    samples[4000:8000] = 0.0
    samples[12_500:] = 0.0  # 0.5 s of 4 s sound: less than a fifth
    assert clip_starts(samples, sample_rate_hz=RATE_HZ, clip_seconds=4.0).tolist() == [0, 8000]


@pytest.mark.parametrize("samples", [np.zeros(9000, np.int16), np.zeros(0, np.int16)])
def test_silence_has_no_clips(samples):
    assert clip_starts(samples, sample_rate_hz=RATE_HZ, clip_seconds=4.0).shape == (0,)


@pytest.mark.parametrize("seconds", [0.0, -1.0, 1e-5, float("nan"), float("inf")])
def test_a_clip_has_a_length(seconds):
    with pytest.raises(ConfigError, match="a clip cannot be"):
        clip_starts(_noise(5), sample_rate_hz=RATE_HZ, clip_seconds=seconds)


def test_a_clip_whose_length_is_no_whole_number_of_samples_keeps_to_the_grid():
    rate_hz, samples = 44_100, np.ones(44_100, np.int16)
    starts = clip_starts(samples, sample_rate_hz=rate_hz, clip_seconds=0.33333)
    found = spans(Recording(Path("a.wav"), "ann"), samples, sample_rate_hz=rate_hz, clip_seconds=0.33333)
    assert starts.tolist() == [0, 14_700, 29_400]
    assert [round(span.start_seconds * rate_hz) for span in found] == starts.tolist()
    assert {round(span.seconds * rate_hz) for span in found} == {14_700}


def test_spans_carry_the_recording_and_stay_inside_it():
    recording = Recording(Path("a.wav"), "ann", split="test")
    assert spans(recording, _noise(9), sample_rate_hz=RATE_HZ, clip_seconds=4.0) == [
        Span(Path("a.wav"), "ann", "test", 0.0, 4.0),
        Span(Path("a.wav"), "ann", "test", 4.0, 4.0),
    ]
    (short,) = spans(recording, _noise(2.5), sample_rate_hz=RATE_HZ, clip_seconds=4.0)
    assert (short.start_seconds, short.seconds) == (0.0, 2.5)


def test_the_table_is_read_back_and_moves_with_its_files(tmp_path):
    written = [
        Span(tmp_path / "set" / "ann" / 'a, "b"\n.wav', "ann, é", "train", 0.0, 4.0),
        Span(tmp_path / "elsewhere" / "c.wav", "bea", "", 1 / 3, 2.1756),
    ]
    write_spans(written, tmp_path / "set" / "spans.csv")
    assert read_spans(tmp_path / "set" / "spans.csv") == written
    (tmp_path / "set").rename(tmp_path / "moved")
    moved = read_spans(tmp_path / "moved" / "spans.csv")
    assert [span.path for span in moved] == [tmp_path / "moved" / "ann" / 'a, "b"\n.wav', written[1].path]


def test_a_table_that_cannot_be_read_says_why(tmp_path):
    table = tmp_path / "spans.csv"
    with pytest.raises(ConfigError, match="no such table"):
        read_spans(table)
    table.write_text("path,voice\n")
    with pytest.raises(ConfigError, match="no column split and start_seconds and seconds"):
        read_spans(table)
    for row in ("a.wav,ann,train,soon,4.0", "a.wav,ann"):
        table.write_text(f"path,voice,split,start_seconds,seconds\n{row}\n")
        with pytest.raises(ConfigError, match="row 2"):
            read_spans(table)
