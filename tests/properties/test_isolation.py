"""Whatever somebody asks for, they hear nothing that is another user's (section 2)."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from groundswell.access.principal import Principal
from groundswell.contract.errors import GroundswellError
from groundswell.contract.inbox import inbox_topic
from groundswell.realtime.credentials import Credentials
from groundswell.realtime.doors.polling.cursor import Cursor, Place
from groundswell.realtime.doors.polling.door import Waiter
from groundswell.realtime.grants import Grants
from groundswell.realtime.recovery import LogPosition
from groundswell.realtime.topics import subject_of
from tests.unit.realtime.builders import person, publication
from tests.unit.realtime.event_stream import settle
from tests.unit.realtime.gateway.dialogue import World
from tests.unit.realtime.polling import Process
from tests.unit.realtime.streaming import Service

VICTIM = "victim"
THIEF = "mallory"
INBOX = inbox_topic(VICTIM)
MARKER = b"the-marker-of-the-victim"
SECRET = msgspec.json.encode({"eventType": "said", "text": MARKER.decode()})
PARTS = ("social", "referrals", "network", "inbox")

_bits = st.sampled_from(
    (
        *("user", VICTIM, THIEF, "inbox", "social", "me", "USER", ".", "..", "*", "#", ">", ","),
        *("%2e", "%76", " ", "\x00", "\n", ":", "/", "@", "\u2024", "\u0301", "\ufeff"),
        *("\uff55", "\u0456"),
    )
)
_near = st.lists(_bits | st.characters(codec="utf-8"), max_size=9).map("".join)
_changed = st.builds(
    lambda at, cut, new: INBOX[:at] + new + INBOX[at + cut :],
    st.integers(0, len(INBOX)),
    st.integers(0, 2),
    st.text(max_size=2),
)
_topics = st.one_of(_near, _changed, st.text(max_size=40), st.just(INBOX))
_patterns = st.sampled_from([INBOX, "user.victim.*", "activity", "user.mallory.*", "media.*"])


@st.composite
def _strangers(draw: st.DrawFn) -> Credentials:
    """A visitor, or another user, with or without grants for what is not theirs."""
    user_id = draw(st.sampled_from([None, THIEF, VICTIM.upper(), f"{VICTIM}_", "victi", "inbox"]))
    if user_id is None:
        return person()
    topics = draw(st.none() | st.lists(_patterns, max_size=3))
    if topics is None:
        return person(user_id)
    claim = [{"topics": topics, "actions": ["subscribe", "history", "presence"]}]
    return person(user_id, grants=Grants.parse(claim))


async def _betray(publish: Any) -> None:
    """Everything private that the victim has flows."""
    for seq, part in enumerate(PARTS, 1):
        await publish(publication(seq, f"user.{VICTIM}.{part}", data=SECRET))
    await publish(publication(len(PARTS) + 1))


@settings(max_examples=200)
@given(_strangers(), st.lists(_topics, min_size=1, max_size=20))
async def test_no_registration_and_no_cursor_tells_anothers_events(
    stranger: Credentials, topics: list[str]
) -> None:
    process = Process()
    heard = await process.door.register(topics, stranger, history=50)
    cursor = msgspec.json.decode(heard)["cursor"]
    await _betray(process.publish)
    heard += await process.door.poll(cursor, stranger, Waiter(), wait=0)
    made_up = Cursor(LogPosition("log", 0), {topic: Place("x", 0) for topic in topics})
    try:
        heard += await process.door.poll(made_up.encode(), stranger, Waiter(), wait=0)
    except GroundswellError as error:
        heard += str(error).encode()
    assert MARKER not in heard


@settings(max_examples=200)
@given(_strangers(), st.lists(_topics, min_size=1, max_size=6), st.booleans())
async def test_no_stream_tells_anothers_events(
    stranger: Credentials, topics: list[str], returns: bool
) -> None:
    service = Service()
    await _betray(service.publish)
    last = "log.0" if returns else None
    try:
        client = await service.connect(",".join(topics), last, viewer=stranger)
    except GroundswellError:
        return
    await service.publish(publication(9, INBOX, data=SECRET))
    await settle()
    assert MARKER not in msgspec.json.encode([one.data for one in client.reader.messages])
    await client.leave()


@settings(max_examples=200, deadline=None)
@given(_strangers(), st.lists(_topics, min_size=1, max_size=20), st.sampled_from(["a", "x"]))
async def test_no_request_at_the_gateway_tells_anothers_events(
    stranger: Credentials, topics: list[str], epoch: str
) -> None:
    world = World()
    await _betray(world.publish_one)
    peer = world.connect(stranger.principal, credentials=stranger)
    await peer.ask("HELLO", protocol=1, features=["batch", "snapshot"])
    heard = list(peer.link.raw)
    resume = {topic: {"epoch": epoch, "offset": 0} for topic in topics if len(topic) < 100}
    for request in (
        {"type": "SUBSCRIBE", "topics": topics, "options": {"history": 50, "snapshot": True}},
        {"type": "SUBSCRIBE", "topics": topics, "options": {"resume": resume}},
        *({"type": "HISTORY", "topic": topic, "ref": "h"} for topic in topics[:8]),
    ):
        peer.connection.receive(msgspec.json.encode(request))
        await settle()
        heard += peer.link.raw
        peer.forget()
    world.seq += 10
    await world.publish(INBOX, data=SECRET)
    await settle()
    heard += peer.link.raw
    assert MARKER not in b"".join(heard)
    peer.connection.gone()
    await asyncio.sleep(0)


@given(_topics, st.lists(_patterns, max_size=4))
async def test_what_is_admitted_is_public_or_ones_own(topic: str, granted: list[str]) -> None:
    """A grant never opens what is somebody else's; presence is what a grant may open."""
    process = Process()
    claim = [{"topics": granted, "actions": ["subscribe"]}]
    thief = Credentials(Principal("user", THIEF, "127.0.0.1", None), grants=Grants.parse(claim))
    try:
        admitted = await process.rights.admit(topic, thief)
    except GroundswellError:
        return
    assert admitted == topic
    if topic.startswith("user."):
        assert subject_of(topic) == THIEF
    assert not topic.startswith("program.")


async def test_the_owner_hears_all_of_it() -> None:
    """What the strangers never hear is really told."""
    owner = person(VICTIM)
    process, service = Process(), Service()
    topics = [f"user.{VICTIM}.{part}" for part in PARTS]
    cursor = msgspec.json.decode(await process.door.register(topics, owner))["cursor"]
    client = await service.connect(",".join(topics), viewer=owner)
    await _betray(process.publish)
    await _betray(service.publish)
    await settle()
    polled = await process.door.poll(cursor, owner, Waiter(), wait=0)
    assert polled.count(MARKER) == len(client.reader.named("EVENT")) == len(PARTS)
    await client.leave()
