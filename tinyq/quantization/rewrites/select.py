"""SELECT, which TFLM lacks, as SELECT_V2, and the wrapping of negative indices that it is used for."""

from __future__ import annotations

from dataclasses import replace

from tinyq.graph import DType, Op
from tinyq.quantization.rewrites.draft import Draft


def _select(draft: Draft, op: Op) -> bool:
    """SELECT_V2 where shapes are equal; of others SELECT broadcasts its condition along the wrong dimension."""
    shapes = {draft.tensor(t).shape for t in (*op.inputs, *op.outputs)}
    if len(shapes) > 1:
        return False
    draft.write("SELECT_V2", op.inputs, op.outputs[0], op.options)
    return True


def _gather(draft: Draft, op: Op) -> bool:
    """GATHER by indices as they come, where negative ones were to count from the end.

    Keras writes ``where(i < 0, i + n, i)`` in front of each embedding, for which TFLM has no kernel. Embeddings are not
    asked for negative indices.
    """
    wrap = draft.producer(op.inputs[1])
    if wrap is None or wrap.kind not in ("SELECT", "SELECT_V2") or draft.tensor(op.inputs[1]).dtype is DType.FLOAT32:
        return False
    negative, wrapped = draft.producer(wrap.inputs[0]), draft.producer(wrap.inputs[1])
    plain = wrap.inputs[2]
    if negative is None or negative.kind != "LESS" or negative.inputs[0] != plain or not _is_zero(draft, negative):
        return False
    if wrapped is None or wrapped.kind != "ADD" or plain not in wrapped.inputs:
        return False
    draft.ops.append(replace(op, inputs=(op.inputs[0], plain, *op.inputs[2:])))
    return True


def _is_zero(draft: Draft, less: Op) -> bool:
    data = draft.tensor(less.inputs[1]).data
    return data is not None and not data.any()


REWRITES = {"SELECT": _select, "GATHER": _gather}
