"""The command ``groundswell``."""

from groundswell.cli.main import main

__all__ = ["main"]
