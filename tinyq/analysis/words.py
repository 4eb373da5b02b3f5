"""Measurements in words."""

from __future__ import annotations

from collections.abc import Sequence

from tinyq.analysis.diagnosis import Cause
from tinyq.analysis.flowchart import Flowchart, Step
from tinyq.analysis.measure import Measured, Yardstick
from tinyq.analysis.mends import Mend


def summary(chart: Flowchart, causes: Sequence[Cause], advised: Mend | None, yardstick: Yardstick) -> str:
    """What was found, in sentences."""
    says = [_verdict(chart, yardstick)]
    if chart.fails("quantized") and not chart.fails("float") and not chart.fails("transforms"):
        says.append(_where(chart, yardstick))
    says += [c.says for c in causes if c.kind not in ("float-model", "transforms")]
    if advised is not None:
        how = "What mends it" if advised.enough else "What helps most"
        says.append(f"{how}: {advised.name} ({told(advised.measured, yardstick)}).")
    elif causes and causes[0].kind not in ("float-model", "transforms"):
        says.append("Nothing that was tried helps much; quantization-aware training or a wider type may.")
    return " ".join(s for s in says if s)


def told(measured: Measured, yardstick: Yardstick) -> str:
    """Error and score of a model."""
    error = f"relative output error {measured.error:.2g}"
    return f"{score(measured.score, yardstick)}, {error}" if measured.score is not None else error


def score(value: float | None, yardstick: Yardstick) -> str:
    """A score with its metric's name."""
    metric = yardstick.metric
    if value is None or metric is None:
        return ""
    return f"{metric.name} {value:.2%}" if metric.is_fraction else f"{metric.name} {value:.4g}"


def _verdict(chart: Flowchart, yardstick: Yardstick) -> str:
    own = score(yardstick.float_score, yardstick)
    if chart.fails("float"):
        than = f" ({own}): no better than always giving the same answer" if own else ": its outputs do not change"
        return (
            f"The float model itself does not work on these data{than}. Check that inputs are scaled as in training, "
            "and that labels are in the model's order; quantization is not to blame."
        )
    if chart.fails("transforms"):
        return (
            "The transforms changed what the float model computes: "
            f"{_step(chart.step('transforms'), yardstick)}. Leave them out one by one."
        )
    whole = chart.step("quantized")
    against = f" (float: {own})" if own else ""
    if not whole.fails:
        return f"Quantization loses next to nothing: {_step(whole, yardstick)}{against}."
    return f"Quantization loses: {_step(whole, yardstick)}{against}."


def _where(chart: Flowchart, yardstick: Yardstick) -> str:
    weights, activations = chart.step("weights"), chart.step("activations")
    both = f"weights alone: {_step(weights, yardstick)}; activations alone: {_step(activations, yardstick)}"
    if weights.fails and activations.fails:
        return f"Weights and activations both lose ({both})."
    if weights.fails or activations.fails:
        guilty = "weights" if weights.fails else "activations"
        return f"It is the {guilty} ({both})."
    return f"Neither does alone, only both together ({both})."


def _step(step: Step, yardstick: Yardstick) -> str:
    return told(step.measured, yardstick) if step.measured is not None else "not measured"
