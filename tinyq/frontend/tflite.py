"""``.tflite`` files: what kind they are, and float ones made static; runs in a child process."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

from tinyq.errors import BadInputError, UnsupportedError
from tinyq.frontend.lstm_loops import with_lstm
from tinyq.graph import DType, Graph, with_float_weights, write_graph
from tinyq.graph.batch_norm import BatchNorm
from tinyq.graph.loops import CONTROL, written_out
from tinyq.graph.reader import read_subgraphs

Kind = Literal["float", "quantized"]

_CODES = (DType.INT4, DType.INT8, DType.UINT8, DType.INT16)
_KEEPING = ("UNIDIRECTIONAL_SEQUENCE_LSTM", "SVDF")
_STATES = (
    "The model keeps states from one inference to the next, as a stream needs it; call model_reset() before each input "
    "that has nothing to do with the one before, which tinyq does for each sample."
)
_RANDOM = ("RANDOM_UNIFORM", "RANDOM_STANDARD_NORMAL", "MULTINOMIAL")


@dataclass(frozen=True)
class Examined:
    """A model file that was read: its kind, its bytes (those given, if quantized), its plain graph, and notes.

    Batch normalizations are known only of what TensorFlow converted.
    """

    kind: Kind
    tflite: bytes
    graph: Graph
    notes: tuple[str, ...] = ()
    batch_norms: tuple[BatchNorm, ...] = ()


def examine(content: bytes) -> Examined:
    """Read a model, tell float from quantized, and make it plain.

    Plain means: what depends on shapes alone is computed beforehand and, in a float model, weights are float32.

    Raises:
        BadInputError: The file is damaged, its inputs have no fixed shapes, or its batch is larger than one.
        UnsupportedError: It needs operations from outside TensorFlow Lite, or variables.
    """
    main, parts = read_subgraphs(content)
    loops = any(op.kind in CONTROL for op in main.ops)
    graph = written_out(main, parts)
    _check_operators(graph)
    _check_static(content, graph)
    if _has_codes(graph):
        return Examined("quantized", write_graph(graph) if loops else content, _fold(graph))
    graph = read_float(content) if loops else graph
    _check_batch(graph)
    notes = [_STATES] if any(op.kind in _KEEPING for op in graph.ops) else []
    plain = with_float_weights(graph)
    if plain is not graph:
        stored = sorted(
            {t.dtype.value for t, p in zip(graph.tensors, plain.tensors, strict=True) if t.dtype != p.dtype}
        )
        notes.append(
            f"The file stores its weights as {' and '.join(stored)} but computes in float; it is taken as a float "
            "model of the rounded weights. The model that it was made from would lose less."
        )
    folded = _fold(plain)
    if folded is graph and not loops:
        return Examined("float", content, graph, tuple(notes))
    return Examined("float", write_graph(folded), folded, tuple(notes))


def read_float(content: bytes) -> Graph:
    """A float model with its loops written out, or as LSTM operators where they are LSTM layers.

    Raises:
        UnsupportedError: The model has a branch, or a loop whose number of steps depends on its inputs.
    """
    main, parts = read_subgraphs(content)
    return written_out(with_lstm(main, parts), parts)


def _has_codes(graph: Graph) -> bool:
    """Whether any activation is quantized."""
    return any(not t.is_constant and t.dtype in _CODES and t.quantization is not None for t in graph.tensors)


def _check_operators(graph: Graph) -> None:
    flex = sorted({op.kind.removeprefix("CUSTOM:Flex") for op in graph.ops if op.kind.startswith("CUSTOM:Flex")})
    if flex:
        raise UnsupportedError(
            f"The model uses operations of full TensorFlow: {', '.join(flex)}.",
            "Convert it with TFLITE_BUILTINS alone, or replace the layers that need them.",
        )
    if any(t.dtype is DType.RESOURCE for t in graph.tensors) and not _has_codes(graph):
        raise UnsupportedError(
            "The model is float and keeps variables.", "Quantize it with its own converter, or freeze its variables."
        )
    if any(t.dtype is DType.FLOAT16 and not t.is_constant for t in graph.tensors):
        raise UnsupportedError("The model computes in float16.", "Convert it with float32 activations.")


def _check_static(content: bytes, graph: Graph) -> None:
    from ai_edge_litert import schema_py_generated as schema

    subgraph: Any = schema.Model.GetRootAs(content, 0).Subgraphs(0)
    for index in graph.inputs:
        table = subgraph.Tensors(index)
        shape = [int(table.ShapeSignature(i)) for i in range(table.ShapeSignatureLength())]
        for position, size in enumerate(shape[1:], 1):
            if size < 0:
                shown = "x".join("?" if d < 0 else str(d) for d in shape)
                raise BadInputError(
                    f"Dimension {position} of the model's input {graph.tensors[index].name!r} has no fixed size "
                    f"({shown}).",
                    "Microcontrollers need static shapes; convert the model with the size that it will be used with.",
                )


def _check_batch(graph: Graph) -> None:
    first = {t.shape[0] if t.shape else 1 for t in (graph.tensors[i] for i in (*graph.inputs, *graph.outputs))}
    if len(first) == 1 and (batch := first.pop()) != 1:
        raise BadInputError(f"The model is fixed to batches of {batch}.", "Convert it with a batch of one.")


def _fold(graph: Graph) -> Graph:
    """Compute beforehand what no input value changes, and take the shapes that an interpreter finds.

    A converter that was not told the batch size leaves SHAPE, STRIDED_SLICE and PACK before each RESHAPE.
    """
    known = {i for i, t in enumerate(graph.tensors) if t.is_constant}
    fixed: set[int] = set()
    for position, op in enumerate(graph.ops):
        inputs = [t for t in op.inputs if t >= 0]
        if op.kind == "SHAPE" or (inputs and known.issuperset(inputs) and op.kind not in _RANDOM):
            fixed.add(position)
            known.update(op.outputs)
    if not fixed:
        return graph
    import numpy as np
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_content=write_graph(graph), experimental_preserve_all_tensors=True, num_threads=1)
    interpreter.allocate_tensors()
    for detail in interpreter.get_input_details():
        interpreter.set_tensor(detail["index"], np.zeros(detail["shape"], detail["dtype"]))
    interpreter.invoke()
    details = {d["index"]: d for d in interpreter.get_tensor_details()}
    changes = {}
    for index, tensor in enumerate(graph.tensors):
        if tensor.is_constant or index not in details:
            continue
        shape = tuple(int(d) for d in details[index]["shape"])
        value = interpreter.get_tensor(index).copy() if index in known else None
        changes[index] = replace(tensor, shape=value.shape if value is not None else shape, data=value)
    ops = tuple(op for position, op in enumerate(graph.ops) if position not in fixed)
    return replace(graph.replace_tensors(changes), ops=ops)
