"""Doors: the transports by which clients hear the topics they subscribed to."""
