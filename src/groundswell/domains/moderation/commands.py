"""What can be done about held content."""

from __future__ import annotations

from typing import ClassVar, Literal

import msgspec

from groundswell.store.commands import Command


class View(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Something that is answered as JSON."""


class HeldItem(View, frozen=True, kw_only=True):
    """One item of the queue; ``body`` is gone once it was decided."""

    item_id: str
    kind: str
    author_id: str | None
    body: str | None
    rules: list[str]
    state: Literal["held", "approved", "rejected"]
    reason: str | None
    created_at: str
    decided_at: str | None


class HoldContent(Command, frozen=True, kw_only=True):
    """Keep something until somebody has looked at it. Answers its id."""

    answer: ClassVar[type] = str
    item_id: str
    kind: str
    author_id: str | None
    body: str
    payload: str
    rules: tuple[str, ...]


class Decide(Command, frozen=True, kw_only=True):
    """Publish what is held, or not. Decided the same way again, it is answered the same."""

    answer: ClassVar[type] = HeldItem
    item_id: str
    approve: bool
    reason: str | None = None


class Released(Command, frozen=True, kw_only=True):
    """What was approved is published; what it took is kept no longer."""

    answer: ClassVar[type] = type(None)
    item_id: str
