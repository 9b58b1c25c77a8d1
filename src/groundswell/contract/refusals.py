"""A request that was refused, as it is noted for operators: what, where, by whom, about what."""

from __future__ import annotations

from typing import Final, Literal, get_args

import msgspec

CallerKind = Literal["visitor", "user", "host", "unverified", "many"]
"""Who was refused: ``unverified`` showed credentials that do not count; ``many`` are some of whom
only the number was kept."""

CALLERS: Final[tuple[CallerKind, ...]] = get_args(CallerKind)

LONGEST_DETAIL: Final = 200


class Refused(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One refusal. Nothing of a body, of a secret or of an address is in it.

    Attributes:
        at: when, microseconds.
        status: of the answer.
        code: of the problem.
        route: the template of the address; None for any.
        method: of the request; None for any.
        caller: what is known of who asked.
        caller_id: a user's id, a key's id, or the keyed hash of an address.
        subject_kind: what kind of thing the route names, such as ``reward``.
        subject_id: which one.
        request_id: leads to the request log.
        detail: a few words on what was wrong.
    """

    at: int
    status: int
    code: str
    route: str | None
    method: str | None
    caller: CallerKind
    caller_id: str | None
    subject_kind: str | None = None
    subject_id: str | None = None
    request_id: str | None = None
    detail: str | None = None


class Refusal(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What was refused within one minute: ``count`` times, first ``at`` and last ``lastAt``.

    ``caller`` is `visitor` or `unverified` (``callerId`` is a keyed hash of the address), `user`,
    `host` (``callerId`` is the key's) or `many`. ``requestId`` and ``detail`` are of the last time.
    """

    refusal_id: str
    at: str
    last_at: str
    count: int
    status: int
    code: str
    route: str | None
    method: str | None
    caller: CallerKind
    caller_id: str | None
    subject_kind: str | None
    subject_id: str | None
    request_id: str | None
    detail: str | None


class CodeCount(msgspec.Struct, frozen=True, rename="camel"):
    """How often something was refused with a code."""

    code: str
    count: int


class RefusalFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which refusals are wanted; what is None does not matter. ``since`` is in microseconds."""

    code: str | None = None
    route: str | None = None
    status: int | None = None
    caller: CallerKind | None = None
    user: str | None = None
    subject_id: str | None = None
    since: int | None = None
