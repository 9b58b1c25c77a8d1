"""``/ops/audit``: who decided what, and what was refused for which reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol

import msgspec
from litestar import Response, Router, get
from litestar.di import NamedDependency
from litestar.enums import MediaType
from litestar.params import FromQuery
from litestar.response import Redirect

from groundswell.access.principal import Principal
from groundswell.contract.errors import Invalid
from groundswell.contract.times import to_rfc3339
from groundswell.contract.trail import TRAIL, TrailEntry, TrailKind
from groundswell.web.desk import Desk
from groundswell.web.operators import PATH as OPERATIONS
from groundswell.web.refused import EVERYBODY, RefusedRequests, refused_values
from groundswell.web.surface import AnyRequest, page_router

PATH = "/ops/audit"
SHOWN = 50
REQUESTS: Final = "requests"
"""Refusals that are answers and no events: they have a trace of their own."""

KINDS: Final = ("all", *TRAIL, REQUESTS)

_ABOUT: Final = (
    *("itemId", "testimonialId", "rewardId", "conversionId", "referralId", "caseId", "shareId"),
    *("codeId", "boardId", "endpointId", "programId"),
)
_PEOPLE: Final = (
    "userId",
    "authorId",
    "referrerId",
    "subjectId",
    "refereeId",
    "origin",
    "messageType",
)
_CODES: Final = ("reason", "rules", "rule", "resolution", "changed")
_BY_RULES: Final = frozenset(
    (
        "moderation.content.held",
        "referral.conversion.rejected",
        "referral.conversion.reversed",
        "referral.attribution.expired",
        "referral.fraud.flagged",
        "referral.reward.held",
        "referral.reward.released",
        "referral.reward.expired",
        "privacy.export.ready",
    )
)
"""What rules do by themselves; an operator's part in it is an event of its own."""


class Trail(Protocol):
    """What the page asks of the log."""

    async def older(
        self, kind: TrailKind | None, before: int | None, limit: int
    ) -> Sequence[TrailEntry]:
        """Entries before a place, newest first."""
        ...


class TrailLine(msgspec.Struct, frozen=True):
    """An entry as it is shown: when, what, by whom, about what, why. ``trace``: its event."""

    at: str
    what: str
    by: str
    about: str | None
    whom: str | None
    code: str | None
    trace: str


class AuditSite(msgspec.Struct, frozen=True):
    """What the route needs."""

    trail: Trail
    refused: RefusedRequests
    desk: Desk


def line_of(entry: TrailEntry) -> TrailLine:
    """What to show of an entry."""
    data = entry.data
    by = data.get("by") or ("rules" if entry.event_type in _BY_RULES else "host")
    return TrailLine(
        at=to_rfc3339(entry.at),
        what=entry.event_type,
        by=str(by),
        about=_first(data, _ABOUT),
        whom=_first(data, _PEOPLE),
        code=", ".join(text for name in _CODES if (text := _text(data.get(name)))) or None,
        trace=entry.event_id,
    )


def audit_pages(*, trail: Trail, refused: RefusedRequests, desk: Desk) -> Router:
    """The router of the page; one signs in at ``/ops``."""
    site = AuditSite(trail, refused, desk)
    return page_router(PATH, [audit], desk.surface, audit_site=site)


@get("/", media_type=MediaType.HTML)
async def audit(
    request: AnyRequest,
    audit_site: NamedDependency[AuditSite],
    caller: NamedDependency[Principal],
    kind: FromQuery[str] = "all",
    before: FromQuery[int | None] = None,
    code: FromQuery[str | None] = None,
    of: FromQuery[str] = EVERYBODY,
    after: FromQuery[str | None] = None,
) -> Response[Any]:
    """The trail of one kind, ``before`` a place in it.

    Of requests those refused with a ``code``, ``of`` a kind of callers, ``after`` a place.
    """
    trail, desk = audit_site.trail, audit_site.desk
    if not desk.may_see(request, caller):
        return Redirect(OPERATIONS, status_code=303)
    shared = {"kind": kind, "kinds": KINDS, "path": PATH}
    if kind == REQUESTS:
        refused = await refused_values(audit_site.refused, code, of, after)
        return desk.surface.page(request, caller, "ops_refused.html", {**refused, **shared})
    wanted = next((one for one in TRAIL if one == kind), None)
    if wanted is None and kind != "all":
        raise Invalid.at("kind", f"Must be one of {', '.join(KINDS)}")
    if before is not None and not 0 <= before < 2**63:
        raise Invalid.at("before", "Must be a place in the log")
    found = await trail.older(wanted, before, SHOWN + 1)
    values = {
        "lines": [line_of(one) for one in found[:SHOWN]],
        "further": found[SHOWN - 1].seq if len(found) > SHOWN else None,
        "newest": before is None,
    }
    return desk.surface.page(request, caller, "ops_audit.html", {**values, **shared})


def _first(data: Mapping[str, Any], names: Sequence[str]) -> str | None:
    return next((str(data[name]) for name in names if data.get(name)), None)


def _text(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value or "")
