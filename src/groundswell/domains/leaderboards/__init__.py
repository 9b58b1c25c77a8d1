"""Boards: who has done most, in which window, and who was first when it closed."""
