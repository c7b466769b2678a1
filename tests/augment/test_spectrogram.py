from __future__ import annotations

import math

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from torch import Tensor  # noqa: E402

from singalike.augment import Chain, Transform  # noqa: E402
from singalike.augment.spectrogram import (  # noqa: E402
    PATCH_TRANSFORMS,
    FrequencyMasks,
    ShiftDown,
    TimeMasks,
    TimeWarp,
)
from singalike.features import LogMel, preset, set_level  # noqa: E402

RATE_HZ = 16_000
FLOOR = math.log(1e-5)


def _generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def _patches(items: int = 6, bands: int = 64, frames: int = 98) -> Tensor:
    return torch.randn(items, 1, bands, frames, generator=_generator())


def _change(transform: Transform, patches: Tensor, seed: int = 1) -> tuple[Tensor, dict[str, Tensor]]:
    draw = transform.draw(_generator(seed), len(patches))
    return transform.apply(patches, draw, sample_rate_hz=RATE_HZ), draw


@pytest.mark.parametrize("name", sorted(PATCH_TRANSFORMS))
def test_a_draw_can_be_repeated_and_changes_only_the_chosen(name: str) -> None:
    transform, patches = PATCH_TRANSFORMS[name](probability=0.5), _patches(4)
    draw = transform.draw(_generator(3), 4)
    draw["chosen"] = torch.tensor([True, False, True, False])
    changed = transform.apply(patches, draw, sample_rate_hz=RATE_HZ)
    assert torch.equal(changed, transform.apply(patches, draw, sample_rate_hz=RATE_HZ))
    assert changed.shape == patches.shape
    assert torch.equal(changed[1::2], patches[1::2])
    assert all(not torch.equal(changed[i], patches[i]) for i in (0, 2))


def test_shares_are_the_papers() -> None:
    shares = {name: make().probability for name, make in PATCH_TRANSFORMS.items()}
    assert shares == {"time-masks": 0.5, "frequency-masks": 0.5, "shift-down": 0.4, "time-warp": 0.4}


@pytest.mark.parametrize(("kind", "axis"), [(TimeMasks, 3), (FrequencyMasks, 2)])
def test_masks_hide_what_was_drawn(kind: type[TimeMasks] | type[FrequencyMasks], axis: int) -> None:
    patches = _patches()
    masked, draw = _change(kind(1.0), patches)
    for item in range(len(patches)):
        expected, size = patches[item, 0].numpy().copy(), patches.shape[axis]
        for mask in range(int(draw["masks"][item])):
            width = int(draw["width"][item, mask])
            start = math.floor(float(draw["place"][item, mask]) * (size - width + 1))
            assert 0 <= start <= size - width
            if axis == 3:
                expected[:, start : start + width] = FLOOR
            else:
                expected[start : start + width] = FLOOR
        np.testing.assert_allclose(masked[item, 0].numpy(), expected)


@pytest.mark.parametrize(("kind", "most", "widest"), [(TimeMasks, 9, 9), (FrequencyMasks, 4, 11)])
def test_counts_and_widths_are_the_papers(kind: type[Transform], most: int, widest: int) -> None:
    draw = kind(1.0).draw(_generator(), 3000)
    assert draw["masks"].unique().tolist() == list(range(1, most + 1))
    assert draw["width"].unique().tolist() == list(range(1, widest + 1))
    assert float(draw["masks"].float().mean()) == pytest.approx((1 + most) / 2, abs=0.2)
    assert draw["width"].shape == (3000, most)


def test_masks_wider_than_the_patch_hide_it_all() -> None:
    masked, _ = _change(TimeMasks(1.0, max_masks=1, max_width=50, fill=0.0), torch.ones(200, 1, 4, 3))
    hidden = (masked == 0).all(2).sum(-1)
    assert set(hidden.flatten().tolist()) == {1, 2, 3}


def test_shift_down_lowers_every_band() -> None:
    patches = _patches(40)
    shifted, draw = _change(ShiftDown(1.0), patches)
    assert draw["bands"].unique().tolist() == list(range(1, 10))
    for item, bands in enumerate(draw["bands"].tolist()):
        assert torch.equal(shifted[item, 0, : 64 - bands], patches[item, 0, bands:])
        assert (shifted[item, 0, 64 - bands :] == torch.tensor(FLOOR)).all()


def test_shift_down_lowers_a_tone() -> None:
    front_end, time = LogMel(preset("cola16k")), torch.arange(RATE_HZ) / RATE_HZ
    tone = front_end(set_level(torch.sin(2 * torch.pi * 2000 * time)[None], "l2"))
    shifted, draw = _change(ShiftDown(1.0), tone)
    assert int(tone.mean(-1).argmax()) - int(shifted.mean(-1).argmax()) == int(draw["bands"][0])


@pytest.mark.parametrize("frames", [98, 30, 12, 2, 1])
def test_warp_is_linear_interpolation_at_warped_times(frames: int) -> None:
    patches = _patches(50, bands=3, frames=frames)
    warped, draw = _change(TimeWarp(1.0), patches)
    last = frames - 1
    reach = min(9.0, last / 2)
    for item in range(len(patches)):
        before = reach + float(draw["place"][item]) * (last - 2 * reach)
        after = before + reach * float(draw["shift"][item])
        # Where each frame of the result comes from: through (0, 0), (after, before) and (last, last).
        source = np.interp(np.arange(frames), [0.0, after, last], [0.0, before, last])
        for band in range(3):
            expected = np.interp(source, np.arange(frames), patches[item, 0, band].numpy())
            np.testing.assert_allclose(warped[item, 0, band].numpy(), expected, atol=1e-3)


def test_warp_moves_a_frame_by_at_most_nine_and_keeps_the_ends() -> None:
    ramp = torch.arange(98.0).expand(500, 1, 4, 98)  # every frame holds its own number
    warped, draw = _change(TimeWarp(1.0), ramp)
    moved = (warped - ramp).abs().amax((1, 2, 3))
    assert 8 < float(moved.max()) < 9.01
    torch.testing.assert_close(warped[..., [0, -1]], ramp[..., [0, -1]], atol=1e-3, rtol=0)
    assert (warped.diff(dim=-1) > 0).all()  # time never runs backwards
    assert float((draw["shift"] > 0).float().mean()) == pytest.approx(0.5, abs=0.07)


def test_warp_at_its_limits_is_finite() -> None:
    patches = _patches(4)
    draw = {"place": torch.tensor([0.0, 0.0, 1.0, 1.0]), "shift": torch.tensor([-1.0, 1.0, -1.0, 1.0])}
    warped = TimeWarp(1.0).change(patches, draw, sample_rate_hz=RATE_HZ)
    assert torch.isfinite(warped).all()
    torch.testing.assert_close(warped[..., -1], patches[..., -1], atol=1e-4, rtol=0)


def test_a_chain_takes_them_and_repeats_itself() -> None:
    chain = Chain([make() for make in PATCH_TRANSFORMS.values()])
    patches = _patches(32)
    changed = chain(patches, _generator(5), sample_rate_hz=RATE_HZ)
    assert torch.equal(changed, chain(patches, _generator(5), sample_rate_hz=RATE_HZ))
    untouched = sum(torch.equal(a, b) for a, b in zip(changed, patches, strict=True))
    assert 0 < untouched < 10  # 0.5 · 0.5 · 0.6 · 0.6 of 32 are 2.9
