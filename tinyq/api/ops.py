"""The operators that the runtimes have."""

from __future__ import annotations

from textwrap import fill

from tinyq.codegen.kernel import TYPES, supported_kinds, supported_types
from tinyq.firmware.tflm_types import TYPES as TFLM_TYPES
from tinyq.reporting.op_models import OpEntry, OpList

_TITLE = """# Operators

Operators of the schema of TensorFlow Lite, by the type of their data: which of the runtimes `aot` (generated C) and
`tflm` (the official interpreter) has them. int16 means int16 data with int8 weights, int4 means 4-bit weights beside
int8 data. The AOT engine gives the same bytes as the interpreter for integers; how to add an operator is told in
[adding-an-op.md](adding-an-op.md).

Float32 of the AOT engine has the same bits on every core. It equals TFLM on the host, which adds up in the same order,
but for functions that TFLM takes from the C library: EXP, LOG, TANH, LOGISTIC, ELU, SIN and COS are within 2 units in
the last place, SOFTMAX and LOG_SOFTMAX within 4, UNIDIRECTIONAL_SEQUENCE_LSTM within 0.000001.

Where TFLM's result is not defined, the AOT engine's is:

- DIV of int8: quotients so small that TFLM shifts by more than 31 bits are rounded to zero; dividing by zero gives the
  end of the output's range. TFLM's host interpreter gives other codes there.
- SPACE_TO_BATCH_ND of int8 pads with the zero point; TFLM pads with what its memory happens to hold.
- RSQRT of int8: inputs that are not positive give the largest code; TFLM fails.
- FLOOR_DIV of float32: dividing by zero gives an infinity or no number; TFLM fails.
- GATHER and GATHER_ND: indices beyond the axis are taken as its nearest end; TFLM reads elsewhere, or fails.
- `model_reset` gives variables the values that the model initializes them with; TFLM's own reset gives them zeros.

WHILE is written out step by step when a file is read, if its number of steps is known, as that of recurrent layers is;
loops that depend on their inputs, IF and custom operators are refused. An LSTM layer of Keras becomes one operator.
Weights of convolutions and dense layers must be constant. Of what TFLM has, the AOT engine refuses:{refused}.

The table is made by `tinyq ops --markdown`.

"""


def list_ops() -> OpList:
    """Every operator of either runtime, with its types."""
    kinds = sorted({*supported_kinds(), *TFLM_TYPES})
    return OpList(
        types=TYPES,
        ops=tuple(
            OpEntry(op=kind, aot=_ordered(supported_types(kind)), tflm=_ordered(TFLM_TYPES.get(kind, frozenset())))
            for kind in kinds
        ),
    )


def ops_page() -> str:
    """The page docs/ops.md."""
    table = list_ops()
    refused = [
        entry.op if not entry.aot else f"{entry.op} of {', '.join(missing)}"
        for entry in table.ops
        if (missing := [t for t in entry.tflm if t not in entry.aot])
    ]
    return _TITLE.replace("{refused}", "\n" + fill(", ".join(refused), 118)) + table.to_markdown()


def _ordered(types: frozenset[str]) -> tuple[str, ...]:
    return tuple(t for t in TYPES if t in types)
