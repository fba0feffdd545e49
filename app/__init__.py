"""Autograd Explorer: PyTorch's autograd, recorded, explained and drawn."""

__version__ = "0.1.0"
