from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from singalike.encoders import EfficientNetB0  # noqa: E402


@pytest.fixture(scope="module")
def encoder() -> EfficientNetB0:
    torch.manual_seed(0)
    return EfficientNetB0().eval()


def test_parameters_are_those_of_the_published_model(encoder: EfficientNetB0) -> None:
    """Torres 2023's released weights hold 5,288,548 parameters; BatchNorm's statistics are not among them."""
    assert sum(p.numel() for p in encoder.parameters()) == 5_288_548


def test_equals_torchvision_with_the_same_weights(encoder: EfficientNetB0) -> None:
    try:
        from torchvision.models import efficientnet_b0
    except Exception as error:  # a CUDA build beside a CPU torch fails in several ways
        pytest.skip(f"torchvision cannot be imported: {error}")
    reference = efficientnet_b0(weights=None).eval()
    encoder.load_state_dict(reference.state_dict(), strict=True)
    x = torch.randn(2, 3, 128, 87)
    with torch.no_grad():
        torch.testing.assert_close(encoder(x), reference(x), rtol=0, atol=1e-6)


def test_state_dict_has_torchvisions_names(encoder: EfficientNetB0) -> None:
    names = set(encoder.state_dict())
    for name in (
        "features.0.0.weight",
        "features.1.0.block.1.fc1.weight",
        "features.2.1.block.3.1.running_var",
        "features.8.1.num_batches_tracked",
        "classifier.1.bias",
    ):
        assert name in names


def test_strides_and_dimension(encoder: EfficientNetB0) -> None:
    x = torch.randn(1, 3, 128, 345)
    with torch.no_grad():
        assert encoder.features(x).shape == (1, 1280, 4, 11)
        assert encoder(x).shape == (1, 1000)


def test_one_channel_and_another_dimension() -> None:
    small = EfficientNetB0(in_channels=1, dimension=64).eval()
    with torch.no_grad():
        assert small(torch.randn(2, 1, 64, 98)).shape == (2, 64)


def test_stochastic_depth_only_in_training(encoder: EfficientNetB0) -> None:
    x = torch.randn(2, 3, 64, 64)
    with torch.no_grad():
        assert torch.equal(encoder(x), encoder(x))
        encoder.train()
        different = not torch.equal(encoder(x), encoder(x))
        encoder.eval()
    assert different
