"""Representative and labelled data: reading, checking against a model, splitting, values and codes."""

from tinyq.data.codes import are_codes, to_codes, to_values
from tinyq.data.dataset import Dataset, Split, split
from tinyq.data.load import load_data
from tinyq.data.shapes import sample_shape

__all__ = ["Dataset", "Split", "are_codes", "load_data", "sample_shape", "split", "to_codes", "to_values"]
