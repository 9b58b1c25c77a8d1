"""The broker of several processes: offsets and histories in Redis, live messages through it."""
