"""Copies of boards in Redis: a sorted set for the order of each window, a hash for who is where.

Score and instant are kept apart, because a double cannot hold both: the score, negative, is that of
the sorted set, and a member begins with its instant in 16 digits, so that equals stand in the order
of their names there, which is the order of display. A copy carries the stamp and version of the
board, and how many it holds; what Redis lost in part is noticed by that and made anew.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from importlib.resources import files
from secrets import token_urlsafe
from typing import Any, Final

import msgspec
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from groundswell.contract.times import DAY, MILLISECOND, MINUTE
from groundswell.domains.leaderboards.changes import Step
from groundswell.domains.leaderboards.copies import At, Copied, CopiesGone
from groundswell.domains.leaderboards.redis.line import Line
from groundswell.domains.leaderboards.redis.script import Script
from groundswell.domains.leaderboards.standing_pages import Asked, Part, Placed
from groundswell.domains.leaderboards.standing_rows import START, Row

_LIFE: Final = 7 * DAY // MILLISECOND
"""How long a copy stays that nothing happens to."""

_LEASE: Final = MINUTE // MILLISECOND
"""How long a new copy may go without a further portion."""

_BIGGEST: Final = 2**53 - 1
_DIGITS: Final = 16
_CONNECTIONS: Final = 8

_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder(list[str | int]).decode


class RedisCopies:
    """Copies in one Redis, for all processes that share it.

    Args:
        url: ``redis://``, ``rediss://`` or ``unix://``.
        namespace: parts several databases that share a Redis.
        patience: seconds after which Redis counts as away.
    """

    def __init__(self, url: str, *, namespace: str, patience: float = 0.25) -> None:
        pool = BlockingConnectionPool.from_url(
            url,
            max_connections=_CONNECTIONS,
            timeout=patience,
            protocol=2,
            socket_timeout=4 * patience,
            socket_connect_timeout=patience,
            retry=Retry(NoBackoff(), 0),
        )
        self._redis = Redis.from_pool(pool)
        self._line = Line(url, patience)
        self._read = _script("read.lua")
        self._apply = _script("apply.lua")
        self._finish = _script("finish.lua")
        self._tag = f"groundswell:boards:{namespace}"

    async def close(self) -> None:
        """Hang up."""
        await self._line.close()
        await self._redis.aclose()

    async def read(self, asked: Sequence[Asked]) -> list[Copied | None]:
        """Parts of windows; None where a copy is missing, damaged, or cannot say."""
        async with _translated():
            answers = await self._line.run(self._read, [self._question(one) for one in asked])
        return [
            None if answer is None else _copied(one, _unpack(answer))
            for one, answer in zip(asked, answers, strict=True)
        ]

    async def at(self, board_ids: Sequence[str]) -> dict[str, At]:
        """How far copies have come; boards without one are missing."""
        async with _translated(), self._redis.pipeline(transaction=False) as together:
            for one in board_ids:
                together.hmget(self._state(one), ["version", "stamp"])
            found = await together.execute()
        return {
            one: At(int(version), int(stamp))
            for one, (version, stamp) in zip(board_ids, found, strict=True)
            if version is not None and stamp is not None
        }

    async def names(self) -> set[str]:
        """The boards that have been copied."""
        async with _translated():
            found: Any = await self._redis.smembers(f"{self._tag}:copied")
        return {one.decode() for one in found}

    async def apply(self, steps: Sequence[Step]) -> bool:
        """Let a copy follow steps of one board; False if it does not stand where they begin."""
        if not all(_fits(place[2:]) for step in steps for place in step.change.places):
            await self.drop(steps[0].board_id)
            return False
        async with _translated():
            done = await self._apply.run(self._redis, [self._stepped(one) for one in steps])
        return all(done)

    async def begin(self, board_id: str) -> str | None:
        """Begin a new copy, under the name that is answered; None if another process makes one."""
        name = token_urlsafe(9)
        async with _translated():
            begun = await self._redis.set(self._lease(board_id), name, nx=True, px=_LEASE)
        return name if begun else None

    async def put(self, board_id: str, name: str, window_start: int, rows: Sequence[Row]) -> bool:
        """Put participants into a new copy; False if they cannot be held, or it took too long."""
        if not all(_fits(row[1:]) for row in rows):
            return False
        prefix = f"{self._prefix(board_id)}{name}:"
        order, whose = f"{prefix}order:{window_start}", f"{prefix}whose:{window_start}"
        async with _translated(), self._redis.pipeline(transaction=False) as together:
            together.get(self._lease(board_id))
            together.pexpire(self._lease(board_id), _LEASE)
            if rows:
                together.zadd(order, {_begin(row) + row.user_id: -row.score for row in rows})
                together.hset(whose, mapping={row.user_id: _begin(row) for row in rows})
                together.pexpire(order, _LEASE)
                together.pexpire(whose, _LEASE)
            done = await together.execute()
        return bool(done[0] == name.encode())

    async def give_up(self, board_id: str, name: str) -> None:
        """A new copy will not be finished; somebody else may begin one. Its parts expire."""
        lease = self._lease(board_id)
        async with _translated():
            if await self._redis.get(lease) == name.encode():
                await self._redis.delete(lease)

    async def finish(
        self, board_id: str, name: str, at: At, windows: Sequence[int], hidden: Iterable[str]
    ) -> bool:
        """Let the new copy take the place of the old one; False if it is no longer there."""
        keys = (self._state(board_id), self._lease(board_id))
        told = (_pack([str(one) for one in windows]), _pack(sorted(hidden)))
        arguments = (self._prefix(board_id), name, at.stamp, at.version, _LIFE, *told)
        async with _translated():
            done = await self._finish.run(self._redis, [(2, *keys, *arguments)])
            await self._redis.sadd(f"{self._tag}:copied", board_id)
        return bool(done[0])

    async def drop(self, board_id: str) -> None:
        """Keep no copy of a board."""
        async with _translated():
            await self._redis.delete(self._state(board_id))

    def _question(self, asked: Asked) -> tuple[Any, ...]:
        place = ("", "") if asked.after == START else (-asked.after.score, _member(asked.after))
        kind, count = ("around", asked.limit - 1) if asked.around else ("after", asked.limit + 1)
        names = (self._prefix(asked.board_id), asked.window_start, asked.user_id)
        return (1, self._state(asked.board_id), *names, count, kind, *place)

    def _stepped(self, step: Step) -> tuple[Any, ...]:
        change = step.change
        places: list[str] = []
        for window, user, score, reached_at in change.places:
            if score is None or reached_at is None:
                places += [str(window), user, "", ""]
            else:
                places += [str(window), user, str(-score), _instant(reached_at)]
        shown = [text for user, is_ in change.shown for text in (user, str(int(is_)))]
        told = (_pack(places), _pack(shown), _pack([str(one) for one in change.closed]))
        stamps = (step.follows, step.stamp, step.version)
        return (1, self._state(step.board_id), self._prefix(step.board_id), *stamps, _LIFE, *told)

    def _prefix(self, board_id: str) -> str:
        return f"{{{self._tag}:{board_id}}}:"

    def _state(self, board_id: str) -> str:
        return f"{self._prefix(board_id)}state"

    def _lease(self, board_id: str) -> str:
        return f"{self._prefix(board_id)}lease"


@asynccontextmanager
async def _translated() -> AsyncIterator[None]:
    try:
        yield
    except (RedisError, OSError, TimeoutError) as error:
        raise CopiesGone from error


def _copied(asked: Asked, told: list[Any]) -> Copied:
    stamp, members, mine, score, position, hidden, *rest = told
    me = _placed(mine, score, position) if mine else None
    rows = [_placed(*rest[at : at + 3]) for at in range(0, len(rest), 3)]
    return Copied(int(stamp), Part.of(asked, int(members), rows, me, hidden=bool(hidden)))


def _placed(member: str, score: str, position: str) -> Placed:
    return Placed(Row(member[_DIGITS:], -int(score), int(member[:_DIGITS])), int(position))


def _fits(place: tuple[int | None, int | None]) -> bool:
    """Whether a double holds the score, and the digits the instant."""
    score, reached_at = place
    if score is None or reached_at is None:
        return True
    return abs(score) <= _BIGGEST and 0 <= reached_at < 10**_DIGITS


def _member(row: Row) -> str:
    return _begin(row) + row.user_id


def _begin(row: Row) -> str:
    return _instant(row.reached_at)


def _instant(instant: int) -> str:
    return f"{instant:0{_DIGITS}}"


def _script(name: str) -> Script:
    return Script(files(__package__).joinpath(name).read_text(encoding="utf-8"))
