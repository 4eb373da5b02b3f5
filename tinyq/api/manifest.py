"""``tinyq.json``: what was run, on what, with what, so that it can be run again."""

from __future__ import annotations

import hashlib
import json
import os
import platform
from importlib import metadata
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from tinyq.api.staging import MANIFEST
from tinyq.errors import BadInputError

SCHEMA_VERSION = 1
_PACKAGES = ("tinyq", "numpy", "ai-edge-litert", "tflite-micro", "tensorflow", "keras")


class Source(BaseModel):
    """What went in; ``path`` is relative to the output folder, or a function as ``module:function``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: str
    sha256: str
    kind: Literal["file", "folder", "function"] = "file"

    @property
    def is_function(self) -> bool:
        return self.kind == "function"

    @property
    def is_folder(self) -> bool:
        return self.kind == "folder"


class Manifest(BaseModel):
    """The record of one conversion."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_version: int = SCHEMA_VERSION
    command: tuple[str, ...]
    versions: dict[str, str]
    model: Source
    given_quantized: bool
    data: Source | None
    image_scale: str | None = None
    board: str
    quantizer: str
    calibrator: str | None
    recipe: dict[str, Any] | None = None
    metric: str | None
    seed: int
    calibration_indices: tuple[int, ...]
    evaluation_indices: tuple[int, ...]
    files: dict[str, str]


def versions() -> dict[str, str]:
    """Versions of Python and of the packages that results depend on."""
    found = {"python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found


def sha256(content: bytes) -> str:
    """Hexadecimal SHA-256."""
    return hashlib.sha256(content).hexdigest()


def source(spec: str, digest: str, out: Path) -> Source:
    """The record of something that went in.

    Args:
        spec: A path, or a function as ``module:function``.
        digest: SHA-256 of its content.
        out: The output folder that the path is seen from.
    """
    path = Path(spec.partition("?")[0])
    if not path.exists():
        return Source(path=spec, sha256=digest, kind="function")
    seen = Path(os.path.relpath(path.resolve(), out.resolve())).as_posix()
    return Source(path=seen, sha256=digest, kind="folder" if path.is_dir() else "file")


def read_manifest(out: Path) -> Manifest:
    """The manifest of an output folder.

    Raises:
        BadInputError: The folder is none of ours, or its manifest is damaged or of another version.
    """
    path = out / MANIFEST
    if not path.is_file():
        raise BadInputError(
            f"{out} is not an output folder of tinyq.", "Give the folder that 'tinyq convert -o' has written."
        )
    try:
        return Manifest.model_validate(json.loads(path.read_text()))
    except (ValueError, ValidationError) as error:
        raise BadInputError(
            f"{path} is damaged or was written by another version of tinyq.", "Run 'tinyq convert' again."
        ) from error
