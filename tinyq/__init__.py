"""tinyq: from a trained Keras model to a microcontroller.

``tinyq.convert``, ``tinyq.quantize``, ``tinyq.analyze``, ``tinyq.generate``, ``tinyq.build``, ``tinyq.test``,
``tinyq.compare`` and ``tinyq.estimate`` are loaded on first use: the import itself should cost nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"
__all__ = ["__version__", "analyze", "build", "compare", "convert", "estimate", "generate", "quantize", "test"]

if TYPE_CHECKING:
    from tinyq.api import analyze, build, compare, convert, estimate, generate, quantize, test


def __getattr__(name: str) -> Any:
    if name == "qat":
        import importlib

        return importlib.import_module("tinyq.qat")
    if name in __all__:
        from tinyq import api

        return getattr(api, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
