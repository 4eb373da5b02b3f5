"""FILL, ZEROS_LIKE and SHAPE: outputs that do not depend on what goes in, or on one element alone."""

from __future__ import annotations

import numpy as np

from tinyq.codegen import checks
from tinyq.codegen.kernel import Call, Constant, Emission, Input, Node, Output, Ref, Target, register
from tinyq.codegen.moves import ANY, Mover, element_bytes, moved, type_names
from tinyq.graph import DType


class Fill(Mover):
    """``tq_fill``."""

    TYPES = (DType.INT8, DType.INT32, DType.FLOAT32)
    kinds = ("FILL",)

    def objection(self, node: Node, target: Target) -> str:
        return (
            checks.arity(node, 2)
            or checks.constant(node.input(0), "dimensions")
            or moved(node, node.input(1), (node.output,), self.TYPES)
            or checks.shape(node.input(1), ())
            or self._shape_objection(node)
        )

    def _shape_objection(self, node: Node) -> str:
        wanted = node.input(0).data
        assert wanted is not None  # noqa: S101 - checked before
        return checks.shape(node.output, tuple(int(d) for d in wanted.reshape(-1)))

    def emit(self, node: Node, target: Target) -> Emission:
        arguments = (node.output.elements, element_bytes(node.output), Input(1), Output())
        return Emission(calls=(Call("tq_fill", arguments),), headers=("tq_fill.h",))


class ZerosLike(Mover):
    """``tq_fill``; of int8 TFLM writes the code 0, whatever it stands for."""

    TYPES = (DType.INT8, DType.INT32, DType.INT64, DType.FLOAT32)
    kinds = ("ZEROS_LIKE",)

    def objection(self, node: Node, target: Target) -> str:
        return (
            checks.arity(node, 1)
            or moved(node, node.input(0), (node.output,), self.TYPES)
            or checks.shape(node.output, node.input(0).shape)
        )

    def emit(self, node: Node, target: Target) -> Emission:
        zero = Constant("zero", np.zeros(1, node.output.dtype.numpy))
        arguments = (node.output.elements, element_bytes(node.output), Ref("zero"), Output())
        return Emission(calls=(Call("tq_fill", arguments),), headers=("tq_fill.h",), constants=(zero,))


class Shape(Mover):
    """``tq_copy``."""

    kinds = ("SHAPE",)

    def objection(self, node: Node, target: Target) -> str:
        return (
            checks.arity(node, 1)
            or checks.dtypes((node.output, DType.INT32))
            or checks.require(node.input(0).dtype in self.TYPES, f"its input is {node.input(0).dtype}")
            or checks.shape(node.output, (len(node.input(0).shape),))
        )

    def emit(self, node: Node, target: Target) -> Emission:
        shape = Constant("shape", np.array(node.input(0).shape, np.int32))
        call = Call("tq_copy", (node.output.nbytes, Ref("shape"), Output()))
        return Emission(calls=(call,), headers=("tq_copy.h",), constants=(shape,))


register(Fill(), *type_names(Fill.TYPES))
register(ZerosLike(), *type_names(ZerosLike.TYPES))
register(Shape(), *type_names(ANY))
