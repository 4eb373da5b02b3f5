"""``tinyq inspect`` as a table for people."""

from __future__ import annotations

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tinyq.reporting.inspect_models import InspectReport, TensorInfo


def render_inspect(report: InspectReport, console: Console) -> None:
    """One line for each operator, then what the whole takes."""
    table = Table("", "layer", "operator", "output", "type", "weights", box=box.SIMPLE_HEAD)
    for title in ("scale", "MACs", "bytes"):
        table.add_column(title, justify="right")
    for layer in report.layers:
        fused = "" if layer.activation == "NONE" else f" + {layer.activation}"
        table.add_row(
            str(layer.index),
            escape(layer.layer),
            escape(layer.op) + fused,
            _shape(layer.output) if layer.output else "",
            layer.output.dtype if layer.output else "",
            f"{_shape(layer.weights)} {layer.weights.dtype}{_granularity(layer.weights)}" if layer.weights else "",
            _quantization(layer.output) if layer.output else "",
            f"{layer.macs:,}" if layer.macs else "",
            f"{layer.constant_bytes:,}" if layer.constant_bytes else "",
        )
    console.print(table)
    for title, tensors in (("input", report.inputs), ("output", report.outputs)):
        for tensor in tensors:
            quantization = f", {_quantization(tensor)}" if tensor.scale else ""
            line = f"{title}: {tensor.name} {_shape(tensor)} {tensor.dtype}{quantization}"
            console.print(line, markup=False)
    console.print(
        f"{report.file}: {report.kind} ({report.origin}), {report.file_bytes:,} bytes as .tflite, of which constants "
        f"{report.constant_bytes:,}; {report.parameters:,} parameters; {report.macs:,} MACs",
        markup=False,
    )
    console.print(
        f"No plan can hold activations in less than {report.activation_bytes:,} bytes: {report.peak_layer} reads and "
        "writes so many.",
        markup=False,
    )
    for note in report.notes:
        console.print(f"Note: {note}", markup=False)


def _shape(tensor: TensorInfo) -> str:
    return "x".join(map(str, tensor.shape)) or "scalar"


def _granularity(tensor: TensorInfo) -> str:
    return " per channel" if len(tensor.scale) > 1 else ""


def _quantization(tensor: TensorInfo) -> str:
    if not tensor.scale:
        return ""
    if len(tensor.scale) > 1:
        return "per channel"
    return f"{tensor.scale[0]:.5g} ({tensor.zero_point[0]:+d})"
