from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from singalike.augment import TRANSFORMS, Chain, Transform, build_chain  # noqa: E402
from singalike.augment.accompaniment import Accompaniment  # noqa: E402
from singalike.augment.circular_shift import CircularShift  # noqa: E402
from singalike.augment.coloured_noise import ColouredNoise  # noqa: E402
from singalike.augment.distortion import Distortion  # noqa: E402
from singalike.augment.equaliser import Equaliser  # noqa: E402
from singalike.augment.formant_shift import FormantShift  # noqa: E402
from singalike.augment.gain import Gain  # noqa: E402
from singalike.augment.noise import Noise  # noqa: E402
from singalike.augment.reverb import Reverb  # noqa: E402
from singalike.augment.time_mask import TimeMask  # noqa: E402
from singalike.augment.time_stretch import TimeStretch  # noqa: E402
from singalike.errors import ConfigError  # noqa: E402

RATE_HZ = 16_000


def _generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.fixture
def voices() -> torch.Tensor:
    time = torch.arange(RATE_HZ) / RATE_HZ
    return 0.3 * torch.stack([torch.sin(2 * torch.pi * hz * time) for hz in (200, 400, 800, 1600)])


def _all(probability: float) -> list[Transform]:
    pool = {"pool": 0.1 * torch.randn(3, RATE_HZ, generator=_generator())}
    return [
        make(probability=probability, **(pool if name == "accompaniment" else {})) for name, make in TRANSFORMS.items()
    ]


@pytest.mark.parametrize("index", range(len(TRANSFORMS)))
def test_a_draw_can_be_repeated_and_changes_only_the_chosen(voices: torch.Tensor, index: int) -> None:
    transform = _all(0.5)[index]
    draw = transform.draw(_generator(3), 4)
    draw["chosen"] = torch.tensor([True, False, True, False])
    changed = transform.apply(voices, draw, sample_rate_hz=RATE_HZ)
    assert torch.equal(changed, transform.apply(voices, draw, sample_rate_hz=RATE_HZ))
    assert changed.shape == voices.shape
    assert torch.isfinite(changed).all()
    assert torch.equal(changed[1::2], voices[1::2])
    assert not torch.equal(changed[::2], voices[::2])


def test_probability_is_the_share_of_chosen_items() -> None:
    chosen = Gain(probability=0.3).draw(_generator(), 4000)["chosen"]
    assert float(chosen.float().mean()) == pytest.approx(0.3, abs=0.03)


def test_gain_is_within_its_range(voices: torch.Tensor) -> None:
    gain = Gain(1.0)
    louder = gain.apply(voices, gain.draw(_generator(), 4), sample_rate_hz=RATE_HZ)
    gain_db = 20 * torch.log10(louder.abs().amax(-1) / voices.abs().amax(-1))
    assert ((gain_db <= 0) & (gain_db >= -6)).all()


def test_noise_has_the_drawn_deviation(voices: torch.Tensor) -> None:
    noise = Noise(1.0)
    draw = noise.draw(_generator(), 4)
    added = noise.apply(voices, draw, sample_rate_hz=RATE_HZ) - voices
    torch.testing.assert_close(added.std(-1), draw["amplitude"], rtol=0.05, atol=0)
    assert ((draw["amplitude"] >= 0.001) & (draw["amplitude"] <= 0.05)).all()


@pytest.mark.parametrize("slope", [0.0, 1.0, 2.0])
def test_coloured_noise_falls_as_drawn_and_lies_the_drawn_ratio_under_the_clip(slope: float) -> None:
    clip = torch.sin(2 * torch.pi * 440 * torch.arange(4 * RATE_HZ) / RATE_HZ)[None]
    noise = ColouredNoise(1.0)
    draw = noise.draw(_generator(), 1) | {"slope": torch.tensor([slope])}
    added = noise.apply(clip, draw, sample_rate_hz=RATE_HZ) - clip
    ratio_db = 10 * torch.log10(clip.square().mean() / added.square().mean())
    assert float(ratio_db) == pytest.approx(float(draw["ratio_db"]), abs=0.05)
    power = torch.fft.rfft(added[0]).abs().square()
    low, high = power[4 * 200 : 4 * 400].mean(), power[4 * 3200 : 4 * 6400].mean()  # four octaves apart
    assert float(10 * torch.log10(low / high)) == pytest.approx(10 * slope * 4 * 0.30103, abs=1.0)


