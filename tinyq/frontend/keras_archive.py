"""The ``.keras`` format: a zip archive, written by Keras 3 or by tf_keras."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

from tinyq.frontend import keras2, keras3
from tinyq.frontend.keras_config import refuse_code
from tinyq.frontend.source import Source


def open_source(path: Path, trust: bool) -> Source:
    """Open an archive with the Keras that wrote it.

    Raises:
        BadInputError: It holds code and is not trusted, or has no fixed input shapes.
    """
    with zipfile.ZipFile(path) as archive:
        metadata = json.loads(archive.read("metadata.json"))
        if not trust:
            refuse_code(json.loads(archive.read("config.json")))
    legacy = str(metadata.get("keras_version", "3")).startswith("2")
    return (keras2.open_source if legacy else keras3.open_source)(path, trust)
