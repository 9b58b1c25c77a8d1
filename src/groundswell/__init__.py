"""Groundswell: the social layer an application adds instead of building it."""

__version__ = "0.1.0"
