"""FULLY_CONNECTED of int16 with int8 weights."""

from __future__ import annotations

from tinyq.codegen.kernel import register
from tinyq.codegen.ops.fully_connected import FullyConnected
from tinyq.codegen.weights_s16 import INT16

register(FullyConnected(INT16), "int16")
