"""The figures Groundswell claims, each measured side by side with a peer: ``python -m benchmarks``."""
