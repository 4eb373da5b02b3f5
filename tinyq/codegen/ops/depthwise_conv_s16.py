"""DEPTHWISE_CONV_2D of int16 with int8 weights."""

from __future__ import annotations

from tinyq.codegen.kernel import register
from tinyq.codegen.ops.depthwise_conv import DepthwiseConv
from tinyq.codegen.weights_s16 import INT16

register(DepthwiseConv(INT16), "int16")
