"""FULLY_CONNECTED of int8 with 4-bit weights."""

from __future__ import annotations

from tinyq.codegen.kernel import register
from tinyq.codegen.ops.fully_connected import FullyConnected
from tinyq.codegen.weights_s8w4 import INT8_WEIGHTS_4

register(FullyConnected(INT8_WEIGHTS_4), "int4")
