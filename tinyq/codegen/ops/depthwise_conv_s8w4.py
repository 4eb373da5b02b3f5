"""DEPTHWISE_CONV_2D of int8 with 4-bit weights."""

from __future__ import annotations

from tinyq.codegen.kernel import register
from tinyq.codegen.ops.depthwise_conv import DepthwiseConv
from tinyq.codegen.weights_s8w4 import INT8_WEIGHTS_4

register(DepthwiseConv(INT8_WEIGHTS_4), "int4")
