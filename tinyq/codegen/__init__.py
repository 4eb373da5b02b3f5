"""Code generation: a quantized graph becomes C that calls the engine's kernels with constant parameters."""

from tinyq.codegen.code import GeneratedCode, Layer
from tinyq.codegen.generate import generate

__all__ = ["GeneratedCode", "Layer", "generate"]
