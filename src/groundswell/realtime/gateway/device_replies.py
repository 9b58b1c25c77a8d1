"""What the server answers to what a device reports: read states, and actions."""

from __future__ import annotations

from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

from groundswell.realtime.gateway.refusals import ErrorBody
from groundswell.realtime.gateway.reply import Reply


class ReadEntry(msgspec.Struct, frozen=True):
    """The state of one message, when it was set and by which device."""

    id: str
    state: Literal["read", "unread", "dismissed"]
    at: str
    by: str | UnsetType = UNSET


class ReadState(Reply, tag="READ_STATE", kw_only=True):
    """What the user has read; ``vv`` is the version vector it holds under."""

    ref: str | UnsetType = UNSET
    entries: list[ReadEntry]
    unread: dict[str, int]
    vv: dict[str, int]


class ActionDone(msgspec.Struct, kw_only=True):
    """An action that was done, perhaps by an earlier message with the same key."""

    ok: Literal[True] = True
    id: str | UnsetType = UNSET


class ActionRefused(msgspec.Struct, kw_only=True):
    """An action that was not done."""

    ok: Literal[False] = False
    error: ErrorBody


class Result(Reply, tag="RESULT", kw_only=True):
    """What became of each action of a PUBLISH, by its key."""

    ref: str | UnsetType = UNSET
    results: dict[str, ActionDone | ActionRefused]
