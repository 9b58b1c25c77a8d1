"""How a refusal is told: as ERROR, or as a part of another answer."""

from __future__ import annotations

import msgspec
from msgspec import UNSET, UnsetType

from groundswell.contract.times import MILLISECOND
from groundswell.realtime.gateway.errors import Refused
from groundswell.realtime.gateway.reply import Reply, or_unset


class ErrorBody(msgspec.Struct, rename="camel"):
    """Why something was refused."""

    code: int
    name: str
    message: str
    retryable: bool
    retry_after_ms: int | UnsetType = UNSET
    lowest: int | UnsetType = UNSET


class Error(Reply, tag="ERROR", kw_only=True):
    """A request failed; the connection stays."""

    ref: str | UnsetType = UNSET
    topic: str | UnsetType = UNSET
    code: int
    name: str
    message: str
    retryable: bool
    retry_after_ms: int | UnsetType = UNSET
    lowest: int | UnsetType = UNSET


def error_of(refused: Refused, ref: str | None = None, topic: str | None = None) -> Error:
    """The ERROR that tells of a refusal."""
    body = error_body(refused)
    return Error(
        ref=or_unset(ref),
        topic=or_unset(topic),
        code=body.code,
        name=body.name,
        message=body.message,
        retryable=body.retryable,
        retry_after_ms=body.retry_after_ms,
        lowest=body.lowest,
    )


def error_body(refused: Refused) -> ErrorBody:
    """The refusal as a part of a message."""
    after, lowest = refused.retry_after, refused.lowest
    return ErrorBody(
        code=int(refused.code),
        name=refused.code.wire_name,
        message=refused.message,
        retryable=refused.code.retryable,
        retry_after_ms=UNSET if after is None else max(1, -(-after // MILLISECOND)),
        lowest=UNSET if lowest is None else lowest,
    )
