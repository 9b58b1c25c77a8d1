"""The gate that texts go through, and the review of what it held."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

import msgspec
import structlog
from uuid_utils import uuid7

from groundswell.contract.errors import GroundswellError, Unavailable
from groundswell.contract.moderation import ContentRejected, Release, Submission, WhenHeld
from groundswell.contract.paging import OLDEST, Page, page_of, place_of
from groundswell.contract.times import Clock, to_rfc3339
from groundswell.domains.moderation.commands import Decide, HeldItem, HoldContent, Released
from groundswell.domains.moderation.handling import COLUMNS, item_of
from groundswell.domains.moderation.outside import OutsideFilter
from groundswell.domains.moderation.rules import Finding, Verdict, WordList, findings, worst
from groundswell.log.reactions import Submit
from groundswell.store import Statement, Store
from groundswell.store.commands import Idempotency

SCOPE = "moderation"

# ix_moderation_items_state
PAGE = Statement(
    f"""
    SELECT {COLUMNS}, created_at FROM moderation_items
    WHERE state = :state AND (created_at, item_id) > (:after_at, :after_id)
    ORDER BY created_at, item_id LIMIT :limit
    """  # noqa: S608 - column names are ours
)
UNRELEASED = Statement(
    """
    SELECT item_id, kind, payload FROM moderation_items
    WHERE state = 'approved' AND released_at IS NULL AND payload IS NOT NULL
    ORDER BY created_at LIMIT 100
    """
)

_AGAIN_SECONDS = 30.0
_log = structlog.get_logger(__name__)


class Moderation:
    """Looks at texts before they are shown, and publishes what was approved.

    Args:
        store: the database.
        submit: the writer's.
        clock: the time.
        words: words that hold or reject.
        outside: another filter to ask, if there is one.
    """

    def __init__(
        self,
        store: Store,
        submit: Submit,
        clock: Clock,
        words: WordList,
        outside: OutsideFilter | None = None,
    ) -> None:
        self._store = store
        self._submit = submit
        self._clock = clock
        self._words = words
        self._outside = outside
        self._releases: Mapping[str, Release] = {}
        self._verdicts = {"allow": 0, "hold": 0, "reject": 0}

    def publish_by(self, releases: Mapping[str, Release]) -> None:
        """Who publishes what was approved, by its kind; said once all slices are there."""
        self._releases = releases

    async def gate(self, submission: Submission) -> str | None:
        """See ``Gate``."""
        found = findings(submission.text, self._words)
        if self._outside is not None and worst(found) != "reject":
            found += await self._outside.ask(submission.kind, submission.text)
        verdict = _settled(worst(found), submission.when_held)
        self._verdicts[verdict] += 1
        if verdict == "reject":
            raise ContentRejected("This text is not accepted here.")
        return None if verdict == "allow" else await self._hold(submission, found)

    async def _hold(self, submission: Submission, found: Sequence[Finding]) -> str:
        command = HoldContent(
            at=self._clock(),
            item_id=f"held-{uuid7().hex}",
            kind=submission.kind,
            author_id=submission.author_id,
            body=submission.text,
            payload=submission.payload.decode(),
            rules=tuple(one.rule for one in found),
        )
        attempt = submission.attempt
        repeat = None if attempt is None else Idempotency(SCOPE, attempt, "")
        item_id: str = await self._submit(command, repeat)
        return item_id

    async def queue(self, state: str, limit: int, cursor: str | None) -> Page[HeldItem]:
        """What waits, or what was decided, oldest first."""
        after_at, after_id = place_of(cursor, OLDEST)
        rows = await self._store.fetch(
            PAGE, state=state, after_at=after_at, after_id=after_id, limit=limit + 1
        )
        return page_of(
            rows,
            limit,
            to_rfc3339(self._clock()),
            show=lambda row: item_of(row[:-1]),
            place=lambda row: (row[-1], row[0]),
        )

    async def decide(
        self, item_id: str, *, approve: bool, reason: str | None, idempotency: Idempotency | None
    ) -> HeldItem:
        """Approve, which publishes it before this returns, or reject."""
        command = Decide(at=self._clock(), item_id=item_id, approve=approve, reason=reason)
        item: HeldItem = await self._submit(command, idempotency)
        if approve:
            await self.release()
        return item

    async def release(self) -> None:
        """Publish whatever was approved and is not published yet, each once."""
        for item_id, kind, payload in await self._store.fetch(UNRELEASED):
            publish = self._releases.get(kind)
            if publish is None:
                continue
            try:
                await publish(payload.encode(), item_id)
            except Unavailable:
                raise
            except GroundswellError as error:  # what it was about may be gone by now
                _log.info("approved content not published", item=item_id, reason=error.code)
            await self._submit(Released(at=self._clock(), item_id=item_id))

    async def run(self) -> None:
        """Publish what a crash left behind, until cancelled."""
        while True:
            try:
                await self.release()
            except GroundswellError as error:
                _log.warning("publishing postponed", reason=error.code)
            except msgspec.MsgspecError as error:
                _log.error("held content cannot be read", exc_info=error)
            await asyncio.sleep(_AGAIN_SECONDS)

    async def close(self) -> None:
        """End the connections to the other filter."""
        if self._outside is not None:
            await self._outside.close()

    def statistics(self) -> dict[str, float]:
        """Verdicts since the start, and how the external filter does."""
        told = {f"{verdict}_total": float(count) for verdict, count in self._verdicts.items()}
        return {**told, **(self._outside.statistics() if self._outside is not None else {})}


def _settled(verdict: Verdict, when_held: WhenHeld) -> Verdict:
    """The verdict on a text for which there is no queue."""
    if verdict != "hold" or when_held == "queue":
        return verdict
    return "allow" if when_held == "pass" else "reject"
