"""Read a ``.tflite`` flatbuffer into a :class:`~tinyq.graph.types.Graph`, trusting nothing in it."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyq.errors import BadInputError
from tinyq.graph import options as op_options
from tinyq.graph.loops import subgraphs_of, written_out
from tinyq.graph.types import DType, Graph, Op, Quantization, Signature, Tensor

_MAX_ELEMENTS = 1 << 26  # no microcontroller holds a tensor near that size
_WITHOUT_INPUTS = ("VAR_HANDLE", "CALL_ONCE")
_WITHOUT_OUTPUTS = ("ASSIGN_VARIABLE", "CALL_ONCE")
_MEND = "Export the model again, or check that the file was copied whole."


def read_graph(content: bytes) -> Graph:
    """Parse a model.

    Args:
        content: The bytes of a ``.tflite`` file. Loops of a known number of steps are written out.

    Raises:
        BadInputError: The bytes are no such file, are damaged, or use a feature that tinyq does not read.
        UnsupportedError: The model has a branch, or a loop whose number of steps depends on its inputs.
    """
    graph = written_out(*read_subgraphs(content))
    if any(t not in _written(graph) for t in graph.outputs) or not graph.outputs:
        raise BadInputError("The model's outputs are never computed.", _MEND)
    return graph


def read_subgraphs(content: bytes) -> tuple[Graph, tuple[Graph, ...]]:
    """As :func:`read_graph`, but loops are left as they are: the main graph, and the subgraphs behind it."""
    from ai_edge_litert import schema_py_generated as schema

    if len(content) < 16 or content[4:8] != b"TFL3":
        raise BadInputError("The file is not a TensorFlow Lite model.", "Give a .tflite, .keras, .h5 or SavedModel.")
    try:
        model = schema.ModelT.InitFromPackedBuf(content, 0)
        return _subgraphs(model, schema)
    except BadInputError:
        raise
    except Exception as error:  # a damaged flatbuffer fails anywhere, with anything
        raise BadInputError(f"The .tflite file is damaged ({type(error).__name__}: {error}).", _MEND) from error


def _subgraphs(model: Any, schema: Any) -> tuple[Graph, tuple[Graph, ...]]:
    subgraphs = model.subgraphs or []
    if not subgraphs:
        raise BadInputError("The model has no subgraphs.", _MEND)
    buffers = model.buffers or []
    kinds = {v: k for k, v in vars(schema.BuiltinOperator).items() if isinstance(v, int)}
    codes = [_kind(code, kinds) for code in model.operatorCodes or []]
    main, *others = (_subgraph(subgraph, buffers, codes, schema) for subgraph in subgraphs)
    count = len(main.tensors)
    graph = replace(
        main,
        signatures=tuple(_signature(s, count) for s in _list(model.signatureDefs)),
        metadata=MappingProxyType(
            {_text(m.name): bytes(_buffer(buffers, m.buffer)) for m in _list(model.metadata) if m.buffer < len(buffers)}
        ),
        description=_text(model.description),
    )
    called = {number for part in (graph, *others) for op in part.ops for number in subgraphs_of(op)}
    if called != set(range(1, len(subgraphs))):
        raise BadInputError(
            f"The model has {len(subgraphs)} subgraphs, not all of which an operator runs.",
            "Export it with one entry point.",
        )
    for part in (graph, *others):
        _check_order(part)
    return graph, tuple(others)


def _subgraph(subgraph: Any, buffers: list[Any], codes: list[str], schema: Any) -> Graph:
    tensors = tuple(_tensor(t, buffers, schema, i) for i, t in enumerate(subgraph.tensors or []))
    count = len(tensors)
    ops = tuple(_op(op, codes, count) for op in _list(subgraph.operators))
    return Graph(tensors, ops, _indices(subgraph.inputs, count), _indices(subgraph.outputs, count))


def _written(graph: Graph) -> set[int]:
    """Tensors that hold something after an inference."""
    there = {*graph.inputs, *(i for i, t in enumerate(graph.tensors) if t.is_constant or t.is_variable)}
    return there | {t for op in graph.ops for t in op.outputs}


def _check_order(graph: Graph) -> None:
    """Operators read and write something; every activation is written before it is read, and by one op only."""
    known = {*graph.inputs, *(i for i, t in enumerate(graph.tensors) if t.is_constant or t.is_variable)}
    for position, op in enumerate(graph.ops):
        if not op.inputs and op.kind not in _WITHOUT_INPUTS and not op.kind.startswith("CUSTOM"):
            raise BadInputError(f"Operator {position} ({op.kind}) reads nothing.", _MEND)
        if not op.outputs and op.kind not in _WITHOUT_OUTPUTS:
            raise BadInputError(f"Operator {position} ({op.kind}) writes nothing.", _MEND)
        missing = [t for t in op.inputs if t >= 0 and t not in known]
        if missing:
            raise BadInputError(f"Operator {position} ({op.kind}) reads a tensor that nothing wrote.", _MEND)
        if any(t in known for t in op.outputs):
            raise BadInputError(f"Operator {position} ({op.kind}) writes a tensor that is already there.", _MEND)
        known.update(op.outputs)


def _kind(code: Any, kinds: dict[int, str]) -> str:
    # files older than schema 3a keep the code in the deprecated field
    builtin = max(int(code.builtinCode), int(code.deprecatedBuiltinCode))
    if kinds.get(builtin) == "CUSTOM":
        return f"CUSTOM:{_text(code.customCode)}"
    if builtin not in kinds:
        raise BadInputError(f"The model uses operator code {builtin}, which the schema lacks.", _MEND)
    return kinds[builtin]


def _op(op: Any, codes: list[str], count: int) -> Op:
    if not 0 <= op.opcodeIndex < len(codes):
        raise BadInputError("An operator has no operator code.", _MEND)
    kind = codes[op.opcodeIndex]
    custom = bytes(np.asarray(_list(op.customOptions), np.uint8))
    second = op.builtinOptions2 is not None
    table = op.builtinOptions2 if second else op.builtinOptions
    try:
        options = op_options.decode(kind, table, custom, second)
    except ValueError as error:
        raise BadInputError(f"Operator {kind} has damaged options: {error}.", _MEND) from error
    return Op(
        kind,
        _indices(op.inputs, count, optional=True),
        _indices(op.outputs, count),
        options,
        _indices(op.intermediates, count),
    )


def _tensor(tensor: Any, buffers: list[Any], schema: Any, index: int) -> Tensor:
    name = _text(tensor.name) or f"tensor_{index}"
    types = {v: k for k, v in vars(schema.TensorType).items() if isinstance(v, int)}
    type_name = types.get(tensor.type, str(tensor.type)).lower()
    if type_name not in DType._value2member_map_:
        raise BadInputError(
            f"Tensor {name!r} has type {type_name}, which tinyq does not read.", "Use float or integer types."
        )
    dtype = DType(type_name)
    shape = tuple(int(d) for d in _list(tensor.shape))
    if any(d < 0 for d in shape) or np.prod(shape, dtype=np.float64) > _MAX_ELEMENTS:
        raise BadInputError(f"Tensor {name!r} has the impossible shape {shape}.", _MEND)
    if tensor.sparsity is not None:
        raise BadInputError(f"Tensor {name!r} is stored sparse, which tinyq does not read.", "Export it dense.")
    raw = _buffer(buffers, tensor.buffer)
    data = _constant(raw, shape, dtype, name) if raw.size else None
    return Tensor(name, shape, dtype, _quantization(tensor.quantization, shape, name), data, bool(tensor.isVariable))


def _buffer(buffers: list[Any], index: int) -> NDArray[np.uint8]:
    if not 0 <= index < len(buffers):
        raise BadInputError("A tensor names a buffer that the file lacks.", _MEND)
    data = buffers[index].data
    return np.asarray(data if data is not None else [], np.uint8)


def _constant(raw: NDArray[np.uint8], shape: tuple[int, ...], dtype: DType, name: str) -> NDArray[Any]:
    elements = int(np.prod(shape, dtype=np.int64)) if shape else 1
    expected = (elements * dtype.bits + 7) // 8
    if raw.size != expected:
        raise BadInputError(f"Tensor {name!r} needs {expected} bytes of data but the file has {raw.size}.", _MEND)
    if dtype is DType.INT4:
        return unpack_int4(raw, elements).reshape(shape)
    return np.frombuffer(raw.tobytes(), dtype.numpy.newbyteorder("<")).reshape(shape)


def unpack_int4(raw: NDArray[np.uint8], elements: int) -> NDArray[np.int8]:
    """Two's complement nibbles, low nibble first, as int8 values -8..7."""
    nibbles = np.stack([raw & 15, raw >> 4], axis=-1).reshape(-1)[:elements].astype(np.int8)
    return np.where(nibbles > 7, nibbles - 16, nibbles).astype(np.int8)


