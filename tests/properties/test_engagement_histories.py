"""Any history of commands, on both engines at once, against a model that counts by hand.

Invariants E1 to E5, E8, E9, E11 and E12 hold after every step because the model has them by
construction, and both engines answer what the model answers. E6 (one order at one instant, on
every backend) is what the comparison of the lists says.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from typing import Any, TypeVar

from hypothesis import event, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from groundswell.contract.errors import Conflict, GroundswellError, MediaNotFound
from groundswell.contract.times import DAY, HOUR, MINUTE, SECOND
from groundswell.domains.engagement import commands as do
from groundswell.store.commands import Command, Handler, Idempotency
from tests.support.core import Core, ManualClock, running_core, user, visitor
from tests.support.model import Model, Request

T = TypeVar("T")
UNKNOWN = 404
LISTS: list[tuple[Any, Any]] = [
    *(("trending", period) for period in ("24h", "7d")),
    *(("popular", period) for period in ("24h", "30d", "all")),
    ("hot", "24h"),
    ("top-rated", "24h"),
]

people = st.sampled_from(
    [
        *[visitor("ann", location="Lisbon, Portugal")] * 3,
        visitor("bob"),
        visitor("cyd"),
        user("dan"),
        user("eve", location="Portugal"),
    ]
)
owners = st.sampled_from([None, "dan", "eve"])
steps = st.sampled_from(
    [1, SECOND, MINUTE, HOUR - 1, HOUR, HOUR + 1, DAY - HOUR, DAY - 1, DAY, DAY + 1, 7 * DAY]
)
delays = st.sampled_from([-MINUTE, 0, MINUTE, MINUTE, HOUR - 1, HOUR, HOUR + 1, DAY, 29 * DAY])
keys = st.one_of(
    st.none(),
    st.none(),
    st.builds(
        Idempotency,
        scope=st.sampled_from(["a", "b"]),
        key=st.sampled_from(["k1", "k2"]),
        fingerprint=st.sampled_from(["f", "f", "g"]),
    ),
)


class Both:
    """One core on each engine, told and asked the same.

    Args:
        sqlite_url: one database.
        postgres_url: the other one.
        handlers: of commands beside those of engagement.
    """

    def __init__(
        self, sqlite_url: str, postgres_url: str, handlers: Sequence[Handler] = ()
    ) -> None:
        self._urls = (sqlite_url, postgres_url)
        self._handlers = handlers
        self._loop = asyncio.new_event_loop()
        self._stack = AsyncExitStack()
        self.clock = ManualClock()
        self.cores: tuple[Core, ...] = ()

    def __enter__(self) -> Both:
        self._loop.run_until_complete(self._open())
        return self

    async def _open(self) -> None:
        entering = [
            await self._stack.enter_async_context(
                running_core(url, self.clock, handlers=self._handlers)
            )
            for url in self._urls
        ]
        self.cores = tuple(entering)

    def __exit__(self, *_: object) -> None:
        self._loop.run_until_complete(self._stack.aclose())
        self._loop.close()

    def reset(self) -> None:
        """Empty databases at the first instant."""
        self.clock.now = ManualClock().now
        self.ask(lambda core: core.clear())

    def ask(self, question: Callable[[Core], Awaitable[T]]) -> T:
        """The answer, which is the same from both; a refusal is a value."""

        async def answers() -> list[Any]:
            return await asyncio.gather(
                *(question(core) for core in self.cores), return_exceptions=True
            )

        sqlite, postgres = self._loop.run_until_complete(answers())
        assert plain(sqlite) == plain(postgres)
        if isinstance(sqlite, BaseException) and not isinstance(sqlite, GroundswellError):
            raise sqlite
        return sqlite


def plain(outcome: Any) -> Any:
    """What can be compared: a refusal by what it says."""
    if isinstance(outcome, list):
        return [plain(one) for one in outcome]
    if isinstance(outcome, Conflict):
        return ("conflict", outcome.reason)
    if isinstance(outcome, BaseException):
        return (type(outcome).__name__, getattr(outcome, "code", ""))
    return outcome


class Histories(RuleBasedStateMachine):
    """Everything a host and its visitors can do, in any order."""

    both: Both

    def __init__(self) -> None:
        super().__init__()
        self.model = Model()
        self.touched: set[int] = set()

    @property
    def now(self) -> int:
        return self.both.clock.now

    def do(self, requests: Sequence[Request]) -> None:
        """Submit at the same time; the answers are those of the model."""

        async def submit(core: Core) -> list[Any]:
            return await asyncio.gather(
                *(core.submit(command, key) for command, key in requests),
                return_exceptions=True,
            )

        expected = self.model.execute(requests)
        self.touched = {getattr(one, "media_file_id", 0) or 0 for one, _ in requests}
        assert plain(self.both.ask(submit)) == plain(expected)

    def file(self, data: st.DataObject) -> int:
        return data.draw(st.sampled_from([*self.model.files, *self.model.files, UNKNOWN]))

    @initialize(count=st.integers(1, 4))
    def begin(self, count: int) -> None:
        self.both.reset()
        for place in range(count):
            self.do([(do.RegisterMedia(title=f"Song {place}", at=self.now), None)])

    @rule(
        owner=owners,
        duration=st.sampled_from([None, 1, 20, 59, 60, 300]),
        published=st.sampled_from([None, None, -40 * DAY, -DAY, 0, HOUR]),
        draft=st.sampled_from([False, False, True]),
        external=st.sampled_from([None, None, "x", "y"]),
        wanted=st.sampled_from([None, None, None, 7]),
        plays=st.sampled_from([0, 0, 5]),
        key=keys,
    )
    def register(
        self,
        owner: str | None,
        duration: int | None,
        published: int | None,
        draft: bool,
        external: str | None,
        wanted: int | None,
        plays: int,
        key: Idempotency | None,
    ) -> None:
        command = do.RegisterMedia(
            title="Harvest",
            owner_id=owner,
            duration_seconds=duration,
            published_at=None if published is None else self.now + published,
            draft=draft,
            source=external and "shelf",
            external_id=external,
            media_file_id=wanted,
            play_count=plays,
            at=self.now,
        )
        self.do([(command, key and _of(key, "register"))])

    @rule(data=st.data(), size=st.sampled_from([1, 1, 2, 3, 5, 8]))
    def act(self, data: st.DataObject, size: int) -> None:
        """Several people do something at the same time."""
        self.do([self._request(data) for _ in range(size)])

    def _request(self, data: st.DataObject) -> Request:
        kind = data.draw(st.sampled_from(_ACTS))
        who: dict[str, Any] = {
            "media_file_id": self.file(data),
            "by": data.draw(people),
            "at": self.now,
        }
        if kind in {"up", "down"}:
            command: Command = do.CastVote(vote_type=kind, **who)  # type: ignore[arg-type]
        elif kind == "remove":
            command = do.RemoveVote(**who)
        else:
            delay = data.draw(st.one_of(st.none(), delays))
            who["occurred_at"] = None if delay is None else self.now - delay
            command = self._record(kind, who, data)
        key = data.draw(keys)
        return command, key and _of(key, type(command).__name__)

    def _record(self, kind: str, who: dict[str, Any], data: st.DataObject) -> Command:
        if kind == "play":
            seconds = st.sampled_from([None, None, 0, 9, 10, 29, 30, 31])
            return do.RecordPlay(play_duration=data.draw(seconds), **who)
        if kind == "comment":
            return do.RecordComment(body="Played it twice.", **who)
        return {"download": do.RecordDownload, "view": do.RecordView}[kind](**who)

    @rule(
        data=st.data(),
        change=st.sampled_from(
            [
                {"state": "hidden"},
                {"state": "published"},
                {"state": "draft"},
                {"state": "published"},
                {"trendable": False},
                {"trendable": True},
                {"title": "Renamed"},
                {"owner_id": "eve"},
                {"duration_seconds": 40},
            ]
        ),
    )
    def update(self, data: st.DataObject, change: dict[str, Any]) -> None:
        where = self.file(data)
        command = do.UpdateMedia(media_file_id=where, at=self.now, **change)
        self.do([(command, None), self._request(data)])

    @precondition(lambda self: len(self.model.files) > 2)
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        command = do.DeleteMedia(media_file_id=self.file(data), at=self.now)
        self.do([self._request(data), (command, None)])

    @rule(by=steps)
    def wait(self, by: int) -> None:
        self.both.clock.advance(by)

    @rule()
    def read_lists(self) -> None:
        """Every list, in one order for one instant; what is hidden or deleted is in none."""
        for core in self.both.cores:
            core.lists.changed()  # else a list of the same second is served again
        for name, period in LISTS:
            page = self.both.ask(lambda core: core.lists.get(name, period=period, limit=50))  # noqa: B023
            listed = [(one.media_file_id, one.score) for one in page.items]
            assert listed == self.model.ranking(name, period, self.now), name
            assert [one.position for one in page.items] == list(range(1, len(listed) + 1))
            assert all(self.model.files[one].is_open(self.now) for one, _ in listed)
            event(f"{name}.{period} of {min(len(listed), 3)}")

    @rule(limit=st.integers(1, 7))
    def read_feed(self, limit: int) -> None:
        """All pages together are the feed: newest first, nothing twice, nothing hidden."""
        expected = self.model.feed(self.now)
        cursor, seen = None, []
        while True:
            following = cursor
            page = self.both.ask(lambda core: core.queries.activity(limit, following))  # noqa: B023
            assert len(page.items) <= limit
            seen += page.items
            cursor = page.next_cursor
            if cursor is None:
                break
        assert seen == expected

    @rule(data=st.data(), by=people)
    def read_file(self, data: st.DataObject, by: do.Actor) -> None:
        one = self.file(data)
        media = self.model.files.get(one)
        stats = self.both.ask(lambda core: core.queries.stats(one))
        vote = self.both.ask(lambda core: core.queries.vote_status(one, by.voter))
        comments = self.both.ask(lambda core: core.queries.comments(one, 100))
        if media is None or not media.is_open(self.now):
            for answer in (stats, vote, comments):
                assert isinstance(answer, MediaNotFound)
            return
        assert stats == self.model.stats(one, self.now)
        assert vote == self.model.vote_status(one, by.voter)
        assert [comment.comment_id for comment in comments.items] == self.model.comments(one)

    @rule()
    def audit(self) -> None:
        self.both.ask(lambda core: core.assert_consistent())

    @invariant()
    def files_are_as_in_the_model(self) -> None:
        for one in self.touched & set(self.model.files):
            media = self.model.files[one]
            if media.state != "deleted":
                answer = self.both.ask(lambda core: core.queries.media(one, unpublished=True))  # noqa: B023
                assert answer == media.view()
        self.touched = set()

    def teardown(self) -> None:
        self.both.ask(lambda core: core.assert_consistent())
        assert self.both.ask(lambda core: core.log.head()) == self.model.seq


_ACTS = ["up", "up", "down", "remove", "play", "play", "play", "download", "view", "comment"]


def _of(key: Idempotency, what: str) -> Idempotency:
    """A key cannot be of two kinds of request: doors scope it by the operation."""
    return Idempotency(f"{key.scope} {what}", key.key, key.fingerprint)


def test_any_history_is_as_the_model_says_on_both_engines(
    ready_sqlite: str, ready_postgres: str
) -> None:
    with Both(ready_sqlite, ready_postgres) as cores:
        machine = type("Machine", (Histories,), {"both": cores})
        run_state_machine_as_test(
            machine, settings=settings(max_examples=100, stateful_step_count=30)
        )
