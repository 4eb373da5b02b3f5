"""CONV_2D of int16 with int8 weights."""

from __future__ import annotations

from tinyq.codegen.kernel import register
from tinyq.codegen.ops.conv import Conv
from tinyq.codegen.ops.conv_1x1 import PointwiseConv
from tinyq.codegen.weights_s16 import INT16

register(Conv(INT16), "int16")
register(PointwiseConv(INT16))
