"""The accelerators: one TOML file each in ``accelerators/``, and the user's own in the folders of ``TINYQ_PATH``."""

from __future__ import annotations

import difflib
import functools
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from tinyq import resources
from tinyq.errors import BadInputError
from tinyq.hardware import model_facts, rules, rules_facts, tensor_facts
from tinyq.quantization.recipe import SchemeName, SchemePart

Confidence = Literal["stated", "derived"]
Otherwise = Literal["slower", "software", "unsupported"]
Fallback = Literal["per_operator", "after_first", "none"]
Identifier = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]*$", max_length=40)]
Text = Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f]*$", max_length=300)]
Options = Annotated[str, Field(pattern=r"^(--(scheme|transform|refine|calibrator) [a-z0-9-]+( |$))*$", max_length=120)]


def _condition(names: tuple[str, ...]) -> AfterValidator:
    def checked(text: str) -> str:
        rules.parse(text, names)
        return text

    return AfterValidator(checked)


Condition = Annotated[str, _condition(rules_facts.NAMES)]
TensorCondition = Annotated[str, _condition(tensor_facts.NAMES)]
ModelCondition = Annotated[str, _condition(model_facts.NAMES)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Source(_Part):
    """Where the rules are from. ``derived`` rules follow from what the document says; ``stated`` ones are its words."""

    document: Text
    url: Text = ""
    confidence: Confidence = "stated"


class _Rule(_Part):
    """What must be fulfilled.

    ``why`` is the sentence that a user reads where it is not, ``otherwise`` what happens then, ``mend`` what can be
    done about it, and ``options`` those of ``tinyq quantize`` and ``tinyq convert`` that do it.
    """

    id: Identifier
    why: Text
    otherwise: Otherwise = "software"
    mend: Text = ""
    options: Options = ""
    source: Source | None = None


class Rule(_Rule):
    """A rule for an operator: an expression over :class:`~tinyq.hardware.rules_facts.Facts`."""

    requires: Condition


class TensorRule(_Rule):
    """A rule for tensors of some roles: an expression over :class:`~tinyq.hardware.tensor_facts.TensorFacts`.

    What it leads to befalls the operators that read or write the tensor.
    """

    roles: tuple[tensor_facts.Role, ...]
    requires: TensorCondition


class ModelRule(_Rule):
    """A rule for the whole model: an expression over :class:`~tinyq.hardware.model_facts.ModelFacts`."""

    requires: ModelCondition


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

    Attributes:
        id, title: Names, for programs and for people.
        kind: ``kernel_library`` and ``op_delegate`` take single operators, ``whole_graph`` all or nothing;
            of an ``external_tool`` only its own tool knows what it takes.
        like: Another accelerator whose rules hold here too; what this file says itself wins.
        source: Where the rules are from that do not say otherwise.
        fallback: Who runs the operators that the accelerator does not: software, one by one; software, from the first
            such operator to the end; nobody.
        absent: Said of all operators that no ``operator`` names, with ``absent_otherwise`` as the outcome.
        neutral: Operators that only rename or copy data: nothing is lost where they run in software.
        operator, tensor, model: The rules.
        scheme: How a model is best quantized for it.
        oracle: With one, the vendor's compiler decides instead of the rules, where it is installed.
        tool: The vendor's own tool, in words.
    """

    id: Identifier
    title: Text
    kind: Literal["kernel_library", "op_delegate", "whole_graph", "external_tool"]
    like: Identifier | None = None
    source: Source
    fallback: Fallback = "per_operator"
    absent: Text = "The accelerator has no such operator."
    absent_otherwise: Otherwise = "software"
    neutral: tuple[str, ...] = ()
    operator: tuple[Operator, ...] = ()
    tensor: tuple[TensorRule, ...] = ()
    model: tuple[ModelRule, ...] = ()
    scheme: SchemeName | SchemePart = "w8a8"
    oracle: VelaOracle | None = None
    tool: Text = ""
    note: Text = ""

    @model_validator(mode="after")
    def _sound(self) -> Accelerator:
        kinds = [kind for entry in self.operator for kind in entry.kinds] + list(self.neutral)
        if len(set(kinds)) != len(kinds):
            raise ValueError("an operator is described twice")
        if not self.operator and self.oracle is None and self.kind != "external_tool":
            raise ValueError("there are neither operators nor an oracle")
        return self

    def find(self, kind: str) -> Operator | None:
        """The entry of an operator."""
        return next((entry for entry in self.operator if kind in entry.kinds), None)


@functools.cache
def _read(path: Path) -> Accelerator:
    try:
        accelerator = Accelerator.model_validate(_contents(path))
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


def _contents(path: Path) -> dict[str, Any]:
    """What a file says, on top of what the file says that it is like."""
    own = tomllib.loads(path.read_text(encoding="utf-8"))
    like = own.get("like")
    if like is None:
        return own
    base = {p.stem: p for p in resources.files("accelerators", "*.toml")}.get(str(like))
    if base is None or base == path:
        raise BadInputError(
            f"The accelerator file {path.name} is like {like!r}, which there is not.", "Name another accelerator."
        )
    inherited = tomllib.loads(base.read_text(encoding="utf-8"))
    if "like" in inherited:
        raise BadInputError(
            f"The accelerator file {path.name} is like {like!r}, which is itself like another.",
            f"Write like = {str(inherited['like'])!r}.",
        )
    return {**inherited, **own}


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
