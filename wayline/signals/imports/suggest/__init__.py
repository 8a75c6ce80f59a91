"""A mapping proposed from the file itself, with the reason for every guess beside it."""

from .proposal import suggest

__all__ = ["suggest"]
