"""FULLY_CONNECTED of int8 with weights of 2 or 3 bits."""

from __future__ import annotations

from tinyq.codegen.kernel import register
from tinyq.codegen.ops.fully_connected import FullyConnected
from tinyq.codegen.weights_narrow import WIDTHS

for family in WIDTHS:
    register(FullyConnected(family))
