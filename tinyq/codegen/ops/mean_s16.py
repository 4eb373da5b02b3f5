"""MEAN of int16."""

from __future__ import annotations

from tinyq.codegen.kernel import register
from tinyq.codegen.ops.mean import Mean
from tinyq.graph import DType

register(Mean(DType.INT16), "int16")
