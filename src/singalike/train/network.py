"""What is trained and exported: a front-end and an encoder, from waveform to vector."""

from __future__ import annotations

import math
from typing import Literal

import torch
from torch import Tensor, nn

from singalike.encoders import build_encoder
from singalike.errors import ConfigError
from singalike.features import LogMel, preset, set_level
from singalike.train.recipe import Recipe


class VoiceNetwork(nn.Module):
    """Front-end and encoder of a recipe.

    Raises:
        ConfigError: there is no such front-end or encoder, or crops cannot keep the level of their segment.
    """

    def __init__(self, recipe: Recipe) -> None:
        super().__init__()
        self.front_end = LogMel(preset(recipe.features))
        songs = recipe.songs if recipe.songs and recipe.songs.level == "segment" else None
        if songs and self.front_end.preset.level != "l2":
            raise ConfigError(f"the front-end {recipe.features!r} sets its own level", hint="songs.level=crop")
        self.crops_are_level = songs is not None
        # A crop holds on average so much of its segment's norm of 1; inference gives every window as much.
        self.norm = math.sqrt(recipe.crop_seconds / songs.segment_seconds) if songs else 1.0
        self.encoder = build_encoder(recipe.encoder.name, self.front_end.preset, recipe.encoder.options)

    @property
    def sample_rate_hz(self) -> int:
        """Rate of the waveforms it takes."""
        return self.front_end.preset.sample_rate_hz

    @property
    def dimension(self) -> int:
        """D of the vectors it gives."""
        return int(self.encoder.dimension)  # pyright: ignore[reportArgumentType]

    @property
    def readouts(self) -> tuple[Literal["vocal", "mix"], ...]:
        """Names of the encoders that are exported side by side; none where there is one encoder alone."""
        return tuple(getattr(self.encoder, "readouts", ()))

    @property
    def gain_is_drawn(self) -> bool:
        """Whether augmentation may leave another level than inference sets (Torres 2023 draws a gain)."""
        return self.front_end.preset.level == "peak"

    def level(self, waveforms: Tensor) -> Tensor:
        """Bring (..., T) to the level the front-end expects."""
        return self.norm * set_level(waveforms, self.front_end.preset.level)

    def level_crops(self, crops: Tensor) -> Tensor:
        """Bring crops (..., T) of training and validation to that level, unless their segments were."""
        return crops if self.crops_are_level else self.level(crops)

    def forward(self, waveforms: Tensor) -> Tensor:
        """Encode levelled waveforms (B, T) to embeddings (B, D), not normalised."""
        return self.encode(self.images(waveforms))

    def images(self, waveforms: Tensor) -> Tensor:
        """Analyse levelled waveforms (B, T): (B, C, rows, F)."""
        images = self.front_end(waveforms)
        return images.contiguous(memory_format=torch.channels_last) if images.device.type == "cpu" else images

    def encode(self, images: Tensor) -> Tensor:
        """Encode images (B, C, rows, F) to embeddings (B, D), not normalised."""
        return self.encoder(images)


class Exportable(nn.Module):
    """The whole way in one module: raw waveforms (B, T) to unit vectors (B, D)."""

    def __init__(self, network: VoiceNetwork) -> None:
        super().__init__()
        self.network = network

    def images(self, waveform: Tensor) -> Tensor:
        """Level and analyse: (B, T) to (B, C, rows, F)."""
        return self.network.front_end(self.network.level(waveform))

    def vectors(self, images: Tensor) -> Tensor:
        """Encode and normalise: (B, C, rows, F) to (B, D), or to (R, B, D) where there are R read-outs."""
        encoder, readouts = self.network.encoder, self.network.readouts
        if readouts:
            return nn.functional.normalize(torch.stack([getattr(encoder, name)(images) for name in readouts]), dim=-1)
        return nn.functional.normalize(encoder(images), dim=-1)

    def forward(self, waveform: Tensor) -> Tensor:
        """Do both."""
        return self.vectors(self.images(waveform))
