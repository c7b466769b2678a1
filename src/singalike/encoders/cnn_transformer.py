"""A strided CNN on log-mel frames, a transformer over time, and masked-frame prediction to train it.

The shape is wav2vec 2.0's (Baevski et al. 2020) on log-mel: convolutions, convolutional positions, attention.
The layers normalise before (Xiong et al. 2020), and only within a step, so that no vector depends on its batch
mates, in training either. Hidden frames are regressed, not told from distractors.

A step is four frames of the front-end (46 ms at hop 512 and 44.1 kHz): two convolutions of kernel 4 and stride 2,
whose step i is centred on frames 4i … 4i + 3. Up to three frames at the end do not fill a step.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import gelu, max_pool1d, pad, scaled_dot_product_attention

from singalike.errors import ConfigError

FRAMES_A_STEP = 4
_POSITION_KERNEL = 31  # steps, 1.4 s at 46 ms: reaches out of most hidden spans
_GUARD = 1e-5


def draw_spans(items: int, steps: int, *, start: float, span: int, generator: torch.Generator) -> Tensor:
    """Draw what is hidden: (items, steps) bool, at least one step of each item.

    Each step starts a span with probability ``start``; spans may overlap and end with the item. The step with an
    item's smallest draw starts one in any case. Away from the start of an item the share hidden is
    ``1 − (1 − start)^span``.
    """
    draws = torch.rand(items, steps, generator=generator, device=generator.device)
    starts = draws <= draws.amin(1, keepdim=True).clamp_min(start)
    return max_pool1d(pad(starts.float(), (span - 1, 0)), span, stride=1) > 0


class CnnTransformer(nn.Module):
    """From log-mel images (B, C, M, F) to embeddings (B, dimension): mean and std over time, then a linear map.

    Args:
        bands: height M of the images.
        channels: C of the images; channels and bands are read alike, as channels of 1-D convolutions.
        dimension: of the embedding.
        width: of the transformer.
        layers: transformer layers.
        heads: attention heads; divides ``width``.
        mask_start: probability that a step starts a hidden span.
        mask_span: steps of a hidden span; 10 are 0.46 s at the front-end of Torres et al. 2023.

    Raises:
        ConfigError: ``heads`` does not divide ``width``.
    """

    def __init__(
        self,
        bands: int,
        *,
        channels: int = 1,
        dimension: int = 512,
        width: int = 384,
        layers: int = 6,
        heads: int = 6,
        mask_start: float = 0.08,
        mask_span: int = 10,
    ) -> None:
        super().__init__()
        if width % heads:
            raise ConfigError(f"{heads} heads do not divide a width of {width}", hint="choose encoder_options anew")
        self.dimension, self.mask_start, self.mask_span = dimension, mask_start, mask_span
        self.convolutions = nn.ModuleList([_Halving(channels * bands, width), _Halving(width, width)])
        self.positions = nn.Conv1d(width, width, _POSITION_KERNEL, padding=_POSITION_KERNEL // 2, groups=heads)
        self.layers = nn.Sequential(*(_Layer(width, heads) for _ in range(layers)), nn.LayerNorm(width))
        self.embedding = nn.Linear(2 * width, dimension)
        # Masked prediction alone never trains this map; orthogonal, it then keeps angles as well as it can.
        nn.init.orthogonal_(self.embedding.weight)
        nn.init.zeros_(self.embedding.bias)
        self.hidden_frame = nn.Parameter(torch.zeros(channels, bands, 1))
        self.prediction = nn.Linear(width, FRAMES_A_STEP * bands)

    def forward(self, images: Tensor) -> Tensor:
        """Return embeddings (B, dimension), not normalised, of images of at least four frames."""
        x = self.steps(images)
        mean = x.mean(1)
        std = ((x - mean.unsqueeze(1)).square().mean(1) + _GUARD).sqrt()
        return self.embedding(torch.cat([mean, std], 1))

    def steps(self, images: Tensor) -> Tensor:
        """Return the transformer's last layer (B, F // 4, width)."""
        x = images.flatten(1, 2)
        for convolution in self.convolutions:
            x = convolution(x)
        x = x + gelu(self.positions(x))
        return self.layers(x.transpose(1, 2))

    def masked(self, images: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
        """Hide spans of frames and predict them; for :func:`singalike.losses.masked_l1`.

        Frames are hidden before the convolutions, whose overlap would show them otherwise. The target is the
        log-mel (mean of the channels) with each band at zero mean and unit variance over the item.

        Args:
            images: (B, C, M, F) with F ≥ 4.
            generator: draws the spans; the same state gives the same ones.

        Returns:
            prediction (B, F // 4, 4 M), target of that shape, and mask (B, F // 4), True where hidden.
        """
        steps = images.shape[-1] // FRAMES_A_STEP
        images = images[..., : FRAMES_A_STEP * steps]
        mask = draw_spans(len(images), steps, start=self.mask_start, span=self.mask_span, generator=generator)
        mask = mask.to(images.device)
        hidden = mask.repeat_interleave(FRAMES_A_STEP, 1)[:, None, None]
        prediction = self.prediction(self.steps(torch.where(hidden, self.hidden_frame, images)))
        return prediction, _step_targets(images), mask


def _step_targets(images: Tensor) -> Tensor:
    """Normalised frames of each step (B, F // 4, 4 M) of images whose F is a multiple of 4."""
    bands = images.mean(1)
    variance, mean = torch.var_mean(bands, 2, correction=0, keepdim=True)
    frames = (bands - mean) / (variance + _GUARD).sqrt()  # a band that never moves is 0
    return frames.transpose(1, 2).unflatten(1, (-1, FRAMES_A_STEP)).flatten(2)


class _Halving(nn.Module):
    """Half the steps: (B, n_in, F) to (B, n_out, F // 2)."""

    def __init__(self, n_in: int, n_out: int) -> None:
        super().__init__()
        self.convolution = nn.Conv1d(n_in, n_out, kernel_size=4, stride=2, padding=1)
        self.norm = nn.LayerNorm(n_out)

    def forward(self, x: Tensor) -> Tensor:
        return gelu(self.norm(self.convolution(x).transpose(1, 2)).transpose(1, 2))


class _Layer(nn.Module):
    """Pre-norm self-attention and feed-forward over steps (B, S, width)."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.attention_norm, self.feed_norm = nn.LayerNorm(width), nn.LayerNorm(width)
        self.queries_keys_values, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.feed = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))

    def forward(self, x: Tensor) -> Tensor:
        qkv = self.queries_keys_values(self.attention_norm(x)).unflatten(2, (3, self.heads, -1))
        q, k, v = qkv.permute(2, 0, 3, 1, 4).unbind(0)  # each (B, heads, S, width // heads)
        x = x + self.out(scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2))
        return x + self.feed(self.feed_norm(x))
