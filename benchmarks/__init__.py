"""The figures Groundswell claims, each beside a peer's: ``python -m benchmarks``."""
