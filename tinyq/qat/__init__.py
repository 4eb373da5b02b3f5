"""Quantization-aware training: models that learn what rounding does to them."""
