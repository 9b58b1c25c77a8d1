"""What the inbox offers to the composition root."""

from __future__ import annotations

from groundswell.domains.inbox.commands import COMMANDS
from groundswell.domains.inbox.handling import InboxCommands
from groundswell.domains.inbox.periods import Periods
from groundswell.store.commands import Handler


def inbox_handler(periods: Periods | None = None) -> Handler:
    """The handler of all commands about inboxes."""
    return Handler(COMMANDS, InboxCommands(periods or Periods()).handle)
