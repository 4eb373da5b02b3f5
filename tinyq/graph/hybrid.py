"""Float models whose weights are stored small: dynamic-range (int8, int4) and float16 files."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tinyq.graph.types import DType, Graph, Tensor

_STORED = (DType.INT4, DType.INT8, DType.UINT8, DType.FLOAT16)


def with_float_weights(graph: Graph) -> Graph:
    """The same model with every small-stored weight written out as float32.

    A hybrid kernel quantizes its inputs on the fly, at every inference, which no microcontroller kernel does; what the
    file stands for is the float computation. A graph without such weights is returned unchanged.
    """
    widened: dict[int, Tensor] = {}
    renamed: dict[int, int] = {}
    ops = []
    for op in graph.ops:
        inputs = tuple(renamed.get(t, t) for t in op.inputs)
        out = graph.tensors[op.outputs[0]] if op.outputs else None
        float_result = out is not None and out.dtype is DType.FLOAT32
        if float_result:
            for t in inputs:
                if t >= 0 and (wide := _widen(graph.tensors[t])) is not None:
                    widened[t] = wide
        if op.kind == "DEQUANTIZE" and float_result and inputs[0] in widened:
            renamed[op.outputs[0]] = inputs[0]  # its result is the constant itself now
            continue
        ops.append(replace(op, inputs=inputs))
    return replace(graph.replace_tensors(widened), ops=tuple(ops)) if widened else graph


def _widen(tensor: Tensor) -> Tensor | None:
    """A float32 constant for one that is stored small; None for any other tensor."""
    if tensor.data is None or tensor.dtype not in _STORED:
        return None
    values = tensor.data.astype(np.float64)
    if tensor.quantization is not None:
        shape = [1] * values.ndim
        if tensor.quantization.is_per_channel:
            shape[tensor.quantization.axis] = -1
        values = (values - tensor.quantization.zero_point.reshape(shape)) * tensor.quantization.scale.reshape(shape)
    elif tensor.dtype is not DType.FLOAT16:
        return None
    return replace(tensor, dtype=DType.FLOAT32, quantization=None, data=values.astype(np.float32))
