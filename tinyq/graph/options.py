"""The one place that knows what options an operator carries.

Operators that tinyq works on have a typed dataclass; all others keep their fields in an :class:`OpaqueOptions`, so that
a graph survives reading and writing unchanged.
"""

from __future__ import annotations

from dataclasses import dataclass, field
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
        "padding": "padding", "activation": "fusedActivationFunction", "quantized_bias_type": "quantizedBiasType",
    }  # fmt: skip
    stride_h: int = 1
    stride_w: int = 1
    dilation_h: int = 1
    dilation_w: int = 1
    padding: Padding = "SAME"
    activation: Activation = "NONE"
    quantized_bias_type: int = field(default=0, kw_only=True)


@dataclass(frozen=True)
class DepthwiseConvOptions(ConvOptions):
    TABLE = "DepthwiseConv2DOptions"
    FIELDS = {
        **{ours: theirs for ours, theirs in ConvOptions.FIELDS.items() if ours != "quantized_bias_type"},
        "depth_multiplier": "depthMultiplier",
    }
    depth_multiplier: int = 1


@dataclass(frozen=True)
class TransposeConvOptions(Options):
    TABLE = "TransposeConvOptions"
    FIELDS = {
        "stride_h": "strideH", "stride_w": "strideW", "padding": "padding", "activation": "fusedActivationFunction",
        "quantized_bias_type": "quantizedBiasType",
    }  # fmt: skip
    stride_h: int = 1
    stride_w: int = 1
    padding: Padding = "SAME"
    activation: Activation = "NONE"
    quantized_bias_type: int = field(default=0, kw_only=True)


@dataclass(frozen=True)
class FullyConnectedOptions(Options):
    TABLE = "FullyConnectedOptions"
    FIELDS = {
        "activation": "fusedActivationFunction", "keep_num_dims": "keepNumDims",
        "quantized_bias_type": "quantizedBiasType",
    }  # fmt: skip
    activation: Activation = "NONE"
    keep_num_dims: bool = False
    quantized_bias_type: int = field(default=0, kw_only=True)


@dataclass(frozen=True)
class BatchMatMulOptions(Options):
    """Whether the last two dimensions of the operands are read transposed."""

    TABLE = "BatchMatMulOptions"
    FIELDS = {"adj_x": "adjX", "adj_y": "adjY"}
    adj_x: bool = False
    adj_y: bool = False


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
class DivOptions(MulOptions):
    TABLE = "DivOptions"


@dataclass(frozen=True)
class L2NormOptions(MulOptions):
    TABLE = "L2NormOptions"


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
class CumsumOptions(Options):
    TABLE = "CumsumOptions"
    FIELDS = {"exclusive": "exclusive", "reverse": "reverse"}
    exclusive: bool = False
    reverse: bool = False


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


@dataclass(frozen=True)
class StridedSliceOptions(Options):
    """Bit i of a mask is about dimension i."""

    TABLE = "StridedSliceOptions"
    FIELDS = {
        "begin_mask": "beginMask", "end_mask": "endMask", "ellipsis_mask": "ellipsisMask",
        "new_axis_mask": "newAxisMask", "shrink_axis_mask": "shrinkAxisMask", "offset": "offset",
    }  # fmt: skip
    begin_mask: int = 0
    end_mask: int = 0
    ellipsis_mask: int = 0
    new_axis_mask: int = 0
    shrink_axis_mask: int = 0
    offset: bool = False


@dataclass(frozen=True)
class PackOptions(Options):
    TABLE = "PackOptions"
    FIELDS = {"values_count": "valuesCount", "axis": "axis"}
    values_count: int = 0
    axis: int = 0


@dataclass(frozen=True)
class UnpackOptions(Options):
    TABLE = "UnpackOptions"
    FIELDS = {"num": "num", "axis": "axis"}
    num: int = 0
    axis: int = 0


@dataclass(frozen=True)
class SplitOptions(Options):
    TABLE = "SplitOptions"
    FIELDS = {"num_splits": "numSplits"}
    num_splits: int = 0


@dataclass(frozen=True)
class SplitVOptions(SplitOptions):
    TABLE = "SplitVOptions"


@dataclass(frozen=True)
class GatherOptions(Options):
    TABLE = "GatherOptions"
    FIELDS = {"axis": "axis", "batch_dims": "batchDims"}
    axis: int = 0
    batch_dims: int = 0


