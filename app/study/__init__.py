"""Many evaluations made into one answer: the loss over a grid, autograd beside central differences."""

from app.study.laboratory import Answer, Laboratory

__all__ = ["Answer", "Laboratory"]
