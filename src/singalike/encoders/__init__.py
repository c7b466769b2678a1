"""Networks from log-mel to vector, and the heads that training puts on them."""

from __future__ import annotations

from singalike.encoders.build import ENCODERS, build_encoder
from singalike.encoders.cam_tdnn import CamTDNN
from singalike.encoders.cnn_transformer import CnnTransformer
from singalike.encoders.efficientnet import EfficientNetB0
from singalike.encoders.heads import Bilinear, BilinearHead, Predictor, Projection, Prototypes
from singalike.encoders.speaker_lstm import SpeakerLSTM
from singalike.encoders.tdnn import TDNN
from singalike.encoders.vocal_cnn import TwoVocalCnns, VocalCnn

__all__ = [
    "ENCODERS",
    "TDNN",
    "Bilinear",
    "BilinearHead",
    "CamTDNN",
    "CnnTransformer",
    "EfficientNetB0",
    "Predictor",
    "Projection",
    "Prototypes",
    "SpeakerLSTM",
    "TwoVocalCnns",
    "VocalCnn",
    "build_encoder",
]
