"""Making copies of boards, and letting them follow the database.

Every process does it for all boards that have a copy or were asked for, because whoever has just
committed is the first to know. What two do at once is done once: a step is applied only where the
copy stands at the stamp before it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import structlog

from groundswell.contract.errors import GroundswellError
from groundswell.domains.leaderboards.changes import Step, leads_on, steps_since
from groundswell.domains.leaderboards.copies import At, Copies, CopiesGone
from groundswell.domains.leaderboards.copying import Outcome, compared, copy_board
from groundswell.store import Store

_log = structlog.get_logger(__name__)

_STEPS: Final = 200
"""How many steps are applied at a time."""

_POLL_SECONDS: Final = 1.0
_REST_SECONDS: Final = 5.0
_AGAIN_SECONDS: Final = MappingProxyType[Outcome, float]({"made": 0.0, "busy": 1.0, "unfit": 60.0})


class Mirroring:
    """Looks after copies.

    Args:
        store: what is copied.
        copies: where to.
        poll_seconds: how long to wait for what other processes wrote.
        rest_seconds: how long to leave copies alone that could not be written.
        again_seconds: how soon a board is copied again if it has to be, by what came of it before.
    """

    def __init__(
        self,
        store: Store,
        copies: Copies,
        *,
        poll_seconds: float = _POLL_SECONDS,
        rest_seconds: float = _REST_SECONDS,
        again_seconds: Mapping[Outcome, float] = _AGAIN_SECONDS,
    ) -> None:
        self._store = store
        self._copies = copies
        self._poll_seconds = poll_seconds
        self._rest_seconds = rest_seconds
        self._again_seconds = again_seconds
        self._woken = asyncio.Event()
        self._wanted: set[str] = set()
        self._at: dict[str, At] = {}
        self._making: dict[str, asyncio.Task[None]] = {}
        self._not_before: dict[str, float] = {}
        self._doubted: set[str] = set()
        self._look_at = 0.0
        self._steps = self._made = self._failures = 0

    def wake(self) -> None:
        """Something was committed."""
        self._woken.set()

    def look_after(self, board_id: str) -> None:
        """A board's copy is missing or behind."""
        self._wanted.add(board_id)
        self._doubted.add(board_id)
        self._woken.set()

    async def run(self) -> None:
        """Until cancelled. What fails is tried again after a rest; nobody waits for it."""
        try:
            while True:
                self._woken.clear()
                try:
                    await self.follow()
                except (CopiesGone, GroundswellError) as error:
                    self._failures += 1
                    self._at.clear()
                    _log.warning("copies of leaderboards cannot follow", cause=repr(error))
                    await asyncio.sleep(self._rest_seconds)
                    continue
                await self._wait()
        finally:
            for task in self._making.values():
                task.cancel()

    async def follow(self) -> None:
        """Let every copy come as far as the database has."""
        now = asyncio.get_running_loop().time()
        doubted, self._doubted = self._doubted, set()
        for board_id in doubted:
            self._at.pop(board_id, None)
        if doubted or now >= self._look_at:
            self._look_at = now + self._poll_seconds
            self._wanted |= await self._copies.names()
            await self._locate(now)
            await self._compare()
        await self._locate(now)
        while await self._take_steps():
            await self._locate(now)

    async def made(self) -> None:
        """Wait for the copies that are being made."""
        await asyncio.gather(*self._making.values(), return_exceptions=True)

    def statistics(self) -> Mapping[str, float]:
        """What was done since the start."""
        return {
            "held": float(len(self._at)),
            "steps_total": float(self._steps),
            "made_total": float(self._made),
            "failures_total": float(self._failures),
        }

    async def _locate(self, now: float) -> None:
        """Where the copies stand of which that is not known; what has none gets one."""
        unknown = sorted(self._wanted - self._at.keys() - self._making.keys())
        if unknown:
            found = await self._copies.at(unknown)
            self._at |= found
            for board_id in unknown:
                if board_id not in found and now >= self._not_before.get(board_id, 0.0):
                    self._make(board_id)

    async def _take_steps(self) -> bool:
        """Apply what comes next; tells whether there may be more."""
        if not self._at:
            return False
        versions = {board_id: at.version for board_id, at in self._at.items()}
        steps = await steps_since(self._store, versions, _STEPS)
        for board_id, of_board in steps.items():
            await self._apply(board_id, of_board)
        return sum(map(len, steps.values())) == _STEPS or len(self._at) < len(versions)

    async def _apply(self, board_id: str, steps: list[Step]) -> None:
        """Let a copy follow; if it stands elsewhere, find out where, or make it anew."""
        at = self._at.pop(board_id)
        if leads_on(at.stamp, steps):
            if await self._copies.apply(steps):
                self._at[board_id] = At(steps[-1].version, steps[-1].stamp)
                self._steps += len(steps)
            return
        moved = await self._copies.at([board_id])
        if moved.get(board_id) == at:
            await self._copies.drop(board_id)

    async def _compare(self) -> None:
        """A copy from which nothing leads on has to have the stamp of the database."""
        found = await compared(self._store, self._at)
        for board_id, at in list(self._at.items()):
            one = found.get(board_id)
            if one is not None and (one.stamp == at.stamp or one.goes_on):
                continue
            del self._at[board_id]
            if (await self._copies.at([board_id])).get(board_id) == at:
                await self._copies.drop(board_id)
            if one is None:
                self._wanted.discard(board_id)

    def _make(self, board_id: str) -> None:
        task = asyncio.create_task(self._copy(board_id))
        self._making[board_id] = task
        task.add_done_callback(lambda _: self._making.pop(board_id, None))

    async def _copy(self, board_id: str) -> None:
        try:
            outcome = await copy_board(self._store, self._copies, board_id)
            self._made += outcome == "made"
            again = asyncio.get_running_loop().time() + self._again_seconds[outcome]
            self._not_before[board_id] = again
            self._woken.set()
        except (CopiesGone, GroundswellError) as error:
            self._failures += 1
            _log.warning("a leaderboard cannot be copied", board=board_id, cause=repr(error))

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(self._poll_seconds):
                await self._woken.wait()
        except TimeoutError:
            return
