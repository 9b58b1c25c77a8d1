"""What is told live, what is replayed, and what a reload shows are one and the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from groundswell.contract.times import HOUR, MINUTE, SECOND
from groundswell.delivery.delivery import Delivery
from groundswell.delivery.past import TopicPast
from groundswell.delivery.replay import LogReplay
from groundswell.domains.engagement import commands as do
from groundswell.log.consumers import Consumer
from groundswell.realtime.broker.memory import MemoryBroker
from groundswell.realtime.messages import Envelope, Publication
from tests.support.core import START, Core, visitor

FILES = 3
on_a_database = settings(
    max_examples=50,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
kinds = st.sampled_from(
    ["play", "download", "view", "comment", "up", "down", "remove", "rename", "hide", "delete"]
)
happenings = st.lists(
    st.tuples(
        st.integers(0, FILES - 1),
        kinds,
        st.sampled_from(["ann", "bob"]),
        st.sampled_from([None, MINUTE, 5 * MINUTE, HOUR]),
        st.sampled_from([0, 0, SECOND // 2, SECOND]),
    ),
    max_size=20,
)
portions = st.integers(1, 7)


class Live:
    """Everything that was published, as a subscriber of every topic got it."""

    def __init__(self, core: Core, portion: int) -> None:
        self.broker = MemoryBroker(clock=core.clock)
        self.broker.attach(self._take)
        self.delivery = Delivery(self.broker, core.lists, core.clock)
        self.consumer = Consumer("d", core.log, self.delivery.consume, portion=portion)
        self.told: list[Publication] = []

    def _take(self, envelopes: Sequence[Envelope]) -> None:
        self.told += [one.publication for one in envelopes]

    async def catch_up(self) -> None:
        while await self.consumer.step():
            pass


def _command(core: Core, media: int, kind: str, name: str, late_by: int | None) -> Any:
    now = core.clock()
    match kind:
        case "delete":
            return do.DeleteMedia(media_file_id=media, at=now)
        case "hide":
            return do.UpdateMedia(media_file_id=media, state="hidden", at=now)
        case "rename":
            return do.UpdateMedia(media_file_id=media, title=f"By {name}", at=now)
    who: dict[str, Any] = {"media_file_id": media, "by": visitor(name), "at": now}
    match kind:
        case "up" | "down":
            return do.CastVote(vote_type=kind, **who)
        case "remove":
            return do.RemoveVote(**who)
    who["occurred_at"] = None if late_by is None else now - late_by
    if kind == "comment":
        return do.RecordComment(body="Louder", **who)
    records = {"play": do.RecordPlay, "download": do.RecordDownload, "view": do.RecordView}
    return records[kind](**who)


async def _happen(core: Core, live: Live, history: Any) -> list[int]:
    """Let it happen while somebody watches; the files."""
    await live.consumer.start()
    files = [await core.register(f"Song {number}") for number in range(FILES)]
    for place, kind, name, late_by, waited in history:
        await core.together(_command(core, files[place], kind, name, late_by))
        core.clock.advance(waited)
        await live.catch_up()
    core.clock.advance(SECOND)
    await live.catch_up()
    return files


@on_a_database
@given(history=happenings, portion=portions, after=st.integers(0, 12))
async def test_a_replay_tells_what_was_told_live(
    core: Core, history: Any, portion: int, after: int
) -> None:
    await core.clear()
    core.clock.now = START
    live = Live(core, portion)
    files = await _happen(core, live, history)
    events = [one for one in live.told if not one.state]
    topics = [f"media.{media}" for media in files]
    for wanted in (frozenset({"activity"}), frozenset(topics), frozenset([*topics, "activity"])):
        replay = LogReplay(core.log, await core.log.log_id(), lambda: live.delivery.position)
        replayed = await replay.replay(wanted, after, 1_000)
        assert replayed.publications == [
            one for one in events if one.topic in wanted and one.seq > after
        ]
        assert replayed.complete
        assert replayed.top_seq == max(after, await core.log.head())


@on_a_database
@given(
    history=happenings,
    block=st.integers(1, 7),
    before=st.integers(1, 30),
    count=st.integers(0, 9),
)
async def test_the_past_of_a_topic_is_what_was_told_live(
    core: Core, history: Any, block: int, before: int, count: int
) -> None:
    await core.clear()
    core.clock.now = START
    live = Live(core, 5)
    files = await _happen(core, live, history)
    past = TopicPast(core.log, core.clock, block=block)
    for topic in ("activity", *(f"media.{media}" for media in files)):
        told = [one for one in live.told if one.topic == topic and not one.state]
        expected = [one for one in told if one.seq < before]
        for _ in range(2):
            found = await past.before(topic, before, count)
            assert found == expected[len(expected) - min(count, len(expected)) :]


@on_a_database
@given(history=happenings, portion=portions)
async def test_live_equals_reload(core: Core, history: Any, portion: int) -> None:
    """Whoever follows from the beginning sees what a new visitor is shown."""
    await core.clear()
    core.clock.now = START
    live = Live(core, portion)
    files = await _happen(core, live, history)
    # What run() does ten times a second: tell what was held back.
    await live.delivery._publish_counters()
    late = any(late_by == HOUR for *_, late_by, _ in history)
    feed = (await core.queries.activity(50)).items
    seen = _fold_feed(live.told)
    assert [item.id for item in feed if item.id in seen] == seen
    if not late:
        assert [item.id for item in feed] == seen
        for media in files:
            await _assert_counters(core, live.told, media)


def _fold_feed(told: Sequence[Publication]) -> list[int]:
    """The ids of the items that a page which follows the topic shows."""
    shown: list[tuple[str, int, int]] = []
    for one in told:
        data = msgspec.json.decode(one.data)
        if data["eventType"] == "engagement.activity.created":
            shown.append((data["timestamp"], data["activityId"], data["mediaFileId"]))
        if data["eventType"] == "engagement.activity.retracted":
            shown = [item for item in shown if item[2] != data["mediaFileId"]]
    return [activity for _, activity, _ in sorted(shown, reverse=True)]


async def _assert_counters(core: Core, told: Sequence[Publication], media: int) -> None:
    """The counters and votes told last are those that are stored."""
    sql = (
        "SELECT play_count, qualified_play_count, download_count, view_count, comment_count, "
        "upvotes, downvotes FROM media WHERE media_file_id = :id"
    )
    stored = (await core.rows(sql, id=media))[0]
    states = [one for one in told if one.state and one.topic == f"media.{media}"]
    last = msgspec.json.decode(states[-1].data)["counters"].values() if states else [0] * 7
    assert tuple(last) == stored
    votes = [
        (data["upvotes"], data["downvotes"])
        for one in told
        if one.topic == f"media.{media}" and one.event_type.startswith("engagement.vote.")
        for data in [msgspec.json.decode(one.data)]
    ]
    assert (votes[-1] if votes else (0, 0)) == stored[5:]
