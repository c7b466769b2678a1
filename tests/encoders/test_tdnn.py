from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from singalike.encoders import TDNN, Projection, Prototypes, build_encoder  # noqa: E402
from singalike.encoders.tdnn import AttentiveStatistics  # noqa: E402
from singalike.errors import ConfigError  # noqa: E402
from singalike.features import preset  # noqa: E402


def test_pooling_equals_plain_statistics_when_attention_is_even() -> None:
    pool = AttentiveStatistics(6, 3)
    for p in pool.parameters():
        torch.nn.init.zeros_(p)
    x = torch.randn(2, 6, 1, 40)
    mean, std = pool(x).chunk(2, 1)
    torch.testing.assert_close(mean, x.mean((2, 3)))
    torch.testing.assert_close(std, x.var((2, 3), unbiased=False).add(1e-6).sqrt())


def test_pooling_is_independent_of_repetition() -> None:
    pool = AttentiveStatistics(6, 3)
    x = torch.randn(2, 6, 1, 40)
    torch.testing.assert_close(pool(x), pool(torch.cat([x, x], -1)), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("frames", [10, 51, 400])
def test_any_length_gives_one_vector(frames: int) -> None:
    encoder = TDNN(bands=80).eval()
    with torch.no_grad():
        assert encoder(torch.randn(2, 1, 80, frames)).shape == (2, 192)


def test_a_vector_does_not_depend_on_its_batch_mates() -> None:
    encoder = TDNN(bands=80).eval()
    x = torch.randn(3, 1, 80, 101)
    with torch.no_grad():
        torch.testing.assert_close(encoder(x)[:1], encoder(x[:1]), atol=1e-5, rtol=1e-5)


def test_fits_into_the_wheel() -> None:
    assert sum(p.numel() for p in TDNN(bands=80).parameters()) * 4 < 6_000_000


def test_heads_are_of_unit_norm() -> None:
    z = Projection(32, 8)(torch.randn(5, 32))
    torch.testing.assert_close(z.norm(dim=-1), torch.ones(5))
    torch.testing.assert_close(Prototypes(7, 32)().norm(dim=-1), torch.ones(7))


def test_build_by_name() -> None:
    assert isinstance(build_encoder("tdnn", preset("voice16k"), {"width": 64}), TDNN)
    with pytest.raises(ConfigError, match="efficientnet-b0"):
        build_encoder("resnet", preset("voice16k"), {})
    with pytest.raises(ConfigError, match="depth"):
        build_encoder("tdnn", preset("voice16k"), {"depth": 3})
