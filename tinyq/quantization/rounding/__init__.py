"""Refinements of a quantized graph's weight codes and biases; each is kept only where held-out data say it helps."""

from tinyq.quantization.rounding.accept import Judge, Refinement, accept, refine
from tinyq.quantization.rounding.adaround import adaround
from tinyq.quantization.rounding.adaround_solver import AdaRoundSettings
from tinyq.quantization.rounding.bias_correction import analytic_bias_correction, empirical_bias_correction
from tinyq.quantization.rounding.progress import Progress

__all__ = [
    "AdaRoundSettings", "Judge", "Progress", "Refinement", "accept", "adaround", "analytic_bias_correction",
    "empirical_bias_correction", "refine",
]  # fmt: skip
