"""MAX_POOL_2D and AVERAGE_POOL_2D of int16."""

from __future__ import annotations

from tinyq.codegen.kernel import register
from tinyq.codegen.ops.pool import Pool
from tinyq.graph import DType

register(Pool(DType.INT16), "int16")
