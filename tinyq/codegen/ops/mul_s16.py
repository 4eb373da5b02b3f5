"""MUL of int16."""

from __future__ import annotations

from tinyq.codegen.kernel import register
from tinyq.codegen.ops.mul import Mul
from tinyq.graph import DType

register(Mul(DType.INT16), "int16")
