"""DEPTHWISE_CONV_2D of int8 with weights of 2 or 3 bits."""

from __future__ import annotations

from tinyq.codegen.kernel import register
from tinyq.codegen.ops.depthwise_conv import DepthwiseConv
from tinyq.codegen.weights_narrow import WIDTHS

for family in WIDTHS:
    register(DepthwiseConv(family))
