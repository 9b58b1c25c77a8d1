"""Bringing in history: web server logs, catalogues and logs of plays, from files."""
