"""Read a folder of images."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyq.data.folders import files_and_labels
from tinyq.data.raw import RawData
from tinyq.data.shapes import sample_shape
from tinyq.errors import BadInputError
from tinyq.graph import Tensor

DEFAULT_SCALE = "0..255"
_SUFFIXES = {".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".ppm", ".pgm", ".tif", ".tiff"}
_MODES = {1: "L", 3: "RGB", 4: "RGBA"}

_SCALES: dict[str, Callable[[NDArray[Any]], NDArray[Any]]] = {
    "0..255": lambda pixels: pixels,
    "0..1": lambda pixels: pixels / np.float32(255),
    "-1..1": lambda pixels: pixels / np.float32(127.5) - np.float32(1),
}


def read_images(folder: Path, tensor: Tensor, scale: str = DEFAULT_SCALE) -> RawData:
    """All images of a folder, in the order of their names, resized to a model's input.

    Subfolders are classes, numbered in the order of their names; a flat folder has no labels. Images are turned as
    their EXIF data say, converted to grey, RGB or RGBA, and resized with a bilinear filter, without keeping the aspect.

    Args:
        folder: What holds the images.
        tensor: The model's input, ``[1, height, width, channels]``.
        scale: What 8-bit pixels become: "0..255" (as Keras's ``image_dataset_from_directory`` gives them), "0..1" or
            "-1..1".

    Raises:
        BadInputError: There are no images, one is damaged, or the model takes none.
    """
    if scale not in _SCALES:
        raise BadInputError(f"There is no image scale {scale!r}.", f"Choose one of {', '.join(_SCALES)}.")
    shape = sample_shape(tensor)
    height, width, channels = shape if len(shape) == 3 else (*shape, 1) if len(shape) == 2 else (0, 0, 0)
    if channels not in _MODES:
        raise BadInputError(
            f"The model's input {tensor.name!r} takes no images: it is {'x'.join(map(str, shape))}.",
            "Give the data as .npz.",
        )
    files, labels = files_and_labels(folder, _SUFFIXES, "images")
    pixels = np.empty((len(files), height, width, channels), np.float32)
    digest = hashlib.sha256()
    for position, file in enumerate(files):
        content = file.read_bytes()
        digest.update(file.relative_to(folder).as_posix().encode() + b"\0")
        digest.update(hashlib.sha256(content).digest())
        pixels[position] = _SCALES[scale](_decode(file, height, width, channels))
    return RawData({"x": pixels}, labels, digest.hexdigest())


def _decode(file: Path, height: int, width: int, channels: int) -> NDArray[np.float32]:
    from PIL import Image, ImageOps

    try:
        with Image.open(file) as opened:
            if opened.mode.startswith(("I", "F")):
                raise BadInputError(f"{file} has more than 8 bits per channel.", "Convert it to 8 bits.")
            image = ImageOps.exif_transpose(opened).convert(_MODES[channels])
    except BadInputError:
        raise
    except Exception as error:  # damaged images fail anywhere in Pillow, with anything
        raise BadInputError(f"{file} is no sound image ({error}).", "Remove it or save it again.") from error
    if image.size != (width, height):
        image = image.resize((width, height), Image.Resampling.BILINEAR)
    return np.asarray(image, np.float32).reshape(height, width, channels)
