"""What the tokens of one sign-in are limited to."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

MOST_GRANTS = 32
MOST_PATTERNS = 256

CLIENT_ID_PATTERN = r"^[\x21-\x7e]{1,64}$"
"""What a client may call the device it runs on."""

_TOPIC = r"^[A-Za-z0-9_-]{1,64}(\.[A-Za-z0-9_-]{1,64}){0,5}(\.\*)?$"

TopicPattern = Annotated[str, msgspec.Meta(pattern=_TOPIC, max_length=255)]
ClientId = Annotated[str, msgspec.Meta(pattern=CLIENT_ID_PATTERN)]


class TopicGrant(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Topics, each a name or one whose last segment is ``*``, and what may be done with them.

    ``exp``, in seconds since 1970 as in a token, is when that ends; None: with the token.
    """

    topics: Annotated[list[TopicPattern], msgspec.Meta(max_length=MOST_PATTERNS)]
    actions: list[Literal["subscribe", "history", "presence"]]
    exp: Annotated[int, msgspec.Meta(gt=0, le=253_402_300_799)] | None = None


TopicGrants = Annotated[list[TopicGrant], msgspec.Meta(max_length=MOST_GRANTS)]


class Terms(msgspec.Struct, frozen=True, omit_defaults=True):
    """What all tokens of a sign-in say besides whose they are.

    Attributes:
        scopes: what they allow beyond what every user may do.
        grants: the only topics they are good for; None: all that the user may hear.
        client_id: the only device they are good for when connecting; None: any.
    """

    scopes: frozenset[str] = frozenset()
    grants: TopicGrants | None = None
    client_id: str | None = None
