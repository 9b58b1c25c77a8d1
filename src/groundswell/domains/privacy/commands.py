"""What can be done about privacy."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from groundswell.contract.privacy import Audience
from groundswell.domains.privacy.views import Erased, PrivacySettings
from groundswell.store.commands import Command


class ChangeSettings(Command, frozen=True, kw_only=True):
    """Change what is given and leave the rest."""

    answer: ClassVar[type] = PrivacySettings
    user_id: str
    broadcast: bool | None = None
    incognito: bool | None = None
    audiences: dict[str, Audience] = msgspec.field(default_factory=dict)
    attribution: Audience | None = None
    private_rewards: bool | None = None


class NoteExport(Command, frozen=True, kw_only=True):
    """Somebody took away what is known of them."""

    answer: ClassVar[type] = type(None)
    user_id: str


class Erase(Command, frozen=True, kw_only=True):
    """Forget a user, or (without ``user_id``) an address by the names it acted under.

    ``found``: by part and table, the rows that name them up to the place ``searched`` in the log.
    """

    answer: ClassVar[type] = Erased
    user_id: str | None = None
    actors: tuple[str, ...]
    voters: tuple[str, ...]
    tombstone: str
    searched: int
    found: dict[str, dict[str, list[int]]]
