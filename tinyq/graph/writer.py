"""Write a :class:`~tinyq.graph.types.Graph` as a ``.tflite`` flatbuffer."""

from __future__ import annotations

from typing import Any

import flatbuffers
import numpy as np
from numpy.typing import NDArray

from tinyq.graph import options as op_options
from tinyq.graph.types import DType, Graph, Op, Signature, Tensor
from tinyq.graph.versions import op_version

_ALIGNMENT = 16  # what TFLM's kernels may assume of constant data
_SCHEMA_VERSION = 3


def write_graph(graph: Graph) -> bytes:
    """Serialize a graph; the data of every buffer starts at a multiple of 16 bytes.

    Args:
        graph: What to write. int4 constants are packed, low nibble first.
    """
    return pack_model(schema_model(graph), flatbuffers.Builder(1 << 16))


def schema_model(graph: Graph) -> Any:
    """A graph as the schema's own ``ModelT``, for what the graph does not express."""
    from ai_edge_litert import schema_py_generated as schema

    buffers: list[Any] = [_buffer(schema, None)]
    model = schema.ModelT()
    model.version = _SCHEMA_VERSION
    model.description = graph.description or "tinyq"

    codes: dict[tuple[str, int], int] = {}
    named = [("main", graph), *((f"once_{i}", part) for i, part in enumerate(graph.initializers, 1))]
    model.subgraphs = [_subgraph(schema, name, part, buffers, codes) for name, part in named]
    model.operatorCodes = [_code(schema, kind, version) for kind, version in codes]
    model.signatureDefs = [_signature(schema, s) for s in graph.signatures] or None
    model.metadata = []
    for name, value in graph.metadata.items():
        entry = schema.MetadataT()
        entry.name, entry.buffer = name, len(buffers)
        buffers.append(_buffer(schema, np.frombuffer(value, np.uint8)))
        model.metadata.append(entry)
    model.buffers = buffers
    return model


def _subgraph(schema: Any, name: str, graph: Graph, buffers: list[Any], codes: dict[tuple[str, int], int]) -> Any:
    keys = [(op.kind, op_version(graph, op)) for op in graph.ops]
    for key in keys:
        codes.setdefault(key, len(codes))
    subgraph = schema.SubGraphT()
    subgraph.name = name
    subgraph.tensors = [_tensor(schema, t, buffers) for t in graph.tensors]
    subgraph.inputs = list(graph.inputs)
    subgraph.outputs = list(graph.outputs)
    subgraph.operators = [_op(schema, op, codes[key]) for op, key in zip(graph.ops, keys, strict=True)]
    return subgraph


def pack_model(model: Any, builder: flatbuffers.Builder) -> bytes:
    """Serialize a ``ModelT``."""
    builder.Finish(model.Pack(builder), file_identifier=b"TFL3")
    return bytes(builder.Output())


def pack_int4(values: NDArray[Any]) -> NDArray[np.uint8]:
    """Values -8..7 as two's complement nibbles, low nibble first; an odd count is padded with zero."""
    nibbles = np.asarray(values, np.int8).reshape(-1).view(np.uint8) & 15
    if nibbles.size % 2:
        nibbles = np.append(nibbles, np.uint8(0))
    return (nibbles[0::2] | (nibbles[1::2] << 4)).astype(np.uint8)


def _buffer(schema: Any, data: NDArray[np.uint8] | None) -> Any:
    class AlignedBuffer(schema.BufferT):  # type: ignore[misc]
        """The generated class ignores the schema's ``force_align: 16``."""

        def Pack(self, builder: Any) -> Any:  # noqa: N802 - the generated code calls it so
            if self.data is None:
                return super().Pack(builder)
            builder.StartVector(1, self.data.size, _ALIGNMENT)
            builder.head -= self.data.size
            builder.Bytes[builder.head : builder.head + self.data.size] = self.data.tobytes()
            vector = builder.EndVector()
            schema.BufferStart(builder)
            schema.BufferAddData(builder, vector)
            return schema.BufferEnd(builder)

    buffer = AlignedBuffer()
    buffer.data = data
    return buffer


def _code(schema: Any, kind: str, version: int) -> Any:
    code = schema.OperatorCodeT()
    name, _, custom = kind.partition(":")
    code.builtinCode = getattr(schema.BuiltinOperator, name)
    # readers older than schema 3a look here; 127 says "see the other field"
    code.deprecatedBuiltinCode = min(code.builtinCode, 127)
    code.version = version
    if custom:
        code.customCode = custom
    return code


def _tensor(schema: Any, tensor: Tensor, buffers: list[Any]) -> Any:
    out = schema.TensorT()
    out.name = tensor.name
    out.shape = list(tensor.shape)
    out.type = getattr(schema.TensorType, tensor.dtype.upper())
    out.isVariable = tensor.is_variable
    out.hasRank = True
    out.buffer = 0
    if tensor.data is not None:
        raw = (
            pack_int4(tensor.data)
            if tensor.dtype is DType.INT4
            else np.frombuffer(np.ascontiguousarray(tensor.data).astype(tensor.dtype.numpy).tobytes(), np.uint8)
        )
        out.buffer = len(buffers)
        buffers.append(_buffer(schema, raw))
    if tensor.quantization is not None:
        q = schema.QuantizationParametersT()
        q.scale = np.asarray(tensor.quantization.scale, np.float32)
        q.zeroPoint = np.asarray(tensor.quantization.zero_point, np.int64)
        q.quantizedDimension = tensor.quantization.axis
        out.quantization = q
    return out


def _op(schema: Any, op: Op, code: int) -> Any:
    out = schema.OperatorT()
    out.opcodeIndex = code
    out.inputs = list(op.inputs)
    out.outputs = list(op.outputs)
    out.intermediates = list(op.intermediates) or None
    table_name, table = op_options.encode(op.options, schema)
    if isinstance(op.options, op_options.OpaqueOptions):
        if op.options.custom:
            out.customOptions = list(op.options.custom)
        if op.options.second_union:
            out.builtinOptions2Type = getattr(schema.BuiltinOptions2, table_name)
            out.builtinOptions2 = table
            return out
    if table is not None:
        out.builtinOptionsType = getattr(schema.BuiltinOptions, table_name)
        out.builtinOptions = table
    return out


def _signature(schema: Any, signature: Signature) -> Any:
    def maps(pairs: tuple[tuple[str, int], ...]) -> list[Any]:
        out = []
        for name, index in pairs:
            entry = schema.TensorMapT()
            entry.name, entry.tensorIndex = name, index
            out.append(entry)
        return out

    out = schema.SignatureDefT()
    out.signatureKey = signature.key
    out.subgraphIndex = 0
    out.inputs, out.outputs = maps(signature.inputs), maps(signature.outputs)
    return out
