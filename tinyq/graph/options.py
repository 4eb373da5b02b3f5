"""The one place that knows what options an operator carries.

Operators that tinyq works on have a typed dataclass; all others keep their fields in an :class:`OpaqueOptions`, so that
a graph survives reading and writing unchanged.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, ClassVar, Literal

Padding = Literal["SAME", "VALID"]
Activation = Literal["NONE", "RELU", "RELU_N1_TO_1", "RELU6", "TANH", "SIGN_BIT"]

_PADDINGS: tuple[Padding, ...] = ("SAME", "VALID")
_ACTIVATIONS: tuple[Activation, ...] = ("NONE", "RELU", "RELU_N1_TO_1", "RELU6", "TANH", "SIGN_BIT")


@dataclass(frozen=True)
class Options:
    """Base of all options; ``TABLE`` names the schema's table, ``FIELDS`` maps our names to the schema's."""

    TABLE: ClassVar[str] = ""
    FIELDS: ClassVar[dict[str, str]] = {}


@dataclass(frozen=True)
class NoOptions(Options):
    """The operator has no options table."""


@dataclass(frozen=True)
class OpaqueOptions(Options):
    """Options of an operator that tinyq does not interpret: schema table name and its fields; custom bytes."""

    table: str = ""
    values: tuple[tuple[str, Any], ...] = ()
    custom: bytes = b""
    second_union: bool = False


@dataclass(frozen=True)
class ConvOptions(Options):
    TABLE = "Conv2DOptions"
    FIELDS = {
        "stride_h": "strideH", "stride_w": "strideW", "dilation_h": "dilationHFactor", "dilation_w": "dilationWFactor",
        "padding": "padding", "activation": "fusedActivationFunction",
    }  # fmt: skip
    stride_h: int = 1
    stride_w: int = 1
    dilation_h: int = 1
    dilation_w: int = 1
    padding: Padding = "SAME"
    activation: Activation = "NONE"


@dataclass(frozen=True)
class DepthwiseConvOptions(ConvOptions):
    TABLE = "DepthwiseConv2DOptions"
    FIELDS = {**ConvOptions.FIELDS, "depth_multiplier": "depthMultiplier"}
    depth_multiplier: int = 1


@dataclass(frozen=True)
class FullyConnectedOptions(Options):
    TABLE = "FullyConnectedOptions"
    FIELDS = {"activation": "fusedActivationFunction", "keep_num_dims": "keepNumDims"}
    activation: Activation = "NONE"
    keep_num_dims: bool = False


@dataclass(frozen=True)
class PoolOptions(Options):
    TABLE = "Pool2DOptions"
    FIELDS = {
        "filter_h": "filterHeight", "filter_w": "filterWidth", "stride_h": "strideH", "stride_w": "strideW",
        "padding": "padding", "activation": "fusedActivationFunction",
    }  # fmt: skip
    filter_h: int = 1
    filter_w: int = 1
    stride_h: int = 1
    stride_w: int = 1
    padding: Padding = "VALID"
    activation: Activation = "NONE"


@dataclass(frozen=True)
class AddOptions(Options):
    TABLE = "AddOptions"
    FIELDS = {"activation": "fusedActivationFunction", "pot_scale_int16": "potScaleInt16"}
    activation: Activation = "NONE"
    pot_scale_int16: bool = True


@dataclass(frozen=True)
class SubOptions(AddOptions):
    TABLE = "SubOptions"


@dataclass(frozen=True)
class MulOptions(Options):
    TABLE = "MulOptions"
    FIELDS = {"activation": "fusedActivationFunction"}
    activation: Activation = "NONE"


@dataclass(frozen=True)
class ConcatenationOptions(Options):
    TABLE = "ConcatenationOptions"
    FIELDS = {"axis": "axis", "activation": "fusedActivationFunction"}
    axis: int = 0
    activation: Activation = "NONE"


@dataclass(frozen=True)
class ReducerOptions(Options):
    TABLE = "ReducerOptions"
    FIELDS = {"keep_dims": "keepDims"}
    keep_dims: bool = False


@dataclass(frozen=True)
class SoftmaxOptions(Options):
    TABLE = "SoftmaxOptions"
    FIELDS = {"beta": "beta"}
    beta: float = 1.0


@dataclass(frozen=True)
class ReshapeOptions(Options):
    TABLE = "ReshapeOptions"
    FIELDS = {"new_shape": "newShape"}
    new_shape: tuple[int, ...] = ()


_TYPED: dict[str, type[Options]] = {
    "CONV_2D": ConvOptions,
    "DEPTHWISE_CONV_2D": DepthwiseConvOptions,
    "FULLY_CONNECTED": FullyConnectedOptions,
    "MAX_POOL_2D": PoolOptions,
    "AVERAGE_POOL_2D": PoolOptions,
    "ADD": AddOptions,
    "SUB": SubOptions,
    "MUL": MulOptions,
    "CONCATENATION": ConcatenationOptions,
    "MEAN": ReducerOptions,
    "SUM": ReducerOptions,
    "REDUCE_MAX": ReducerOptions,
    "REDUCE_MIN": ReducerOptions,
    "SOFTMAX": SoftmaxOptions,
    "RESHAPE": ReshapeOptions,
}


def decode(kind: str, table: Any, custom: bytes = b"", second_union: bool = False) -> Options:
    """Options from a schema object (``Conv2DOptionsT`` and so on), or None where the file has none.

    Raises:
        ValueError: An enumeration has a value that the schema lacks.
    """
    typed = _TYPED.get(kind)
    if typed is not None:
        if table is None:
            return typed()
        if type(table).__name__ != f"{typed.TABLE}T":
            raise ValueError(f"{kind} carries {type(table).__name__} instead of {typed.TABLE}")
        found = {ours: _decode_value(theirs, getattr(table, theirs)) for ours, theirs in typed.FIELDS.items()}
        return typed(**{name: value for name, value in found.items() if value is not None})
    if table is None and not custom:
        return NoOptions()
    name = type(table).__name__.removesuffix("T") if table is not None else ""
    values = tuple((k, _plain(v)) for k, v in sorted(vars(table).items())) if table is not None else ()
    return OpaqueOptions(name, values, custom, second_union)


def encode(options: Options, schema: Any) -> tuple[str, Any]:
    """(schema table name, schema object) of some options; ("", None) where there is no table."""
    if isinstance(options, OpaqueOptions):
        if not options.table:
            return "", None
        table = getattr(schema, f"{options.table}T")()
        for name, value in options.values:
            setattr(table, name, list(value) if isinstance(value, tuple) else value)
        return options.table, table
    if not options.TABLE:
        return "", None
    table = getattr(schema, f"{options.TABLE}T")()
    for field in fields(options):
        theirs = options.FIELDS[field.name]
        setattr(table, theirs, _encode_value(theirs, getattr(options, field.name)))
    return options.TABLE, table


def _decode_value(name: str, value: Any) -> Any:
    if name == "padding":
        return _member(_PADDINGS, value, "padding")
    if name == "fusedActivationFunction":
        return _member(_ACTIVATIONS, value, "fused activation")
    return _plain(value)


def _encode_value(name: str, value: Any) -> Any:
    if name == "padding":
        return _PADDINGS.index(value)
    if name == "fusedActivationFunction":
        return _ACTIVATIONS.index(value)
    return list(value) if isinstance(value, tuple) else value


def _member(names: tuple[str, ...], value: int, what: str) -> str:
    if not 0 <= value < len(names):
        raise ValueError(f"unknown {what} {value}")
    return names[value]


def _plain(value: Any) -> Any:
    """Lists and arrays as tuples, numpy scalars as Python's, bytes decoded where they are text."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, bytes):
        return value.decode("utf-8", errors="replace")
    if isinstance(value, list):
        return tuple(value)
    return value
