"""Who may subscribe, where the name of the topic does not say it all."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from groundswell.contract.ids import Topic
from groundswell.contract.times import Clock, now
from groundswell.realtime.grants import EVERYTHING, Action, Grants
from groundswell.realtime.topics import TopicForbidden, Viewer, admit, kind_of, parse, subject_of

Check = Callable[[str, str | None], Awaitable[bool]]
"""Asks about the second segment of a topic and a user (None: a visitor)."""


async def nobody(_: str, __: str | None) -> bool:
    """The check where nothing can be asked yet."""
    return False


class TopicAccess:
    """Decides on subscriptions, with the rights of this moment.

    Args:
        members: whether a user is a member of a program; visitors never are.
        presence: whether somebody may see who is present in a scope. Scopes are nobody's: whoever
            issues tokens can open any of them by naming it in a grant.
        clock: the time, by which grants end.
    """

    def __init__(
        self, *, members: Check = nobody, presence: Check = nobody, clock: Clock = now
    ) -> None:
        self._members = members
        self._presence = presence
        self._clock = clock

    async def admit(
        self,
        text: str,
        viewer: Viewer,
        grants: Grants = EVERYTHING,
        action: Action = "subscribe",
    ) -> Topic:
        """The topic, if it exists and ``viewer`` may do ``action`` on it.

        Raises:
            Invalid: the text is not a topic name.
            UnknownTopic: there is no such topic.
            TopicForbidden: it is somebody else's, or the token was not issued for it.
            GrantEnded: it was, but not for so long.
        """
        topic = parse(text)
        ends = grants.until(topic, action)
        if not ends:
            raise TopicForbidden(topic, _NOT_GRANTED)
        if ends <= self._clock():
            raise GrantEnded(topic)
        rule = kind_of(topic).rule
        if rule == "member" and await self._is_member(topic, viewer):
            return topic
        if rule == "permitted" and not grants.unlimited:
            return topic
        if rule == "permitted" and await self._presence(subject_of(topic), viewer.user_id):
            return topic
        return admit(topic, viewer)

    async def _is_member(self, topic: str, viewer: Viewer) -> bool:
        user_id = viewer.user_id
        return user_id is not None and await self._members(subject_of(topic), user_id)


class GrantEnded(TopicForbidden):
    """What the token allowed with the topic is over; a newer one may allow it again."""

    def __init__(self, topic: str) -> None:
        super().__init__(topic, "was granted until now")


_NOT_GRANTED: Final = "is not among the grants of the token"
