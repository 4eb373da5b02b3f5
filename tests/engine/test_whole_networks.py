"""Networks of the kinds that run on microcontrollers, bit-exact with TFLM; streaming ones over 50 steps."""

from __future__ import annotations

import numpy as np

from tests.engine.harness import assert_bit_exact, run_tflm
from tests.graphs.networks import NETWORKS
from tests.graphs.quantized_networks import INT8, INT16, WIDE, quantized, streaming


def test_networks_are_bit_exact_with_tflm() -> None:
    cases = [quantized(name, INT8, 4) for name in NETWORKS] + [quantized(name, INT16, 4) for name in WIDE]
    assert_bit_exact(cases)
    for case, runs in zip(cases, run_tflm(cases), strict=True):  # outputs say something
        assert len(np.unique(np.concatenate([run[0].reshape(-1) for run in runs]))) > 3, case.graph.ops[-1]


def test_streaming_models_are_bit_exact_with_tflm() -> None:
    cases = streaming()
    assert_bit_exact(cases)
    for runs in run_tflm(cases):
        assert len(np.unique(np.concatenate([run[-1].reshape(-1) for run in runs]))) > 20
