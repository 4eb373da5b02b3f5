"""ADD of int16."""

from __future__ import annotations

from tinyq.codegen.kernel import register
from tinyq.codegen.ops.add import Add
from tinyq.graph import DType

register(Add(DType.INT16), "int16")
