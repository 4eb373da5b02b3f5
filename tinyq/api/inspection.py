"""What is in a model file, whoever made it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from tinyq.api.manifest import sha256
from tinyq.frontend import load_model
from tinyq.graph import Graph, Op, Tensor, layer_name, macs, total_macs
from tinyq.reporting.inspect_models import InspectReport, LayerInfo, TensorInfo


def inspect(model: Path, trust: bool = False) -> InspectReport:
    """Read a model and say what it holds.

    Args:
        model: A ``.keras``, ``.h5`` or ``.tflite`` file or a SavedModel folder.
        trust: Load Keras models that carry code.

    Raises:
        BadInputError: It cannot be read.
    """
    loaded = load_model(model, trust=trust)
    return describe(
        loaded.graph, loaded.tflite, kind=loaded.kind, origin=loaded.origin, name=model.name, notes=loaded.notes
    )


def describe(
    graph: Graph, tflite: bytes, *, kind: str, origin: str, name: str, notes: tuple[str, ...]
) -> InspectReport:
    """What a graph holds.

    Args:
        graph: The model.
        tflite: Its file.
        kind: "float" or "quantized".
        origin: What it was made from.
        name: Of the file that was given.
        notes: What the user may want to know of its loading.
    """
    read = {t for op in graph.ops for t in op.inputs if t >= 0 and graph.tensors[t].is_constant}
    live = [_live_bytes(graph, op) for op in graph.ops]
    peak = max(range(len(live)), key=live.__getitem__) if live else None
    return InspectReport(
        file=name,
        sha256=sha256(tflite),
        kind=kind,
        origin=origin,
        file_bytes=len(tflite),
        constant_bytes=sum(graph.tensors[t].nbytes for t in read),
        macs=total_macs(graph),
        parameters=sum(graph.tensors[t].elements for t in read),
        activation_bytes=live[peak] if peak is not None else 0,
        peak_layer=layer_name(graph, graph.ops[peak]) if peak is not None else "",
        operators=dict(sorted(Counter(op.kind for op in graph.ops).items())),
        inputs=tuple(_tensor(graph.tensors[t]) for t in graph.inputs),
        outputs=tuple(_tensor(graph.tensors[t]) for t in graph.outputs),
        layers=tuple(_layer(graph, index, op) for index, op in enumerate(graph.ops)),
        signatures=tuple(s.key for s in graph.signatures),
        metadata=tuple(graph.metadata),
        description=graph.description,
        notes=notes,
    )


def _layer(graph: Graph, index: int, op: Op) -> LayerInfo:
    constants = [graph.tensors[t] for t in dict.fromkeys(op.inputs) if t >= 0 and graph.tensors[t].is_constant]
    largest = max(constants, key=lambda t: t.elements, default=None)
    return LayerInfo(
        index=index,
        layer=layer_name(graph, op),
        op=op.kind,
        output=_tensor(graph.tensors[op.outputs[0]]) if op.outputs else None,
        weights=_tensor(largest) if largest is not None else None,
        macs=macs(graph, op),
        constant_bytes=sum(t.nbytes for t in constants),
        activation=getattr(op.options, "activation", "NONE"),
    )


def _tensor(tensor: Tensor) -> TensorInfo:
    q = tensor.quantization
    return TensorInfo(
        name=tensor.name,
        shape=tensor.shape,
        dtype=tensor.dtype.value,
        bytes=tensor.nbytes,
        scale=tuple(q.scale.tolist()) if q is not None else (),
        zero_point=tuple(q.zero_point.tolist()) if q is not None else (),
    )


def _live_bytes(graph: Graph, op: Op) -> int:
    """Bytes of the activations that an operator touches: less than any plan of its arena can hold."""
    touched = {t for t in (*op.inputs, *op.outputs) if t >= 0 and not graph.tensors[t].is_constant}
    return sum(graph.tensors[t].nbytes for t in touched)
