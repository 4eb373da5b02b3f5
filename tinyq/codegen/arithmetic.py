"""The arithmetic of TensorFlow Lite Micro that is decided before run time.

Scales are float32 in a model. Factors between them are computed in double precision, the limits of activations in
single precision: that is TFLM's way as of autumn 2026, and matters where a result is nearly a tie. (Earlier versions
compute the factors of RELU and of FULLY_CONNECTED with one weight scale in single precision.)
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from tinyq.graph import DType, Tensor
from tinyq.graph.options import Activation

_INT32_MIN, _INT32_MAX = -(2**31), 2**31 - 1


def code_range(dtype: DType) -> tuple[int, int]:
    """Lowest and highest code of an integer type."""
    info = np.iinfo(dtype.numpy)
    return int(info.min), int(info.max)


def scale_of(tensor: Tensor) -> float:
    """The scale of a per-tensor quantization, 0 where there is none (as in TFLM)."""
    return tensor.quantization.scalar[0] if tensor.quantization is not None else 0.0


def zero_point_of(tensor: Tensor) -> int:
    """The zero point of a per-tensor quantization, 0 where there is none (as in TFLM)."""
    return tensor.quantization.scalar[1] if tensor.quantization is not None else 0


def divide_float32(a: float, b: float) -> float:
    """a / b in single precision."""
    return float(np.float32(a) / np.float32(b))


def round_half_away(x: float) -> int:
    """To nearest, ties away from zero, as C's ``round``."""
    return math.floor(x + 0.5) if x >= 0 else math.ceil(x - 0.5)


def quantize_multiplier(factor: float) -> tuple[int, int]:
    """A real factor >= 0 as (multiplier, shift).

    factor = multiplier * 2^(shift - 31), multiplier in [2^30, 2^31) or 0
    """
    if factor == 0.0:
        return 0, 0
    mantissa, shift = math.frexp(factor)
    multiplier = round_half_away(mantissa * 2.0**31)
    if multiplier == 2**31:
        multiplier //= 2
        shift += 1
    if shift < -31:  # too small to leave anything
        return 0, 0
    return multiplier, shift


def reduced_multiplier(multiplier: int) -> int:
    """A multiplier of 31 bits as the one of 15 bits with which TFLM scales 64-bit sums."""
    return min((multiplier + (1 << 15)) >> 16, 0x7FFF)


def multiplier_objection(factor: float) -> str:
    """Why a factor cannot be used for requantization, or ""."""
    if not math.isfinite(factor) or factor < 0:
        return "the scales of its tensors make no finite ratio"
    if quantize_multiplier(factor)[1] > 30:
        return "the scales of its tensors differ by more than 2^30"
    return ""


def activation_range(activation: Activation, tensor: Tensor) -> tuple[int, int]:
    """Codes that a fused activation leaves for an output tensor.

    Raises:
        ValueError: TFLM's integer kernels do not know the activation, or a limit overflows.
    """
    low, high = code_range(tensor.dtype)
    if activation == "NONE":
        return low, high
    limits = {"RELU": (0.0, None), "RELU6": (0.0, 6.0), "RELU_N1_TO_1": (-1.0, 1.0)}.get(activation)
    if limits is None:
        raise ValueError(f"its fused activation {activation} has no integer form")
    lower, upper = limits
    low = max(low, _code(lower, tensor))
    if upper is not None:
        high = min(high, _code(upper, tensor))
    return low, high


def activation_objection(activation: Activation, tensor: Tensor) -> str:
    """Why :func:`activation_range` has no answer, or ""."""
    try:
        activation_range(activation, tensor)
    except ValueError as error:
        return str(error)
    return ""


def _code(value: float, tensor: Tensor) -> int:
    scale = scale_of(tensor)
    steps = divide_float32(value, scale) if scale else math.inf
    if not abs(steps) < 2.0**31:
        raise ValueError("its output has no scale that its fused activation could be expressed in")
    return round_half_away(steps) + zero_point_of(tensor)


def nearest_power_of_two(scale: float) -> int | None:
    """log2 of a scale that is a power of two, as far as TFLM looks: to 0.1 % of the exponent, in single precision."""
    one = np.float32(1)
    exponent = np.log(np.float32(scale)) * (one / np.log(np.float32(2)))
    nearest = round_half_away(float(exponent))
    return nearest if abs(exponent - np.float32(nearest)) < np.float32(1e-3) else None


def interpolation_table(function: Callable[[float], float], width: float, zero_point: int) -> NDArray[np.int16]:
    """513 values of a function with 15 fractional bits, between which ``tq_interpolate_s16`` interpolates.

    Each value but the last is moved by half the error that interpolation would have in the middle of its step. All
    arithmetic is in single precision, as TFLM's.

    Args:
        width: Distance of the arguments of the first and last int16 code.
        zero_point: The code of the argument 0.
    """
    single = np.float32
    scale = single(width) / single(65535)
    low, high = scale * single(-32768 - zero_point), scale * single(32767 - zero_point)
    step = (high - low) / single(512)
    per_unit = single(65536) / (single(2) / single(65535) * single(32767) - single(2) / single(65535) * single(-32768))

    def value(x: np.float32) -> np.float32:
        return single(function(float(x))) * per_unit

    def rounded(x: np.float32) -> np.float32:
        return single(round_half_away(float(x)))

    found = []
    for i in range(512):
        left = value(low + single(i) * step)
        middle = value(low + single(i) * step + step / single(2))
        right = value(low + single(i + 1) * step)
        error = rounded((right + rounded(left)) / single(2)) - rounded(middle)
        found.append(rounded(left) - rounded(error / single(2)))
    found.append(rounded(value(high)))
    return np.clip(np.array(found), -32768, 32767).astype(np.int16)