@dataclass(frozen=True)
class SqueezeOptions(Options):
    TABLE = "SqueezeOptions"
    FIELDS = {"squeeze_dims": "squeezeDims"}
    squeeze_dims: tuple[int, ...] = ()


@dataclass(frozen=True)
class SpaceToDepthOptions(Options):
    TABLE = "SpaceToDepthOptions"
    FIELDS = {"block_size": "blockSize"}
    block_size: int = 0


@dataclass(frozen=True)
class DepthToSpaceOptions(SpaceToDepthOptions):
    TABLE = "DepthToSpaceOptions"


@dataclass(frozen=True)
class MirrorPadOptions(Options):
    """``mode``: 0 leaves the edge out of what is mirrored, 1 repeats it."""

    TABLE = "MirrorPadOptions"
    FIELDS = {"mode": "mode"}
    mode: int = 0


@dataclass(frozen=True)
class ResizeOptions(Options):
    TABLE = "ResizeBilinearOptions"
    FIELDS = {"align_corners": "alignCorners", "half_pixel_centers": "halfPixelCenters"}
    align_corners: bool = False
    half_pixel_centers: bool = False


@dataclass(frozen=True)
class ResizeNearestOptions(ResizeOptions):
    TABLE = "ResizeNearestNeighborOptions"


@dataclass(frozen=True)
class SvdfOptions(Options):
    TABLE = "SVDFOptions"
    FIELDS = {"rank": "rank", "activation": "fusedActivationFunction"}
    rank: int = 1
    activation: Activation = "NONE"


@dataclass(frozen=True)
class LstmOptions(Options):
    """Clipping at 0 is none."""

    TABLE = "UnidirectionalSequenceLSTMOptions"
    FIELDS = {
        "activation": "fusedActivationFunction", "cell_clip": "cellClip", "projection_clip": "projClip",
        "time_major": "timeMajor",
    }  # fmt: skip
    activation: Activation = "TANH"
    cell_clip: float = 0.0
    projection_clip: float = 0.0
    time_major: bool = False


@dataclass(frozen=True)
class VarHandleOptions(Options):
    TABLE = "VarHandleOptions"
    FIELDS = {"container": "container", "shared_name": "sharedName"}
    container: str = ""
    shared_name: str = ""


@dataclass(frozen=True)
class CallOnceOptions(Options):
    TABLE = "CallOnceOptions"
    FIELDS = {"subgraph": "initSubgraphIndex"}
    subgraph: int = 0


_TYPED: dict[str, type[Options]] = {
    "CONV_2D": ConvOptions,
    "DEPTHWISE_CONV_2D": DepthwiseConvOptions,
    "FULLY_CONNECTED": FullyConnectedOptions,
    "MAX_POOL_2D": PoolOptions,
    "AVERAGE_POOL_2D": PoolOptions,
    "L2_POOL_2D": PoolOptions,
    "CUMSUM": CumsumOptions,
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
    "TRANSPOSE_CONV": TransposeConvOptions,
    "BATCH_MATMUL": BatchMatMulOptions,
    "DIV": DivOptions,
    "L2_NORMALIZATION": L2NormOptions,
    "STRIDED_SLICE": StridedSliceOptions,
    "PACK": PackOptions,
    "UNPACK": UnpackOptions,
    "SPLIT": SplitOptions,
    "SPLIT_V": SplitVOptions,
    "GATHER": GatherOptions,
    "SQUEEZE": SqueezeOptions,
    "SPACE_TO_DEPTH": SpaceToDepthOptions,
    "DEPTH_TO_SPACE": DepthToSpaceOptions,
    "MIRROR_PAD": MirrorPadOptions,
    "RESIZE_BILINEAR": ResizeOptions,
    "RESIZE_NEAREST_NEIGHBOR": ResizeNearestOptions,
    "SVDF": SvdfOptions,
    "UNIDIRECTIONAL_SEQUENCE_LSTM": LstmOptions,
    "VAR_HANDLE": VarHandleOptions,
    "CALL_ONCE": CallOnceOptions,
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
    for ours, theirs in options.FIELDS.items():
        setattr(table, theirs, _encode_value(theirs, getattr(options, ours)))
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
