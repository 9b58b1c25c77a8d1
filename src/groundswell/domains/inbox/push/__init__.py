"""Web push (RFC 8030, 8291, 8292): critical messages for users who have no live connection."""
