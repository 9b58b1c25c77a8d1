"""The schema's history, as Alembic revisions that run on both engines."""
