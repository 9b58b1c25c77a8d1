"""Webhooks: every event of the log that the host asks for, sent to where it asks, signed."""
