"""What the server says about the topics of a connection, beside what is told on them."""

from __future__ import annotations

from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

from groundswell.realtime.batching import Mode
from groundswell.realtime.gateway.refusals import ErrorBody
from groundswell.realtime.gateway.reply import Reply
from groundswell.realtime.messages import Message, Place

RecoveryResult = Literal["none", "complete", "partial", "failed"]


class TopicHeld(msgspec.Struct, rename="camel", kw_only=True):
    """One topic of a SUBSCRIBED that is now heard, and where its stream stands."""

    ok: Literal[True] = True
    epoch: str
    offset: int
    lowest: int
    seq: int
    recovery: RecoveryResult
    replay: int
    contiguous: bool
    mode: Mode
    snapshot: bool | UnsetType = UNSET
    expires_at: str | UnsetType = UNSET


class TopicRefused(msgspec.Struct, rename="camel", kw_only=True):
    """One topic of a SUBSCRIBED that is not heard."""

    ok: Literal[False] = False
    error: ErrorBody


class Subscribed(Reply, tag="SUBSCRIBED", kw_only=True):
    """What became of each topic."""

    ref: str | UnsetType = UNSET
    topics: dict[str, TopicHeld | TopicRefused]
    resume_token: str | UnsetType = UNSET


class Unsubscribed(Reply, tag="UNSUBSCRIBED", kw_only=True):
    """A topic is heard no longer."""

    ref: str | UnsetType = UNSET
    topic: str
    code: int
    reason: str
    resubscribe: bool


class Sync(Reply, tag="SYNC", kw_only=True):
    """Positions that moved past events this client does not get.

    As the answer to TRACK and UNTRACK: from after these on the keys hold.
    """

    ref: str | UnsetType = UNSET
    positions: dict[str, Place]


class HistoryPage(Reply, tag="HISTORY_PAGE", kw_only=True):
    """A page of the past; ``next`` goes on, ``prev`` goes back."""

    ref: str | UnsetType = UNSET
    topic: str
    epoch: str
    messages: list[msgspec.Raw]
    next: Place | UnsetType = UNSET
    prev: Place | UnsetType = UNSET
    lowest: int
    highest: int
    complete: bool


class Delta(Message, tag="DELTA", kw_only=True):
    """What changed in a state since the one whose version is ``base``."""

    topic: str
    id: str
    base: int
    state_version: int
    offset: int
    timestamp: str
    format: Literal["jsonpatch"] = "jsonpatch"
    patch: msgspec.Raw
