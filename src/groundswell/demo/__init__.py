"""A real week of radio plays, replayed through the public API as live traffic."""
