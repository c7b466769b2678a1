from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from singalike.encoders import EfficientNetB0, build_encoder  # noqa: E402
from singalike.encoders.efficientnet import SameConv2d  # noqa: E402
from singalike.errors import ConfigError  # noqa: E402
from singalike.features import preset  # noqa: E402

KERAS = {"head": "none", "pool": "max", "eps": 1e-3, "momentum": 0.01, "padding": "same", "input_scale": 1 / 255}


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


def _images(items: int, frames: int, seed: int = 0) -> torch.Tensor:
    """Log-mel of COLA's size whose items differ in spectrum."""
    generator = torch.Generator().manual_seed(seed)
    spectrum, noise = torch.randn(items, 1, 64, 1, generator=generator), torch.randn(1, 64, frames, generator=generator)
    return -4 + 2 * spectrum + noise


@pytest.fixture(scope="module")
def keras() -> EfficientNetB0:
    """COLA's network with the statistics of one batch: untrained ones would drown every image in biases."""
    torch.manual_seed(0)
    network = build_encoder("efficientnet-b0", preset("cola16k"), KERAS)
    assert isinstance(network, EfficientNetB0)
    norms = [m for m in network.modules() if isinstance(m, torch.nn.BatchNorm2d)]
    for norm in norms:
        norm.momentum = None  # the plain average
    with torch.no_grad():
        network.train()(_images(8, 98, seed=9))
    for norm in norms:
        norm.momentum = KERAS["momentum"]
    return network.eval()


def _same_convolution(x: np.ndarray, weight: np.ndarray, stride: int) -> np.ndarray:
    """TensorFlow's SAME, one output at a time: ceil(size / stride) outputs, the odd zero at the end."""
    (rows, columns), (n_out, n_in, kernel, _) = x.shape[1:], weight.shape
    out = np.zeros((n_out, -(-rows // stride), -(-columns // stride)))
    before = [max((-(-size // stride) - 1) * stride + kernel - size, 0) // 2 for size in (rows, columns)]
    for o in range(n_out):
        for r in range(out.shape[1]):
            for c in range(out.shape[2]):
                for i in range(kernel):
                    for j in range(kernel):
                        row, column = r * stride + i - before[0], c * stride + j - before[1]
                        if 0 <= row < rows and 0 <= column < columns:
                            out[o, r, c] += sum(weight[o, n, i, j] * x[n, row, column] for n in range(n_in))
    return out


@pytest.mark.parametrize("size", [(6, 8), (7, 9), (6, 9), (1, 2)])
@pytest.mark.parametrize("kernel", [3, 5])
def test_same_padding_is_tensorflows(size: tuple[int, int], kernel: int) -> None:
    torch.manual_seed(0)
    convolution, x = SameConv2d(2, 3, kernel, 2, bias=False), torch.randn(1, 2, *size)
    expected = _same_convolution(x[0].numpy(), convolution.weight.detach().numpy(), 2)
    np.testing.assert_allclose(convolution(x)[0].detach().numpy(), expected, atol=1e-5)


def test_every_convolution_of_stride_two_pads_so(keras: EfficientNetB0) -> None:
    strided = [m for m in keras.modules() if isinstance(m, torch.nn.Conv2d) and m.stride == (2, 2)]
    assert len(strided) == 5
    assert all(isinstance(m, SameConv2d) for m in strided)
    assert not any(isinstance(m, SameConv2d) for m in EfficientNetB0().modules())
    with torch.no_grad():
        for frames, left in ((98, 4), (96, 3), (97, 4), (33, 2), (8, 1), (1, 1)):
            assert keras.features(torch.randn(1, 1, 64, frames)).shape == (1, 1280, 2, left)


def test_parameters_are_those_of_keras_without_its_top(keras: EfficientNetB0) -> None:
    """Keras counts 4,007,548 trainable parameters without the classifier; two channels less are 2 · 9 · 32 fewer."""
    assert sum(p.numel() for p in keras.parameters()) == 4_007_548 - 2 * 9 * 32
    assert (keras.dimension, EfficientNetB0(dimension=12).dimension, EfficientNetB0().dimension) == (1280, 12, 1000)


def test_every_batch_norm_has_the_options(keras: EfficientNetB0) -> None:
    norms = [m for m in keras.modules() if isinstance(m, torch.nn.BatchNorm2d)]
    assert len(norms) == 49
    assert {(m.eps, m.momentum) for m in norms} == {(1e-3, 0.01)}
    assert {(m.eps, m.momentum) for m in EfficientNetB0().modules() if isinstance(m, torch.nn.BatchNorm2d)} == {
        (1e-5, 0.1)
    }


def test_pools_over_bands_and_frames(keras: EfficientNetB0) -> None:
    x = _images(2, 98)
    mean = EfficientNetB0(in_channels=1, head="none", eps=1e-3, padding="same").eval()
    mean.load_state_dict(keras.state_dict())
    with torch.no_grad():
        maps = keras.features(x / 255).flatten(2).numpy()
        np.testing.assert_allclose(keras(x).numpy(), maps.max(2), atol=1e-4)
        np.testing.assert_allclose(mean(x / 255).numpy(), maps.mean(2), atol=1e-4)
    assert maps.max(2).shape == (2, 1280)
    assert np.abs(maps.max(2) - maps.mean(2)).mean() > 0.1
    assert np.abs(maps[0] - maps[1]).mean() > 0.1  # the two images are told apart


def test_wrong_options_are_named() -> None:
    for options, message in (
        ({"pool": "median"}, "pool is one of mean, max"),
        ({"padding": "valid"}, "padding is one of symmetric, same"),
        ({"head": "top"}, "head is one of classifier, none"),
        ({"head": "none", "dimension": 512}, "1280, not 512"),
        ({"pooling": "max"}, "does not take"),
    ):
        with pytest.raises(ConfigError, match=message):
            build_encoder("efficientnet-b0", preset("cola16k"), options)


class _Unit(torch.nn.Module):
    def forward(self, h: torch.Tensor) -> torch.Tensor:
        return torch.nn.functional.normalize(h, dim=-1)


@pytest.mark.slow
def test_the_exported_graph_equals_the_module(keras: EfficientNetB0) -> None:
    """With max pooling and padding that depends on the number of frames."""
    onnxruntime = pytest.importorskip("onnxruntime")
    from singalike.train.export import TOLERANCE
    from singalike.train.graph import _graph

    dynamic = {0: torch.export.Dim("batch"), 3: torch.export.Dim("frames", min=8)}
    unit = torch.nn.Sequential(keras, _Unit())
    graph = _graph(unit, _images(2, 98), ("images", "vector"), dynamic)
    session = onnxruntime.InferenceSession(graph.SerializeToString(), providers=["CPUExecutionProvider"])
    for items, frames in ((1, 98), (3, 61), (2, 203), (1, 8)):
        images = _images(items, frames, seed=frames)
        (ours,) = session.run(None, {"images": images.numpy()})
        with torch.no_grad():
            assert np.abs(ours - unit(images).numpy()).max() <= TOLERANCE
