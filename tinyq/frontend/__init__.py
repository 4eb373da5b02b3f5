"""From a trained model on disk to ``.tflite`` bytes; with ``qat`` the only room that imports TensorFlow."""

from tinyq.frontend.load import LoadedModel, load_model
from tinyq.frontend.stock import stock_quantize
from tinyq.frontend.synthetic import Synthetic, synthesize

__all__ = ["LoadedModel", "Synthetic", "load_model", "stock_quantize", "synthesize"]
