"""Quantization-aware training: models that learn what rounding does to them.

:func:`prepare` and :func:`finish` are for training loops of one's own; ``tinyq qat`` has a loop that does the rest too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__all__ = ["Finished", "finish", "prepare"]

if TYPE_CHECKING:
    from tinyq.qat.own_loop import Finished, finish, prepare


def __getattr__(name: str) -> Any:
    if name in __all__:
        from tinyq.qat import own_loop

        return getattr(own_loop, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
