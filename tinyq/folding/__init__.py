"""Channels that cannot vary, and channels that nobody reads, leave the graph; its outputs stay the same bit for bit.

Both are common in trained models: weights that became zero, sums that a ReLU always cuts off. Interval analysis in the
integer arithmetic of TensorFlow Lite Micro finds them.
"""

from tinyq.folding.fold import Channels, Folding, fold

__all__ = ["Channels", "Folding", "fold"]
