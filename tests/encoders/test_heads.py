from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from singalike.encoders.heads import Bilinear, BilinearHead  # noqa: E402


def test_bilinear_head_is_linear_layer_norm_tanh() -> None:
    torch.manual_seed(0)
    head = BilinearHead(10, 6)
    torch.nn.init.uniform_(head.norm.weight, 0.5, 2.0)
    torch.nn.init.uniform_(head.norm.bias, -1.0, 1.0)
    h = 0.03 * torch.randn(4, 10)  # a variance near eps, so that eps is seen
    u = h.numpy() @ head.linear.weight.detach().numpy().T + head.linear.bias.detach().numpy()
    u = (u - u.mean(1, keepdims=True)) / np.sqrt(u.var(1, keepdims=True) + 1e-3)
    expected = np.tanh(u * head.norm.weight.detach().numpy() + head.norm.bias.detach().numpy())
    np.testing.assert_allclose(head(h).detach().numpy(), expected, atol=1e-6)


def test_sizes_are_colas() -> None:
    assert sum(p.numel() for p in BilinearHead().parameters()) == 1280 * 512 + 512 + 2 * 512
    assert BilinearHead()(torch.zeros(3, 1280)).shape == (3, 512)
    assert Bilinear().weight.shape == (512, 512)


def test_bilinear_is_the_double_sum() -> None:
    torch.manual_seed(0)
    bilinear = Bilinear(3)
    u, v = torch.randn(2, 3), torch.randn(4, 3)
    s = bilinear(u, v).tolist()
    W = bilinear.weight.tolist()
    for i in range(2):
        for j in range(4):
            expected = sum(float(u[i, p]) * W[p][q] * float(v[j, q]) for p in range(3) for q in range(3))
            assert s[i][j] == pytest.approx(expected, abs=1e-6)


def test_bilinear_begins_as_keras_random_normal() -> None:
    torch.manual_seed(0)
    weight = Bilinear().weight.detach()
    assert float(weight.std()) == pytest.approx(0.05, rel=0.01)
    assert abs(float(weight.mean())) < 5e-4
    assert float((weight.abs() > 0.1).float().mean()) == pytest.approx(0.0455, abs=0.002)  # normal: beyond 2 σ
