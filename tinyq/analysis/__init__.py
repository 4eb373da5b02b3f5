"""Where quantization hurts, why, and what mends it."""
