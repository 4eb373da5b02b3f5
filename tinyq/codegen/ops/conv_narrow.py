"""CONV_2D of int8 with weights of 2 or 3 bits."""

from __future__ import annotations

from tinyq.codegen.kernel import register
from tinyq.codegen.ops.conv import Conv
from tinyq.codegen.ops.conv_1x1 import PointwiseConv
from tinyq.codegen.weights_narrow import WIDTHS

for family in WIDTHS:
    register(Conv(family))
    register(PointwiseConv(family))
