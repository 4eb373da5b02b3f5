"""PAD and PADV2 of float32 and int32."""

from __future__ import annotations

import numpy as np

from tinyq.codegen import checks
from tinyq.codegen.kernel import Node, register
from tinyq.codegen.ops.pad import Pad
from tinyq.graph import DType


class Pad32(Pad):
    """``tq_pad_32``; without a value, padding is 0."""

    def _value_objection(self, node: Node) -> str:
        value = node.optional_input(2)
        if value is None:
            return ""
        return (
            checks.dtypes((value, self._dtype))
            or checks.constant(value, "padding values")
            or checks.require(value.elements == 1, "it has several padding values")
        )

    def _value(self, node: Node) -> int:
        """The bits of the value."""
        value = node.optional_input(2)
        return 0 if value is None or value.data is None else int(np.asarray(value.data).reshape(-1).view(np.int32)[0])


register(Pad32(DType.FLOAT32), "float32")
register(Pad32(DType.INT32), "int32")
