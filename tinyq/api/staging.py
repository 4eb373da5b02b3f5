"""Output folders appear whole or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tinyq.errors import BadInputError, FailedError

MANIFEST = "tinyq.json"


def check_output(out: Path, force: bool) -> None:
    """Refuse an output folder that must not be replaced.

    Raises:
        BadInputError: It exists and ``force`` is not set, or it holds something that tinyq did not write.
    """
    if not out.exists():
        return
    if not force:
        raise BadInputError(f"The output {out} exists already.", "Choose another folder, or replace it with --force.")
    if not out.is_dir() or (any(out.iterdir()) and not (out / MANIFEST).is_file()):
        raise BadInputError(f"{out} was not written by tinyq, so it is not replaced.", "Choose another folder.")


@contextmanager
def staged_folder(out: Path, force: bool) -> Iterator[Path]:
    """A folder to write into, that takes the place of ``out`` when the block ends without an error.

    The old folder, if there is one, stays until the new one is complete.
    """
    check_output(out, force)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        stage = Path(tempfile.mkdtemp(prefix=f".{out.name}.", suffix=".partial", dir=out.parent))
    except OSError as error:
        raise FailedError(
            f"{out} cannot be written ({error.strerror}).", "Choose a folder you may write to."
        ) from error
    try:
        yield stage
        stage.chmod(0o755)
        _swap(stage, out)
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def _swap(stage: Path, out: Path) -> None:
    if not out.exists():
        stage.rename(out)
        return
    old = Path(tempfile.mkdtemp(prefix=f".{out.name}.", suffix=".old", dir=out.parent))
    out.rename(old / "out")
    try:
        stage.rename(out)
    except OSError:
        (old / "out").rename(out)
        raise
    finally:
        shutil.rmtree(old, ignore_errors=True)


def written(folder: Path) -> tuple[str, ...]:
    """Paths of all files below a folder, as they are printed: sorted, with forward slashes."""
    return tuple(sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()))


def write_file(path: Path, content: bytes | str) -> None:
    """Write a file so that it is never seen half written."""
    data = content.encode() if isinstance(content, str) else content
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(name).chmod(0o644)
        Path(name).replace(path)
    finally:
        Path(name).unlink(missing_ok=True)
