"""PAD and PADV2 of int16."""

from __future__ import annotations

from tinyq.codegen.kernel import register
from tinyq.codegen.ops.pad import Pad
from tinyq.graph import DType

register(Pad(DType.INT16), "int16")
