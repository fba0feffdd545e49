"""Expression → program: reads a formula and writes the PyTorch program that a person would have written."""

from app.program.names import Names, known_names, nearest, nearest_option
from app.program.writer import write

__all__ = ["Names", "known_names", "nearest", "nearest_option", "write"]
