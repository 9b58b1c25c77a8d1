"""Durable messages per user: filed, told until acknowledged, read on any device, and pushed."""
