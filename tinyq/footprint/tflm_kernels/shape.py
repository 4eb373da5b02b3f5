"""Operators that only move data."""

from __future__ import annotations

from tinyq.footprint.tflm_kernels import KernelMemory, Site, kernel_memory


@kernel_memory("RESHAPE", "SQUEEZE")
def reshape(site: Site) -> KernelMemory:
    return KernelMemory((36, 4), temporaries=(site.op.inputs[0], site.op.outputs[0]))


@kernel_memory("PAD", "PADV2")
def pad(site: Site) -> KernelMemory:
    return KernelMemory(op_data=56, temporaries=(*site.inputs, site.op.outputs[0]))


@kernel_memory("CONCATENATION")
def concatenation(site: Site) -> KernelMemory:
    return KernelMemory((8, 4), 24, temporaries=(site.op.inputs[0], site.op.outputs[0], *site.inputs))
