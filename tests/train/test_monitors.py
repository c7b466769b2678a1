from __future__ import annotations

import math

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from torch.nn.functional import normalize  # noqa: E402

from singalike.errors import ConfigError  # noqa: E402
from singalike.train.monitors import effective_rank, validate  # noqa: E402


def test_effective_rank_of_known_spectra() -> None:
    assert effective_rank(torch.cat([torch.eye(4), -torch.eye(4)])) == pytest.approx(4.0, rel=1e-4)
    line = torch.linspace(-1, 1, 9)[:, None] * torch.ones(1, 5)
    assert effective_rank(line) == pytest.approx(1.0, rel=1e-4)


def test_a_perfect_space() -> None:
    h = torch.eye(6).repeat_interleave(2, 0)  # six voices, two recordings each, which are alike to the bit
    figures = validate(h, h, np.repeat(np.arange(6), 2))
    assert figures["eer"] == pytest.approx(0.0, abs=1e-6)
    assert figures["alignment"] == 0.0
    assert figures["mean_normalised_rank"] == pytest.approx(1.5 / 12)
    assert validate(torch.eye(6), torch.eye(6), np.arange(6))["mean_normalised_rank"] == pytest.approx(1 / 6)


def test_uniformity_and_alignment_equal_their_definition() -> None:
    h1, h2 = (normalize(torch.randn(7, 4, generator=torch.Generator().manual_seed(s)), dim=-1) for s in (0, 1))
    figures = validate(h1, h2, np.arange(7))
    a = h1.numpy()
    others = [math.exp(-2 * float(((a[i] - a[j]) ** 2).sum())) for i in range(7) for j in range(i)]
    assert figures["uniformity"] == pytest.approx(math.log(np.mean(others)), rel=1e-4)
    assert figures["alignment"] == pytest.approx(float(((h1 - h2) ** 2).sum(1).mean()), rel=1e-5)


def test_a_collapsed_space_shows() -> None:
    h = normalize(torch.ones(8, 4) + 1e-6 * torch.randn(8, 4), dim=-1)
    figures = validate(h, h, np.repeat(np.arange(4), 2))
    assert figures["std"] < 1e-3
    assert math.isfinite(figures["uniformity"])
    assert figures["mean_normalised_rank"] == pytest.approx(0.5, abs=0.1)


def test_a_diverged_network_is_said_to_have_diverged() -> None:
    h = torch.eye(4)
    with pytest.raises(ConfigError, match="diverged"):
        validate(h * math.nan, h, np.arange(4))


def test_one_voice_has_no_eer() -> None:
    h = normalize(torch.randn(4, 3), dim=-1)
    assert math.isnan(validate(h, h, np.zeros(4))["eer"])
