"""Widths of weights and activations that training offers, and the recipe of each."""

from __future__ import annotations

from tinyq.errors import BadInputError
from tinyq.quantization.affine import Grid
from tinyq.quantization.recipe import Recipe, SchemePart

WEIGHT_BITS = (8, 4, 3, 2)
ACTIVATION_BITS = (8, 16)

# TFLM has no type below int4, which these codes live in
NARROW = {3: Grid(-4, 3, symmetric=True), 2: Grid(-2, 1, symmetric=True)}


def recipe_for(weight_bits: int, activation_bits: int = 8, per_channel: bool = True) -> Recipe:
    """What quantization after training is asked for.

    Raises:
        BadInputError: There are no such widths, or no kernels for them together.
    """
    for what, bits, known in (
        ("Weights", weight_bits, WEIGHT_BITS),
        ("Activations", activation_bits, ACTIVATION_BITS),
    ):
        if bits not in known:
            raise BadInputError(f"{what} cannot have {bits} bits.", f"Choose one of {', '.join(map(str, known))}.")
    if activation_bits == 16 and weight_bits != 8:
        raise BadInputError(
            "TFLM has no kernels for 16-bit activations beside narrow weights.", "Use 8 bits for one of them."
        )
    scheme = SchemePart(
        activations="int16" if activation_bits == 16 else "int8",
        weight_bits=8 if weight_bits == 8 else 4,
        per_channel=per_channel,
        weight_range="minmax" if weight_bits == 8 else "mse",
    )
    return Recipe(scheme=scheme)
