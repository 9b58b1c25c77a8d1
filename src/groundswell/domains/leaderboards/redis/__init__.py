"""Copies of boards in Redis."""
