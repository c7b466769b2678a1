"""The encoders of Kim et al. 2021: layer by layer as METHODS has them, two side by side, statistics of their own."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")
from torch import Tensor, nn  # noqa: E402

from singalike.encoders import TwoVocalCnns, VocalCnn, build_encoder  # noqa: E402
from singalike.features import preset  # noqa: E402

FRAMES = 129


def _trained(encoder: nn.Module, seed: int = 0) -> nn.Module:
    """Give an encoder weights and statistics as after some training: nothing at its first value."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, value in encoder.state_dict().items():
            if value.is_floating_point():
                low, high = (0.5, 2.0) if name.endswith(("running_var", "std")) else (-0.2, 0.2)
                value.copy_(low + (high - low) * torch.rand(value.shape, generator=generator))
    return encoder.eval()


def _images(batch: int = 2, frames: int = FRAMES, *, seed: int = 1, bands: int = 128) -> Tensor:
    return torch.rand(batch, 1, bands, frames, generator=torch.Generator().manual_seed(seed))


def _by_hand(weights: dict[str, Tensor], images: Tensor) -> Tensor:
    """METHODS §5 in plain arithmetic: what the encoder says once dropout is off."""

    def normalised(x: Tensor, name: str) -> Tensor:
        mean, var = weights[f"{name}.running_mean"][:, None], weights[f"{name}.running_var"][:, None]
        scale, shift = weights[f"{name}.weight"][:, None], weights[f"{name}.bias"][:, None]
        return (x - mean) / torch.sqrt(var + 1e-5) * scale + shift

    def leaky(x: Tensor) -> Tensor:
        return torch.where(x > 0, x, 0.2 * x)

    x = (images[:, 0] - weights["mean"]) / weights["std"]
    for i in range(4):
        padded = torch.cat([torch.zeros_like(x[..., :1]), x, torch.zeros_like(x[..., :1])], -1)
        kernel, bias = weights[f"body.{i}.0.weight"], weights[f"body.{i}.0.bias"]
        x = torch.einsum("oik,bitk->bot", kernel, padded.unfold(-1, 3, 1)) + bias[:, None]
        x = leaky(normalised(x, f"body.{i}.1"))
        x = x[..., : x.shape[-1] // 3 * 3].unflatten(-1, (-1, 3)).amax(-1)
    x = torch.einsum("oi,bit->bot", weights["last.0.weight"][..., 0], x) + weights["last.0.bias"][:, None]
    return leaky(normalised(x, "last.1")).mean(-1)


def test_layers_are_those_of_the_paper() -> None:
    layers = [layer for layer in VocalCnn(bands=128).modules() if not list(layer.children())]
    assert [type(layer).__name__ for layer in layers] == [
        *4 * ["Conv1d", "BatchNorm1d", "LeakyReLU", "MaxPool1d"], "Conv1d", "BatchNorm1d", "LeakyReLU", "Dropout",
    ]  # fmt: skip
    convolutions = [layer for layer in layers if isinstance(layer, nn.Conv1d)]
    assert [(c.out_channels, c.kernel_size) for c in convolutions] == [*4 * [(128, (3,))], (256, (1,))]
    assert {layer.negative_slope for layer in layers if isinstance(layer, nn.LeakyReLU)} == {0.2}
    assert {layer.kernel_size for layer in layers if isinstance(layer, nn.MaxPool1d)} == {3}
    assert [layer.p for layer in layers if isinstance(layer, nn.Dropout)] == [0.5]


def test_parameters_by_hand() -> None:
    convolutions = 4 * (128 * 128 * 3 + 128) + 128 * 256 + 256
    normalisations = 4 * 2 * 128 + 2 * 256
    one = sum(p.numel() for p in VocalCnn(bands=128).parameters())
    assert one == convolutions + normalisations == 231_680
    assert sum(p.numel() for p in TwoVocalCnns(bands=128).parameters()) == 2 * one


@pytest.mark.parametrize("frames", [81, 129, 130, 400])
def test_equals_the_paper_in_plain_arithmetic(frames: int) -> None:
    encoder = _trained(VocalCnn(bands=128))
    images = _images(frames=frames)
    with torch.no_grad():
        h = encoder(images)
    assert h.shape == (2, 256)
    torch.testing.assert_close(h, _by_hand(encoder.state_dict(), images), atol=1e-5, rtol=1e-4)
    assert h.std() > 1e-3


@pytest.mark.parametrize("frames", [1, 8, 80])
def test_a_short_image_is_filled_up_with_the_mean(frames: int) -> None:
    encoder = _trained(VocalCnn(bands=128))
    images = _images(frames=frames)
    mean = encoder.state_dict()["mean"]
    filled = torch.cat([images, mean.expand(2, 1, 128, 81 - frames)], -1)
    with torch.no_grad():
        torch.testing.assert_close(encoder(images), encoder(filled))
        assert not torch.allclose(encoder(images), encoder(torch.cat([images, 1 + 0 * filled[..., frames:]], -1)))


def test_statistics_standardise_and_are_saved_with_the_weights() -> None:
    encoder = _trained(VocalCnn(bands=128))
    images = _images()
    with torch.no_grad():
        encoder.set_statistics(0.0, 1.0)
        plain = encoder((images - 0.4) / 0.25)
        encoder.set_statistics(0.4, 0.25)
        torch.testing.assert_close(encoder(images), plain, atol=1e-5, rtol=1e-4)
        again = VocalCnn(bands=128).eval()
        again.load_state_dict(encoder.state_dict())
        assert torch.equal(again(images), encoder(images))


def test_silence_alone_gives_no_division_by_zero() -> None:
    encoder = _trained(VocalCnn(bands=128))
    encoder.set_statistics(0.0, 0.0)
    with torch.no_grad():
        assert torch.isfinite(encoder(torch.zeros(1, 1, 128, FRAMES))).all()


def test_each_side_of_a_batch_goes_through_its_encoder_and_comes_back_in_its_place() -> None:
    encoder = _trained(TwoVocalCnns(bands=128))
    sides = [_images(3, seed=seed) for seed in range(4)]  # anchors' vocals, mixes, positives' vocals, mixes
    vocal, mix = (one.state_dict() for one in (encoder.vocal, encoder.mix))
    with torch.no_grad():
        h = encoder(torch.cat(sides))
    for place, (side, weights) in enumerate(zip(sides, (vocal, mix, vocal, mix), strict=True)):
        expected = _by_hand(weights, side)
        torch.testing.assert_close(h[3 * place : 3 * place + 3], expected, atol=1e-5, rtol=1e-4)
        other = _by_hand(mix if weights is vocal else vocal, side)
        assert not torch.allclose(expected, other, atol=1e-2)


def test_an_encoder_in_training_sees_both_of_its_sides_as_one_batch() -> None:
    encoder = TwoVocalCnns(bands=128, dropout=0.0).train()
    sides = [(1 + place) * _images(3, seed=place) for place in range(4)]
    with torch.no_grad():
        h = encoder(torch.cat(sides))
        alone = VocalCnn(bands=128, dropout=0.0).train()
        alone.load_state_dict({k: v.clone() for k, v in encoder.mix.state_dict().items()})
        expected = alone(torch.cat([sides[1], sides[3]]))
    torch.testing.assert_close(torch.cat([h[3:6], h[9:]]), expected)


def test_what_each_encoder_hears() -> None:
    encoder = TwoVocalCnns(bands=128)
    assert encoder.towers == {"vocals": encoder.vocal, "mixture": encoder.mix}
    assert encoder.readouts == ("vocal", "mix")
    alone = VocalCnn(bands=128)
    assert alone.towers == {"vocals": alone}


def test_build_by_name() -> None:
    p = preset("kim2021")
    assert isinstance(build_encoder("vocal-cnn", p, {"width": 8, "dimension": 4}), VocalCnn)
    two = build_encoder("two-vocal-cnns", p, {"width": 8, "dimension": 4})
    assert isinstance(two, TwoVocalCnns)
    assert two.dimension == 4
