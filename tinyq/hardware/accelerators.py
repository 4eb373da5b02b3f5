"""The accelerators: one TOML file each in ``accelerators/``, and the user's own in the folders of ``TINYQ_PATH``."""

from __future__ import annotations

import difflib
import functools
import tomllib
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from tinyq import resources
from tinyq.errors import BadInputError
from tinyq.hardware import rules, rules_facts

Confidence = Literal["stated", "derived"]
Otherwise = Literal["slower", "software", "unsupported"]
Identifier = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]*$", max_length=40)]
Text = Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f]*$", max_length=300)]


def _checked(text: str) -> str:
    rules.parse(text, rules_facts.NAMES)
    return text


Condition = Annotated[str, AfterValidator(_checked)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Source(_Part):
    """Where the rules are from. ``derived`` rules follow from what the document says; ``stated`` ones are its words."""

    document: Text
    url: Text = ""
    confidence: Confidence = "stated"


class Rule(_Part):
    """What an operator must fulfil.

    ``requires`` is an expression over :class:`~tinyq.hardware.rules_facts.Facts`, ``why`` the sentence that a user
    reads where it is false, ``otherwise`` what happens then, ``mend`` what can be done about it.
    """

    id: Identifier
    requires: Condition
    why: Text
    otherwise: Otherwise = "software"
    mend: Text = ""
    source: Source | None = None


class KernelPath(_Part):
    """Which kernel or engine runs an operator: the first path whose condition holds."""

    when: Condition = "True"
    kernel: Text


class Operator(_Part):
    """The operators of some kinds on the accelerator."""

    kinds: tuple[str, ...]
    rule: tuple[Rule, ...] = ()
    path: tuple[KernelPath, ...] = ()


class VelaOracle(_Part):
    """Arm's compiler knows: its names for the configuration."""

    type: Literal["vela"]
    accelerator: Identifier
    system_config: Annotated[str, Field(pattern=r"^[A-Za-z0-9_]+$")]
    memory_mode: Annotated[str, Field(pattern=r"^[A-Za-z0-9_]+$")]


class Accelerator(_Part):
    """An accelerator, or a library of accelerated kernels.

    ``neutral`` operators only rename or copy data: nothing is lost where they run in software. ``absent`` is said of
    all operators that no ``operator`` names. With an ``oracle``, the vendor's compiler decides instead of the rules.
    """

    id: Identifier
    title: Text
    kind: Literal["kernel_library", "op_delegate", "whole_graph"]
    source: Source
    absent: Text = "The accelerator has no such operator."
    neutral: tuple[str, ...] = ()
    operator: tuple[Operator, ...] = ()
    oracle: VelaOracle | None = None
    note: Text = ""

    @model_validator(mode="after")
    def _each_kind_once(self) -> Accelerator:
        kinds = [kind for entry in self.operator for kind in entry.kinds] + list(self.neutral)
        if len(set(kinds)) != len(kinds):
            raise ValueError("an operator is described twice")
        if not self.operator and self.oracle is None:
            raise ValueError("there are neither operators nor an oracle")
        return self

    def find(self, kind: str) -> Operator | None:
        """The entry of an operator."""
        return next((entry for entry in self.operator if kind in entry.kinds), None)


@functools.cache
def _read(path: Path) -> Accelerator:
    try:
        accelerator = Accelerator.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the file"
        raise BadInputError(
            f"The accelerator file {path.name} is not valid: {where}: {first['msg']}.",
            "Compare it with one of the accelerators that come with tinyq.",
        ) from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadInputError(
            f"The accelerator file {path.name} cannot be read: {error}.",
            "Compare it with one of the accelerators that come with tinyq.",
        ) from error
    if accelerator.id != path.stem:
        raise BadInputError(
            f"The accelerator file {path.name} says id = {accelerator.id!r}.", "Name the file after the accelerator."
        )
    return accelerator


def all_accelerators() -> tuple[Accelerator, ...]:
    """All accelerators, sorted by id.

    Raises:
        BadInputError: A file is not valid.
    """
    return tuple(_read(path) for path in resources.files("accelerators", "*.toml"))


def load_accelerator(name: str) -> Accelerator:
    """One accelerator.

    Raises:
        BadInputError: There is no such accelerator, or its file is not valid.
    """
    paths = {path.stem: path for path in resources.files("accelerators", "*.toml")}
    if name not in paths:
        near = difflib.get_close_matches(name, paths, 3, 0.3) or sorted(paths)
        raise BadInputError(f"There is no accelerator named {name!r}.", f"Choose one of {', '.join(near)}.")
    return _read(paths[name])