def test_time_mask_is_one_stretch_of_at_most_an_eighth() -> None:
    ones = torch.ones(200, 800)
    mask = TimeMask(1.0)
    silent = mask.apply(ones, mask.draw(_generator(), 200), sample_rate_hz=RATE_HZ) == 0
    assert silent.sum(1).max() <= 100
    assert silent.sum(1).max() > 80
    assert (silent.int().diff(dim=1) == 1).sum(1).max() <= 1


def test_equaliser_keeps_tones_within_its_range_and_cuts_above_its_limit(voices: torch.Tensor) -> None:
    equaliser = Equaliser(1.0, max_db=6.0, band_limit=1.0, low_hz=1000.0, high_hz=1000.0)
    heard = equaliser.apply(voices, equaliser.draw(_generator(), 4), sample_rate_hz=RATE_HZ)
    middle = slice(RATE_HZ // 4, 3 * RATE_HZ // 4)
    gain_db = 20 * torch.log10(heard[:, middle].std(-1) / voices[:, middle].std(-1))
    assert (gain_db[:3].abs() <= 6.5).all()
    assert gain_db[3] < -50  # 1600 Hz is 0.68 octaves above the limit


def test_a_steep_limit_leaves_nothing_above_it_and_all_below(voices: torch.Tensor) -> None:
    slope, steep = (Equaliser(1.0, max_db=0.0, band_limit=1.0, low_hz=1000.0, high_hz=1000.0, steep=s) for s in (0, 1))
    draw = steep.draw(_generator(), 4)
    assert draw["steep"].all()
    assert not slope.draw(_generator(), 4)["steep"].any()
    heard = steep.apply(voices, draw, sample_rate_hz=RATE_HZ)
    middle = slice(RATE_HZ // 4, 3 * RATE_HZ // 4)
    power = torch.fft.rfft(heard[:, middle] * torch.hann_window(RATE_HZ // 2)).abs().square()
    above = power[:, 600:].sum(-1) / torch.fft.rfft(voices[:, middle]).abs().square().sum(-1)
    assert (10 * torch.log10(above) < -90).all()
    gain_db = 20 * torch.log10(heard[:3, middle].std(-1) / voices[:3, middle].std(-1))
    assert (gain_db.abs() < 0.1).all()


def test_a_circular_shift_keeps_every_sample() -> None:
    rows = torch.arange(400.0).repeat(5, 1)
    shift = CircularShift(1.0)
    moved = shift.apply(rows, shift.draw(_generator(), 5), sample_rate_hz=RATE_HZ)
    assert torch.equal(moved.sort(1).values, rows)
    assert ((moved.diff(dim=1) != 1).sum(1) <= 1).all()
    assert len({float(row[0]) for row in moved}) == 5


def test_distortion_adds_odd_overtones_and_keeps_the_level(voices: torch.Tensor) -> None:
    distortion = Distortion(1.0)
    draw = {"chosen": torch.ones(4, dtype=torch.bool), "drive_db": torch.full((4,), 20.0)}
    bent = distortion.apply(voices, draw, sample_rate_hz=RATE_HZ)
    torch.testing.assert_close(bent.square().mean(1), voices.square().mean(1), rtol=1e-4, atol=0)
    spectrum = torch.fft.rfft(bent[0]).abs()  # one second: a bin a hertz
    assert spectrum[600] > 0.1 * spectrum[200]
    assert spectrum[400] < 0.001 * spectrum[200]


@pytest.mark.parametrize(("speed", "low_note"), [(0.8, 0.5 / 0.8), (1.2, 0.5 / 1.2 + 1 - 1 / 1.2)])
def test_time_stretch_keeps_pitch_and_length(speed: float, low_note: float) -> None:
    """Half a second of 440 Hz, half of 660: how much of the clip is the first, and a faster clip begins again."""
    time = torch.arange(RATE_HZ) / RATE_HZ
    notes = torch.sin(2 * torch.pi * torch.where(time < 0.5, 440.0, 660.0) * time)
    stretch = TimeStretch(1.0, low=speed, high=speed)
    heard = stretch.apply(notes[None], stretch.draw(_generator(), 1), sample_rate_hz=RATE_HZ)[0]
    assert heard.shape == notes.shape
    power = torch.fft.rfft(heard).abs().square()
    at_440, at_660 = power[420:460].sum(), power[640:680].sum()
    assert float(at_440 / (at_440 + at_660)) == pytest.approx(low_note, abs=0.04)
    assert float((at_440 + at_660) / power.sum()) > 0.9


@pytest.mark.parametrize("ratio", [1.3, 1 / 1.3])
def test_formant_shift_moves_the_envelope_and_not_the_pitch(ratio: float) -> None:
    time = torch.arange(2 * RATE_HZ) / RATE_HZ
    overtones = torch.arange(1, 40) * 150.0
    levels = torch.exp(-(((overtones - 1500) / 250) ** 2)) + 0.01  # one formant
    voice = 0.1 * (levels[:, None] * torch.cos(2 * torch.pi * overtones[:, None] * time)).sum(0)
    draw = {"chosen": torch.ones(1, dtype=torch.bool), "ratio": torch.tensor([ratio])}
    heard = FormantShift(1.0).apply(voice[None], draw, sample_rate_hz=RATE_HZ)[0]
    power = torch.fft.rfft(heard).abs().square()
    hz = torch.arange(len(power)) / 2
    near = (hz > 300) & (hz < 3500)
    assert float((hz * power)[near].sum() / power[near].sum()) == pytest.approx(1500 * ratio, rel=0.06)
    off_pitch = (hz / 150 - (hz / 150).round()).abs() > 0.2
    assert float(power[near & off_pitch].sum() / power[near].sum()) < 0.05


def test_reverb_keeps_the_direct_sound_and_decays() -> None:
    click = torch.zeros(1, RATE_HZ)
    click[0, 100] = 1.0
    reverb = Reverb(1.0)
    draw = reverb.draw(_generator(), 1)
    draw["decay_seconds"][:] = 0.3
    wet = reverb.apply(click, draw, sample_rate_hz=RATE_HZ)[0]
    assert wet[:100].abs().max() < 1e-5
    assert wet[100] == pytest.approx(1.0, abs=1e-4)
    early, late = wet[101:1101].square().mean(), wet[101 + 4000 : 1101 + 4000].square().mean()
    assert 10 * torch.log10(early / late) == pytest.approx(60 * 4000 / (0.3 * RATE_HZ), abs=4)
    tail_db = 10 * torch.log10(wet[101:].square().sum())
    assert tail_db == pytest.approx(-float(draw["direct_db"]), abs=0.5)


def test_accompaniment_lies_the_drawn_ratio_under_the_voice(voices: torch.Tensor) -> None:
    transform = Accompaniment(torch.randn(3, 3 * RATE_HZ, generator=_generator()), 1.0, low_db=-6.0, high_db=6.0)
    draw = transform.draw(_generator(), 4)
    under = transform.apply(voices, draw, sample_rate_hz=RATE_HZ) - voices
    ratio_db = 20 * torch.log10(voices.square().mean(-1).sqrt() / under.square().mean(-1).sqrt())
    torch.testing.assert_close(ratio_db, draw["ratio_db"], atol=0.01, rtol=0)


def test_a_chain_is_its_parts_in_order(voices: torch.Tensor) -> None:
    chain = build_chain([("gain", {"probability": 1.0}), ("noise", {"probability": 1.0})])
    assert isinstance(chain, Chain)
    by_hand, generator = voices, _generator(1)
    for transform in chain.transforms:
        by_hand = transform.apply(by_hand, transform.draw(generator, 4), sample_rate_hz=RATE_HZ)
    assert torch.equal(chain(voices, _generator(1), sample_rate_hz=RATE_HZ), by_hand)


def test_unknown_parts_are_named() -> None:
    with pytest.raises(ConfigError, match="time-mask"):
        build_chain([("blur", {})])
    with pytest.raises(ConfigError, match="loudness"):
        build_chain([("gain", {"loudness": 3})])