def _quantization(q: Any, shape: tuple[int, ...], name: str) -> Quantization | None:
    if q is None or q.scale is None or len(q.scale) == 0:
        return None
    scale = np.asarray(q.scale, np.float32)
    zero_point = np.asarray(q.zeroPoint if q.zeroPoint is not None else [], np.int64)
    if zero_point.size != scale.size:
        zero_point = np.resize(zero_point, scale.shape) if zero_point.size else np.zeros(scale.shape, np.int64)
    axis = int(q.quantizedDimension)
    if not np.all(np.isfinite(scale)) or np.any(scale < 0):
        raise BadInputError(f"Tensor {name!r} has a scale that is negative or not a number.", _MEND)
    if scale.size > 1 and not (0 <= axis < len(shape) and shape[axis] == scale.size):
        raise BadInputError(f"Tensor {name!r} has {scale.size} scales, which fit none of its channels.", _MEND)
    return Quantization(scale, zero_point, axis)


def _signature(signature: Any, count: int) -> Signature:
    def pairs(maps: Any) -> tuple[tuple[str, int], ...]:
        return tuple((_text(m.name), int(m.tensorIndex)) for m in _list(maps) if 0 <= m.tensorIndex < count)

    return Signature(_text(signature.signatureKey), pairs(signature.inputs), pairs(signature.outputs))


def _indices(values: Any, count: int, optional: bool = False) -> tuple[int, ...]:
    indices = tuple(int(v) for v in _list(values))
    if any(not (-1 if optional else 0) <= i < count for i in indices):
        raise BadInputError("An operator names a tensor that the file lacks.", _MEND)
    return indices


def _list(values: Any) -> Any:
    return [] if values is None else values


def _text(value: Any) -> str:
    if value is None:
        return ""
    return value.decode("utf-8", errors="replace") if isinstance(value, bytes) else str(value)
