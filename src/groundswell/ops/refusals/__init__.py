"""The trace of refused requests: gathered in memory, stored by the minute, read by operators."""
