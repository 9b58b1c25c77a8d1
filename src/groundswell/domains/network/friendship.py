"""What becomes of two people when one of them wants something."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

ConnectionState = Literal["requested", "established"]

SUGGESTED_AT_ONCE: Final = 5
"""To how many earlier partners of a client a new one is suggested, and they to them."""


def pair(one: str, other: str) -> tuple[str, str]:
    """Two users in the one order in which they are stored: who knows whom has no direction."""
    return (one, other) if one < other else (other, one)


def after_wish(state: ConnectionState, requested_by: str, user_id: str) -> ConnectionState:
    """What two are after ``user_id`` wanted to be friends, too or again: both have to want it."""
    if state == "established" or requested_by != user_id:
        return "established"
    return "requested"


def matches(
    owner_id: str, partner_id: str, earlier: Sequence[str]
) -> list[tuple[str, str, str, str]]:
    """Whom to suggest to whom when ``partner_id`` begins to work for ``owner_id``.

    Args:
        owner_id: whose project it is.
        partner_id: who works on it.
        earlier: others who worked for the owner, the latest first.

    Returns:
        Of each: the user, the kind, who is suggested, the reason.
    """
    found = [
        (owner_id, "friend", partner_id, "worked_together"),
        (partner_id, "friend", owner_id, "worked_together"),
    ]
    for other in earlier[:SUGGESTED_AT_ONCE]:
        found.append((partner_id, "collaboration", other, "same_client"))
        found.append((other, "collaboration", partner_id, "same_client"))
    return found
