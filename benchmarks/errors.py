"""What can go wrong with a measurement."""

from __future__ import annotations


class BenchmarkError(Exception):
    """The measurement cannot be made, or what it measured was not right."""
