"""Forgetting: full texts first, then messages with their states, then devices nobody uses."""

from __future__ import annotations

from groundswell.contract.events.inbox import MessageFiled
from groundswell.domains.inbox.commands import TrimInboxes
from groundswell.domains.inbox.periods import Periods
from groundswell.domains.inbox.push.statements import FORGET_EXPIRED_ENDPOINTS, FORGET_LOST_PUSHES
from groundswell.domains.inbox.views import Trimmed
from groundswell.log.rewriting import rewrite
from groundswell.store import BIGINT, TEXT, Row, Statement, Transaction
from groundswell.store.commands import EventTail

# Index ix_inbox_messages_filed_at.
FIND_OLD_TEXTS = Statement(
    """
    SELECT user_id, seq, log_seq, message_id, event_type, delivery, policy, expires_at
    FROM inbox_messages
    WHERE filed_at <= :full AND data IS NOT NULL
      AND (delivery = 'normal' OR filed_at <= :critical OR expires_at <= :now)
    ORDER BY filed_at LIMIT :portion
    """
)
FORGET_TEXTS = Statement(
    """
    UPDATE inbox_messages SET data = NULL
    WHERE (user_id, seq) IN (SELECT r.user_id, r.seq FROM {rows} r)
    """,
    rows={"user_id": TEXT, "seq": BIGINT},
)
# A user's messages leave from the oldest on, so that those that are left have no gap.
FIND_OLD_MESSAGES = Statement(
    """
    SELECT user_id, MAX(seq) FROM inbox_messages
    WHERE filed_at <= :states GROUP BY user_id ORDER BY user_id LIMIT :portion
    """
)
FORGET_MESSAGES = Statement(
    """
    DELETE FROM inbox_messages WHERE EXISTS (
      SELECT 1 FROM {rows} r
      WHERE r.user_id = inbox_messages.user_id AND inbox_messages.seq <= r.seq
    )
    RETURNING seq
    """,
    rows={"user_id": TEXT, "seq": BIGINT},
)
FORGET_DELIVERIES = Statement(
    """
    DELETE FROM inbox_deliveries WHERE EXISTS (
      SELECT 1 FROM {rows} r
      WHERE r.user_id = inbox_deliveries.user_id AND inbox_deliveries.seq <= r.seq
    )
    """,
    rows={"user_id": TEXT, "seq": BIGINT},
)
SET_TRIMMED = Statement(
    """
    UPDATE inbox_users SET trimmed = r.seq FROM {rows} r WHERE inbox_users.user_id = r.user_id
    """,
    rows={"user_id": TEXT, "seq": BIGINT},
)
# Index ix_inbox_devices_last_seen_at.
FORGET_DEVICES = Statement(
    "DELETE FROM inbox_devices WHERE last_seen_at <= :states RETURNING user_id, client_id"
)
FORGET_DELIVERIES_OF_DEVICES = Statement(
    """
    DELETE FROM inbox_deliveries WHERE EXISTS (
      SELECT 1 FROM {rows} r
      WHERE r.user_id = inbox_deliveries.user_id AND r.client_id = inbox_deliveries.client_id
    )
    """,
    rows={"user_id": TEXT, "client_id": TEXT},
)


class Trimming:
    """Forgets what the periods say is old."""

    def __init__(self, periods: Periods) -> None:
        self._periods = periods

    async def trim(self, transaction: Transaction, command: TrimInboxes, _: EventTail) -> Trimmed:
        """One portion of everything that is due."""
        texts = await self._texts(transaction, command)
        # A message leaves only after its text, which is in the log as well.
        all_texts = texts < command.portion
        users, messages = await self._messages(transaction, command) if all_texts else (0, 0)
        devices = await self._devices(transaction, command)
        await transaction.fetch(FORGET_EXPIRED_ENDPOINTS, now=command.at)
        await transaction.fetch(FORGET_LOST_PUSHES)
        more = command.portion in (texts, users)
        return Trimmed(summarized=texts, deleted=messages, devices=devices, more=more)

    async def _texts(self, transaction: Transaction, command: TrimInboxes) -> int:
        periods = self._periods
        rows = await transaction.fetch(
            FIND_OLD_TEXTS,
            full=command.at - periods.full,
            critical=command.at - periods.critical,
            now=command.at,
            portion=command.portion,
        )
        if rows:
            await transaction.fetch(FORGET_TEXTS, rows=[(row[0], row[1]) for row in rows])
            # The log told the text too; it keeps that there was a message.
            await rewrite(transaction, [(row[2], _without_text(row)) for row in rows])
        return len(rows)

    async def _messages(self, transaction: Transaction, command: TrimInboxes) -> tuple[int, int]:
        found = await transaction.fetch(
            FIND_OLD_MESSAGES,
            states=command.at - self._periods.states,
            portion=command.portion,
        )
        rows = [(user, seq) for user, seq in found]
        if not rows:
            return 0, 0
        await transaction.fetch(FORGET_DELIVERIES, rows=rows)
        deleted = await transaction.fetch(FORGET_MESSAGES, rows=rows)
        await transaction.fetch(SET_TRIMMED, rows=rows)
        return len(rows), len(deleted)

    async def _devices(self, transaction: Transaction, command: TrimInboxes) -> int:
        left = await transaction.fetch(FORGET_DEVICES, states=command.at - self._periods.states)
        if left:
            rows = [(user, client) for user, client in left]
            await transaction.fetch(FORGET_DELIVERIES_OF_DEVICES, rows=rows)
        return len(left)


def _without_text(row: Row) -> MessageFiled:
    user, seq, _, message, event_type, delivery, policy, expires_at = row
    return MessageFiled(
        user_id=user,
        message_id=message,
        inbox_seq=seq,
        message_type=event_type,
        delivery=delivery,
        policy=policy,
        expires_at=expires_at,
    )
