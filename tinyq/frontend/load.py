"""Load a model of any supported format."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from tinyq import isolation
from tinyq.errors import BadInputError
from tinyq.frontend import convert, detect, tflite
from tinyq.frontend.extra import ENVIRONMENT, require
from tinyq.graph import Graph
from tinyq.graph.batch_norm import BatchNorm


@dataclass(frozen=True)
class LoadedModel:
    """A model as ``.tflite`` bytes with a batch of one.

    Attributes:
        kind: "float", or "quantized" where activations are integers, whatever the types at the model's ends.
        tflite: The bytes; those of the file, untouched, if the kind is "quantized".
        graph: The same, parsed; of a quantized model too without operators that depend on shapes alone.
        origin: Format of the file: "keras", "hdf5", "saved_model" or "tflite".
        sha256: Of the file's bytes; of a folder's file names and bytes.
        notes: What the user may want to know, one sentence each.
        batch_norms: Those whose outputs are activations of the graph; none if the file was a ``.tflite``, which does
            not keep them.
    """

    kind: tflite.Kind
    tflite: bytes
    graph: Graph
    origin: detect.Format
    sha256: str
    notes: tuple[str, ...] = ()
    batch_norms: tuple[BatchNorm, ...] = ()


def load_model(path: Path, *, trust: bool = False) -> LoadedModel:
    """Read a ``.keras``, ``.h5``, SavedModel or ``.tflite`` model; the format is told by content, not by name.

    Everything happens in child processes. Batch size becomes one, shapes static, variables constants; the layer names
    of Keras models stay in the names of tensors.

    Args:
        path: A file, or the folder of a SavedModel.
        trust: Allow layers that run code from the file (``Lambda``) or from the current folder (custom classes).

    Raises:
        BadInputError: There is no sound model at ``path``, or it cannot become a static ``.tflite``.
        MissingToolError: The format needs TensorFlow, which is not installed.
    """
    form = detect.detect(path)
    notes: tuple[str, ...] = ()
    subject = f"the model {path.name}"
    if form == "tflite":
        content = _read(path)
        examined = isolation.call(tflite.examine, content, subject=subject, timeout=60.0)
    else:
        require(form)
        examined, notes = isolation.call(
            convert.convert, str(path), form, trust, subject=subject, memory_bytes=None, env=ENVIRONMENT
        )
    return LoadedModel(
        examined.kind,
        examined.tflite,
        examined.graph,
        form,
        _sha256(path),
        notes + examined.notes,
        examined.batch_norms,
    )


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadInputError(f"{path} cannot be read ({error.strerror}).", "Check its permissions.") from error


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    if path.is_dir():
        for file in sorted(f for f in path.rglob("*") if f.is_file()):
            digest.update(file.relative_to(path).as_posix().encode() + b"\0")
            digest.update(hashlib.sha256(_read(file)).digest())
    else:
        digest.update(_read(path))
    return digest.hexdigest()