# --- fixed point on Python integers; the same operations as in engine/tq_fixed_point.h --------------------------------


def multiply_high(a: int, b: int) -> int:
    """a * b / 2^31, rounded to nearest, ties up."""
    return (a * b + (1 << 30)) >> 31


def divide_by_power_of_two(x: int, exponent: int) -> int:
    """x / 2^exponent, rounded to nearest, ties away from zero."""
    if exponent == 0:
        return x
    half = 1 << (exponent - 1)
    return (x + half) >> exponent if x >= 0 else -((-x + half) >> exponent)


def scale_code(x: int, multiplier: int, shift: int) -> int:
    """x times a factor in the form of :func:`quantize_multiplier`, with TFLM's two roundings."""
    shifted = _wrap(x << max(shift, 0))
    return divide_by_power_of_two(multiply_high(shifted, multiplier), max(-shift, 0))


def table(function: Callable[[int], int], input_type: DType, output_type: DType) -> NDArray[np.uint8]:
    """256 output codes, saturated, by the bits of the input code."""
    low, high = code_range(output_type)
    codes = np.arange(256, dtype=np.uint8).view(input_type.numpy)
    found = np.array([min(max(function(int(code)), low), high) for code in codes], output_type.numpy)
    return found.view(np.uint8)


def exp_on_negative(x: int, integer_bits: int) -> int:
    """exp(x) for x <= 0 given with ``31 - integer_bits`` fractional bits; 31 fractional bits in the result.

    x is split into a multiple of 1/4 and a rest in [-1/4, 0): a Taylor polynomial around -1/8 for the rest, a product
    of constants for the multiple. From -16 on, where less than 2^-23 is left, the result is 0.
    """
    if x == 0:
        return _INT32_MAX
    fractional_bits = 31 - integer_bits
    quarter = 1 << (fractional_bits - 2)
    rest = (x & (quarter - 1)) - quarter
    result = _exp_near_minus_one_eighth(rest << integer_bits)
    multiple = rest - x
    if multiple >= 1 << (fractional_bits + 4):
        return 0
    # exp(-1/4), exp(-1/2), exp(-1), ... exp(-8), with 31 fractional bits
    factors = (1672461947, 1302514674, 790015084, 290630308, 39332535, 720401)
    for exponent, factor in enumerate(factors, -2):
        if multiple & (1 << (fractional_bits + exponent)):
            result = multiply_high(result, factor)
    return result


def _exp_near_minus_one_eighth(x: int) -> int:
    exp_minus_one_eighth, one_third = 1895147668, 715827883
    y = x + (1 << 28)
    y2 = multiply_high(y, y)
    y3 = multiply_high(y2, y)
    y4_over_4 = divide_by_power_of_two(multiply_high(y2, y2), 2)
    higher_terms = divide_by_power_of_two(multiply_high(y4_over_4 + y3, one_third) + y2, 1)
    return exp_minus_one_eighth + multiply_high(exp_minus_one_eighth, y + higher_terms)


def one_over_one_plus(x: int) -> int:
    """1 / (1 + x) for x in [0, 1), 31 fractional bits, by three Newton-Raphson steps."""
    return _shift_left(_two_over_one_plus(x), 1)


def _two_over_one_plus(x: int) -> int:
    """2 / (1 + x), 29 fractional bits."""
    half_denominator = (x + _INT32_MAX + 1) // 2
    y = 1515870810 + multiply_high(half_denominator, -1010580540)
    for _ in range(3):
        error = (1 << 29) - multiply_high(half_denominator, y)
        y += _shift_left(multiply_high(y, error), 2)
    return y


def logistic(x: int) -> int:
    """1 / (1 + exp(-x)) for x with 27 fractional bits; 31 fractional bits in the result."""
    if x == 0:
        return 1 << 30
    positive = one_over_one_plus(exp_on_negative(-abs(x), 4))
    return positive if x > 0 else _INT32_MAX - positive


def hyperbolic_tangent(x: int) -> int:
    """tanh(x) for x with 27 fractional bits; 31 fractional bits in the result.

    For x >= 0: (1 - y) / (1 + y) with y = exp(-2 x).
    """
    if x == 0:
        return 0
    positive = _shift_left(_two_over_one_plus(exp_on_negative(-abs(x), 5)) - (1 << 29), 2)
    return positive if x > 0 else -positive


def inverse_square_root(x: int) -> tuple[int, int]:
    """1 / sqrt(x) of an integer x >= 0 as (multiplier, shift): multiplier * 2^(shift - 31); of 0 as of 1.

    Five Newton-Raphson steps with 28 fractional bits; engine/tq_inverse_square_root.h does the same.
    """
    if x <= 1:
        return _INT32_MAX, 0
    shift = 11
    while x >= 1 << 29:
        x //= 4
        shift += 1
    pairs = (31 - x.bit_length()) // 2 - 1
    shift -= pairs
    x = (x << (2 * pairs)) >> 1
    half_x = divide_by_power_of_two(x, 1)
    y = 1 << 28
    for _ in range(5):
        y3 = _shift_left(multiply_high(multiply_high(y, y), y), 6)
        y = _shift_left(multiply_high((1 << 28) + (1 << 27), y) - multiply_high(half_x, y3), 3)
    multiplier = multiply_high(y, 1518500250)
    return (multiplier << -shift, 0) if shift < 0 else (multiplier, -shift)


def _shift_left(x: int, exponent: int) -> int:
    limit = _INT32_MAX >> exponent
    if x > limit:
        return _INT32_MAX
    return _INT32_MIN if x < -limit else x << exponent


def _wrap(x: int) -> int:
    return (x - _INT32_MIN) % 2**32 + _INT32_MIN
