"""The one collection of tables: each part declares its own in its ``tables.py``."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, MetaData, Text

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

ROOM_FOR_UPDATES = {"fillfactor": "50"}
"""For PostgreSQL tables whose rows change all the time: pages stay half empty, so that the next
version of a row finds room beside the last."""


def number(name: str, *, null: bool = False, default: int | None = None) -> Column[int]:
    """A 64-bit integer: an id, a count, a flag (0 or 1) or an instant in microseconds."""
    fallback = None if default is None else str(default)
    return Column(name, BigInteger, nullable=null, server_default=fallback)


def text(name: str, *, null: bool = False) -> Column[str]:
    """A text of any length; JSON is kept as text."""
    return Column(name, Text, nullable=null)


def ordered_text(name: str) -> Column[str]:
    """A text whose order matters: that of its bytes, in every database."""
    return Column(name, Text().with_variant(Text(collation="C"), "postgresql"), nullable=False)
