"""The MLPerf Tiny reference models as benchmarks find them."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class ReferenceModel:
    """A reference model below the folder that ``TINYQ_MLPERF_TINY`` names.

    Attributes:
        key: A short name.
        name: For people.
        int8: The int8 file.
        samples: Real inputs as codes, a ``.npz`` with ``x``; empty where there are none.
        keras: The Keras form.
    """

    key: str
    name: str
    int8: str
    samples: str = ""
    keras: str = ""


MODELS = (
    ReferenceModel("kws", "KWS", "kws/kws_ref_model.tflite", "kws/kws01_int8.npz", keras="kws/kws_ref_model"),
    ReferenceModel("resnet", "ResNet-8", "ic/pretrainedResnet_quant.tflite", keras="ic/pretrainedResnet.h5"),
    ReferenceModel("vww", "VWW", "vww/vww_96_int8.tflite", keras="vww/vww_96.h5"),
    ReferenceModel("ad", "AD", "ad/ad01_int8.tflite", keras="ad/ad01.h5"),
)


def folder() -> Path:
    """Where they are; ends the program with a sentence if that is not said."""
    root = os.environ.get("TINYQ_MLPERF_TINY")
    if not root:
        print("Set TINYQ_MLPERF_TINY to the folder of the MLPerf Tiny reference models.", file=sys.stderr)
        raise SystemExit(2)
    return Path(root)
