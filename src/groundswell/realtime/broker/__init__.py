"""Brokers: each topic's offsets and short history, and the way to every process's hub."""
