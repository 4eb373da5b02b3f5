"""NEG and SQUARE, which have float kernels alone, as products."""

from __future__ import annotations

from tinyq.graph import DType, Op
from tinyq.graph.options import MulOptions
from tinyq.quantization.rewrites.draft import Draft


def _neg(draft: Draft, op: Op) -> bool:
    output = op.outputs[0]
    if draft.tensor(output).dtype is not DType.FLOAT32:
        return False
    draft.write("MUL", (op.inputs[0], draft.scalar(output, "minus_one", -1.0)), output, MulOptions())
    return True


def _square(draft: Draft, op: Op) -> bool:
    if draft.tensor(op.outputs[0]).dtype is not DType.FLOAT32:
        return False
    draft.write("MUL", (op.inputs[0], op.inputs[0]), op.outputs[0], MulOptions())
    return True


REWRITES = {"NEG": _neg, "SQUARE": _square}
