"""What ``/ops/audit`` shows of refused requests: by code, by kind of caller, page after page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol
from urllib.parse import urlencode

import msgspec

from groundswell.contract.errors import Invalid
from groundswell.contract.paging import Page
from groundswell.contract.refusals import CALLERS, CallerKind, CodeCount, Refusal, RefusalFilter

SHOWN: Final = 50
LONGEST_CODE: Final = 64
EVERYBODY: Final = "all"
_HASH_SHOWN: Final = 12


class RefusedRequests(Protocol):
    """What the page asks of the trace."""

    async def page(self, wanted: RefusalFilter, limit: int, cursor: str | None) -> Page[Refusal]:
        """The latest, newest first."""
        ...

    async def codes(self) -> Sequence[CodeCount]:
        """The commonest codes of the last day."""
        ...


class RefusedLine(msgspec.Struct, frozen=True):
    """A refusal as it is shown: when, which code, how often, by whom, where, about what."""

    at: str
    code: str
    status: int
    count: int
    who: str
    place: str
    about: str | None
    detail: str | None
    trace: str | None


def line_of(one: Refusal) -> RefusedLine:
    """What to show of a refusal."""
    return RefusedLine(
        at=one.last_at,
        code=one.code,
        status=one.status,
        count=one.count,
        who=_who(one.caller, one.caller_id),
        place=" ".join(filter(None, (one.method, one.route))) or "several places",
        about=one.subject_id and f"{one.subject_kind} {one.subject_id}",
        detail=one.detail,
        trace=one.request_id,
    )


async def refused_values(
    refused: RefusedRequests, code: str | None, caller: str, after: str | None
) -> Mapping[str, Any]:
    """What the page is made of.

    Raises:
        Invalid: there is no such kind of caller, no code is so long, or ``after`` is no place.
    """
    wanted = RefusalFilter(code=_code(code), caller=_caller(caller))
    page = await refused.page(wanted, SHOWN, after)
    return {
        "lines": [line_of(one) for one in page.items],
        "codes": await refused.codes(),
        "code": wanted.code,
        "of": caller,
        "callers": (EVERYBODY, *CALLERS),
        "further": page.next_cursor,
        "newest": after is None,
        "query": lambda **changes: _query({"code": wanted.code, "of": caller, **changes}),
    }


def _who(caller: CallerKind, caller_id: str | None) -> str:
    match caller:
        case "user" | "host":
            return f"{caller} {caller_id}" if caller_id else caller
        case "many":
            return "several callers"
        case _:
            return f"{caller} {caller_id[:_HASH_SHOWN]}…" if caller_id else caller


def _query(values: Mapping[str, str | None]) -> str:
    given = {name: value for name, value in values.items() if value and value != EVERYBODY}
    return "?" + urlencode({"kind": "requests", **given})


def _code(code: str | None) -> str | None:
    if code is not None and len(code) > LONGEST_CODE:
        raise Invalid.at("code", f"Must be at most {LONGEST_CODE} characters")
    return code or None


def _caller(caller: str) -> CallerKind | None:
    found = next((one for one in CALLERS if one == caller), None)
    if found is None and caller != EVERYBODY:
        raise Invalid.at("of", f"Must be one of {EVERYBODY}, {', '.join(CALLERS)}")
    return found
