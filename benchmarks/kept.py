"""Results of earlier runs, kept below ``build/``: a benchmark that was interrupted goes on where it was.

What a result depends on makes the name of its file: the program, byte for byte, its inputs, what is expected of it, and
the code that counts. Builds are reproducible, so what did not change is not measured again.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import tinyq

FOLDER = Path(__file__).resolve().parent.parent / "build" / "measurements"
_COUNTING = ("hardware/timing/*.py", "emulation/*.py")


def kept(depends_on: Iterable[bytes], measure: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """A result as JSON knows it: from its file, else measured and written to it.

    Args:
        depends_on: All that it depends on, apart from what counts and TensorFlow Lite Micro on the host.
        measure: Called where there is no such file.
    """
    digest = hashlib.sha256(version("tflite_micro").encode())
    for part in (*depends_on, *_counting()):
        digest.update(len(part).to_bytes(8, "little") + part)
    path = FOLDER / f"{digest.hexdigest()}.json"
    if not path.exists():
        found = measure()
        FOLDER.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(f".{os.getpid()}")
        partial.write_text(json.dumps(found))
        partial.replace(path)
    result: dict[str, Any] = json.loads(path.read_text())
    return result


def _counting() -> Iterable[bytes]:
    root = Path(tinyq.__file__).parent
    return (path.read_bytes() for pattern in _COUNTING for path in sorted(root.glob(pattern)))
