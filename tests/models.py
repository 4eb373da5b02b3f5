"""The MLPerf Tiny reference models, for tests that want real ones."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

MLPERF_TINY = {
    "kws": "kws/kws_ref_model.tflite",
    "resnet": "ic/pretrainedResnet_quant.tflite",
    "vww": "vww/vww_96_int8.tflite",
    "ad": "ad/ad01_int8.tflite",
}


def mlperf_tiny(name: str) -> bytes:
    """The int8 file of one model; the test is skipped where the models are not at hand."""
    folder = os.environ.get("TINYQ_MLPERF_TINY")
    if not folder:
        pytest.skip("TINYQ_MLPERF_TINY does not name a folder with the MLPerf Tiny models")
    return (Path(folder) / MLPERF_TINY[name]).read_bytes()
