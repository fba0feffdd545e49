"""Starts, confines, times and ends the child that a program runs in."""

from app.sandbox.service import Sandbox, Status

__all__ = ["Sandbox", "Status"]
