"""The model folder: card, ONNX encoder, names. The only thing that passes from learning to using."""

from __future__ import annotations
