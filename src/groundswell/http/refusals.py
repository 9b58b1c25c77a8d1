"""What is refused is noted beside the request, and told once the request is answered.

Whoever turns an error into an answer notes the problem; it is then told together with what is known
of the request: the template of its address, its caller, what it was about. A request that succeeds
costs one look into a dictionary.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, cast

import msgspec
from litestar.types import Scope

from groundswell.access.addresses import InvalidAddress
from groundswell.access.hashing import AddressHasher
from groundswell.access.principal import Principal
from groundswell.contract.errors import FieldError, GroundswellError
from groundswell.contract.refusals import LONGEST_DETAIL, CallerKind, Refused
from groundswell.contract.times import Clock
from groundswell.http.decoding import camel
from groundswell.http.headers import header, joined_header
from groundswell.http.problems import Problem, problem_of, problem_of_status

AddressOf = Callable[[str | None, str | None], str]
"""The canonical address of a client, from the connection's other end and ``X-Forwarded-For``."""

FindCaller = Callable[[Scope], Awaitable[Principal]]
"""Who calls. Raises a GroundswellError if what was shown does not count."""

Tell = Callable[[Refused], None]
"""Takes a refusal. It must return at once."""

_Named = tuple[CallerKind, str | None]

UNMATCHED: Final = "unmatched"
OTHER_METHOD: Final = "OTHER"

SUBJECTS: Final = (
    *("reward_id", "conversion_id", "referral_id", "code_id", "code", "share_id"),
    *("testimonial_id", "case_id", "item_id", "board_id", "suggestion_id", "endpoint_id"),
    *("program_id", "platform", "media_file_id", "user_id"),
)
"""The parameters of addresses that say what a request is about, the most telling first."""

_NOTED: Final = "groundswell_refused"
_METHODS: Final = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))
_READS: Final = frozenset(("GET", "HEAD", "OPTIONS"))
_GUARDED: Final = (401, 403)
_NOBODYS: Final = "client_disconnected"
_LONGEST_SUBJECT: Final = 128
_FIELD: Final = re.compile(r"[A-Za-z][A-Za-z0-9_.\[\]-]{0,79}")
_FROM_INPUT: Final = ("Unknown field", "Must not contain the character U+0000")
_QUOTED: Final = re.compile(r"'[^']*'|\"[^\"]*\"|`[^`]*`")


class _Note(msgspec.Struct, frozen=True):
    status: int
    code: str
    detail: str | None
    route: str | None


def note(scope: Scope, problem: Problem, *, route: str | None = None) -> None:
    """Note that a request, or a part of it, is answered with this problem.

    ``route`` says where, if that is not the request's own address.
    """
    _append(scope, _Note(problem.status, problem.code, _detail(problem), route))


def note_repeated(scope: Scope, code: str, times: int, *, status: int) -> None:
    """Note that something was taken that had come before, and changed nothing."""
    _append(scope, _Note(status, code, f"{times} known already", None))


def _append(scope: Scope, one: _Note) -> None:
    cast("dict[str, Any]", scope).setdefault(_NOTED, []).append(one)


class Refusals:
    """Tells what was refused.

    Args:
        tell: whom.
        find_caller: who calls; a wrong body is refused before a route has asked for that.
        hasher: makes names of addresses.
        address_of: the address of a client.
        clock: the time.
    """

    def __init__(
        self,
        tell: Tell,
        find_caller: FindCaller,
        hasher: AddressHasher,
        address_of: AddressOf,
        clock: Clock,
    ) -> None:
        self._tell = tell
        self._find_caller = find_caller
        self._hasher = hasher
        self._address_of = address_of
        self._clock = clock

    async def answered(self, scope: Scope, status: int, request_id: str) -> None:
        """A request was answered with this status; whoever asked has the answer."""
        noted = cast("dict[str, Any]", scope).get(_NOTED)
        if noted is None and status not in _GUARDED:
            return
        if worth := _worth_telling(scope, noted or [_unsaid(status)]):
            caller = await self._caller(scope)
            for one in worth:
                self._tell_of(scope, one, caller, request_id)

    def _tell_of(self, scope: Scope, one: _Note, named: _Named, request_id: str) -> None:
        caller, caller_id = named
        subject_kind, subject_id = _subject(scope)
        method = str(scope.get("method"))
        self._tell(
            Refused(
                at=self._clock(),
                status=one.status,
                code=one.code,
                route=one.route or scope.get("path_template") or UNMATCHED,
                method=method if method in _METHODS else OTHER_METHOD,
                caller=caller,
                caller_id=caller_id,
                subject_kind=subject_kind,
                subject_id=subject_id,
                request_id=request_id,
                detail=one.detail,
            )
        )

    async def _caller(self, scope: Scope) -> _Named:
        try:
            return _named(await self._find_caller(scope), self._hasher)
        except (GroundswellError, InvalidAddress):
            shown = header(scope, b"authorization")
            return "visitor" if shown is None else "unverified", self._address_hash(scope)

    def _address_hash(self, scope: Scope) -> str | None:
        client = scope.get("client")
        forwarded = joined_header(scope, b"x-forwarded-for")
        try:
            address = self._address_of(client[0] if client else None, forwarded)
        except InvalidAddress:
            return None
        return self._hasher.hash("log", address)


def refused_to(
    caller: Principal, error: GroundswellError, route: str, hasher: AddressHasher, at: int
) -> Refused:
    """What was refused to a caller whose wish came over a connection instead of a request."""
    problem = problem_of(error)
    kind, caller_id = _named(caller, hasher)
    return Refused(
        at=at,
        status=problem.status,
        code=problem.code,
        route=route,
        method=None,
        caller=kind,
        caller_id=caller_id,
        detail=_detail(problem),
    )


def _named(caller: Principal, hasher: AddressHasher) -> _Named:
    match caller.kind:
        case "host":
            return "host", caller.key_id
        case "user":
            return "user", caller.user_id
        case _:
            return "visitor", hasher.hash("log", caller.address)


def _worth_telling(scope: Scope, noted: Sequence[_Note]) -> Sequence[_Note]:
    """Not what is our own fault, nor what was looked for in vain."""
    reads = scope.get("method") in _READS
    return [
        one
        for one in noted
        if one.status < 500 and one.code != _NOBODYS and (not reads or one.status in _GUARDED)
    ]


def _unsaid(status: int) -> _Note:
    """What a page or another protocol answers in words of its own."""
    problem = problem_of_status(status)
    return _Note(status, problem.code, None, None)


def _subject(scope: Scope) -> tuple[str | None, str | None]:
    given = scope.get("path_params") or {}
    for name in SUBJECTS:
        if name in given:
            text = str(given[name]).encode("utf-8", "replace").decode()
            return camel(name.removesuffix("_id")), text[:_LONGEST_SUBJECT]
    return None, None


def _detail(problem: Problem) -> str | None:
    """Which fields are wrong, or what is: without anything that may have been sent."""
    if problem.errors:
        names = [name for error in problem.errors if (name := _name(error))]
        return ", ".join(names)[:LONGEST_DETAIL] or None
    return _QUOTED.sub("…", problem.detail)[:LONGEST_DETAIL] or None


def _name(error: FieldError) -> str | None:
    """A field, if it is one of ours and not a word of the caller's."""
    if error.message.startswith(_FROM_INPUT):
        return None
    return error.field if _FIELD.fullmatch(error.field) else None
