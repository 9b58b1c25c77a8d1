"""The parts the page routes work with, as one value that the router provides to them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec

from groundswell.access.principal import Principal
from groundswell.contract.times import Clock
from groundswell.domains.engagement.commands import Actor
from groundswell.web.assets import Assets
from groundswell.web.csrf import FormTokens
from groundswell.web.pages import Pages
from groundswell.web.templates import Templates

STATIC = Path(__file__).parent / "static"

Submit = Callable[[Any], Awaitable[Any]]
"""Hands a command to the writer and answers when it is stored."""
ActorFor = Callable[[Principal, int], Actor]
"""Who acts on a file, with the keys under which that is stored."""
Limit = Callable[[str, Principal], Awaitable[None]]
"""Counts one action of a caller; raises RateLimited when it is one too many."""


class Site(msgspec.Struct, frozen=True):
    """Everything a page route needs."""

    pages: Pages
    templates: Templates
    assets: Assets
    tokens: FormTokens
    submit: Submit
    actor_for: ActorFor
    limit: Limit
    clock: Clock
    secure_cookies: bool
