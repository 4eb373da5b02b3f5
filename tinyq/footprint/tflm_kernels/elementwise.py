"""Operators that work element by element, and softmax."""

from __future__ import annotations

from tinyq.footprint.tflm_kernels import KernelMemory, Site, kernel_memory
from tinyq.graph import DType

_LUT_16 = 2 * 513


@kernel_memory("ADD")
def add(site: Site) -> KernelMemory:
    return KernelMemory((2, 1), 60, temporaries=_all(site))


@kernel_memory("SUB")
def sub(site: Site) -> KernelMemory:
    return KernelMemory((2, 1), 52, temporaries=_all(site))


@kernel_memory("MUL")
def mul(site: Site) -> KernelMemory:
    return KernelMemory((1, 1), 36, temporaries=_all(site))


@kernel_memory("SOFTMAX")
def softmax(site: Site) -> KernelMemory:
    wide = site.graph.tensors[site.op.inputs[0]].dtype is DType.INT16
    return KernelMemory((4, 4), 56, persistent=(_LUT_16, _LUT_16) if wide else (), temporaries=_all(site))


@kernel_memory("RELU")
def relu(site: Site) -> KernelMemory:
    return KernelMemory(op_data=28, temporaries=_all(site))


@kernel_memory("RELU6")
def relu6(site: Site) -> KernelMemory:
    return KernelMemory(op_data=8, temporaries=site.inputs)


@kernel_memory("LOGISTIC", "TANH")
def sigmoid(site: Site) -> KernelMemory:
    return KernelMemory(op_data=16, temporaries=_all(site))


@kernel_memory("LEAKY_RELU")
def leaky_relu(site: Site) -> KernelMemory:
    return KernelMemory((4, 4), 24, temporaries=_all(site))


@kernel_memory("QUANTIZE", "DEQUANTIZE")
def quantize(site: Site) -> KernelMemory:
    return KernelMemory(op_data=32, temporaries=_all(site))


def _all(site: Site) -> tuple[int, ...]:
    return (*site.inputs, site.op.outputs[0])
