"""From the event log into inboxes: the consumer that files what events say concerns a user."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import structlog

from groundswell.access.identity import is_user_id
from groundswell.contract.events import LoggedEvent
from groundswell.contract.events.base import Notice
from groundswell.contract.times import Clock
from groundswell.domains.inbox.commands import FileMessage
from groundswell.domains.inbox.periods import Periods
from groundswell.store.commands import Command

_log = structlog.get_logger(__name__)


def message_of(logged: LoggedEvent, notice: Notice, now: int) -> FileMessage:
    """The command that files a notice under the id and type of its event."""
    return FileMessage(
        at=now,
        user_id=notice.user_id,
        event_id=logged.event_id,
        event_type=logged.event.event_type,
        data=notice.data,
        delivery=notice.delivery,
        policy=notice.policy,
        occurred_at=logged.at,
        expires_at=None if notice.lifetime is None else logged.at + notice.lifetime,
    )


class Notices:
    """Files messages for the events of a portion of the log.

    A portion may come again after a crash: what is in the inbox is not filed twice, and what is
    older than inboxes keep anything is not filed at all.

    Args:
        submit: the writer's.
        clock: the time.
        periods: how long messages are kept.
    """

    def __init__(
        self,
        submit: Callable[[Command], Awaitable[Any]],
        clock: Clock,
        periods: Periods | None = None,
    ) -> None:
        self._submit = submit
        self._clock = clock
        self._periods = periods or Periods()
        self._filed = 0

    async def consume(self, events: Sequence[LoggedEvent]) -> None:
        """File what the events declare; returns when all of it is durable.

        Raises:
            GroundswellError: the writer could not; the portion is to be handed over again.
        """
        now = self._clock()
        commands = [
            message_of(logged, notice, now)
            for logged in events
            for notice in logged.event.notices()
            if self._is_due(logged, notice, now)
        ]
        if commands:
            await asyncio.gather(*map(self._submit, commands))
            self._filed += len(commands)

    def _is_due(self, logged: LoggedEvent, notice: Notice, now: int) -> bool:
        if not is_user_id(notice.user_id):
            _log.debug("no such user can have an inbox", event=logged.event_id)
            return False
        kept = self._periods.critical if notice.delivery == "critical" else self._periods.full
        lifetime = kept if notice.lifetime is None else min(kept, notice.lifetime)
        return logged.is_news and now - logged.at < lifetime

    def statistics(self) -> Mapping[str, float]:
        """Messages filed for events since the start."""
        return {"notices_filed_total": float(self._filed)}
