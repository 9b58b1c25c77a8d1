"""The parts the page routes work with, as one value that the router provides to them."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any, Protocol

import msgspec

from groundswell.access.principal import Principal
from groundswell.domains.engagement.views import VoteType
from groundswell.web.assets import Assets
from groundswell.web.pages import Pages
from groundswell.web.surface import Surface


class Actions(Protocol):
    """What visitors can do from a page: limited, stored durably, then answered."""

    def voter(self, caller: Principal, media_file_id: int) -> str:
        """Under which name the caller holds a vote on the file."""
        ...

    def vote(
        self, caller: Principal, media_file_id: int, vote_type: VoteType | None
    ) -> Awaitable[Any]:
        """Cast or change the caller's vote, or take it back with None."""
        ...

    def view(self, caller: Principal, media_file_id: int) -> Awaitable[Any]:
        """Record that the file's page was seen."""
        ...

    def comment(self, caller: Principal, media_file_id: int, body: str) -> Awaitable[Any]:
        """Publish a comment."""
        ...


class Site(msgspec.Struct, frozen=True):
    """Everything a page route needs."""

    pages: Pages
    surface: Surface
    assets: Assets
    actions: Actions
    secure_cookies: bool
