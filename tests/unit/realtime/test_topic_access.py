"""Subscriptions that need somebody to be asked, and tokens that were issued for less."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from groundswell.contract.errors import Invalid
from groundswell.realtime.access import TopicAccess
from groundswell.realtime.grants import Grants
from groundswell.realtime.topics import TopicForbidden, UnknownTopic


@dataclass(frozen=True)
class Viewer:
    user_id: str | None = None


class Register:
    """Who is allowed what; remembers the questions."""

    def __init__(self, *allowed: tuple[str, str | None]) -> None:
        self.allowed = set(allowed)
        self.asked: list[tuple[str, str | None]] = []

    async def __call__(self, subject: str, user_id: str | None) -> bool:
        self.asked.append((subject, user_id))
        return (subject, user_id) in self.allowed


async def test_members_hear_their_program_as_long_as_they_are_members() -> None:
    members = Register(("gold", "1"))
    access = TopicAccess(members=members)
    assert await access.admit("program.gold.updates", Viewer("1")) == "program.gold.updates"
    members.allowed.clear()
    with pytest.raises(TopicForbidden, match="for members"):
        await access.admit("program.gold.updates", Viewer("1"))


async def test_a_visitor_is_member_of_nothing() -> None:
    members = Register(("gold", None))
    with pytest.raises(TopicForbidden):
        await TopicAccess(members=members).admit("program.gold.updates", Viewer())
    assert members.asked == []


async def test_presence_is_seen_by_whoever_is_permitted() -> None:
    access = TopicAccess(presence=Register(("lobby", None)))
    assert await access.admit("presence.lobby", Viewer())
    with pytest.raises(TopicForbidden, match="not permitted"):
        await access.admit("presence.lobby", Viewer("1"))


async def test_where_nobody_can_be_asked_nobody_is_admitted() -> None:
    for topic in ("program.gold.updates", "presence.lobby"):
        with pytest.raises(TopicForbidden):
            await TopicAccess().admit(topic, Viewer("1"))


async def test_a_grant_narrows_and_never_widens() -> None:
    access = TopicAccess()
    held = Grants.parse([{"topics": ["user.2.*", "user.1.social"], "actions": ["subscribe"]}])
    assert await access.admit("user.1.social", Viewer("1"), held)
    for topic in ("user.1.inbox", "activity"):
        with pytest.raises(TopicForbidden, match="grants of the token"):
            await access.admit(topic, Viewer("1"), held)
    with pytest.raises(TopicForbidden, match="private to its user"):
        await access.admit("user.2.social", Viewer("1"), held)
    with pytest.raises(TopicForbidden, match="grants of the token"):
        await access.admit("user.1.social", Viewer("1"), held, "history")


async def test_names_are_checked_before_anybody_is_asked() -> None:
    members = Register()
    with pytest.raises(Invalid):
        await TopicAccess(members=members).admit("program.*.updates", Viewer("1"))
    with pytest.raises(UnknownTopic):
        await TopicAccess(members=members).admit("program.gold.secrets", Viewer("1"))
    assert members.asked == []
