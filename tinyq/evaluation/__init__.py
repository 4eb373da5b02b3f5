"""How good a model is: runners that make it compute, metrics, and comparison of outputs."""

from tinyq.evaluation.compare import BitExactness, compare
from tinyq.evaluation.evaluate import decision_threshold, default_metric, evaluate
from tinyq.evaluation.metric import Evidence, Metric
from tinyq.evaluation.runners import reference, run_float, run_tflm

__all__ = [
    "BitExactness", "Evidence", "Metric", "compare", "decision_threshold", "default_metric", "evaluate", "reference",
    "run_float", "run_tflm",
]  # fmt: skip
