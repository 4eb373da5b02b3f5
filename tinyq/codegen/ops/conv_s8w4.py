"""CONV_2D of int8 with 4-bit weights."""

from __future__ import annotations

from tinyq.codegen.kernel import register
from tinyq.codegen.ops.conv import Conv
from tinyq.codegen.ops.conv_1x1 import PointwiseConv
from tinyq.codegen.weights_s8w4 import INT8_WEIGHTS_4

register(Conv(INT8_WEIGHTS_4), "int4")
register(PointwiseConv(INT8_WEIGHTS_4))
