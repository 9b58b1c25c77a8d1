"""Filters, deltas, digests, batches and grants hold for whatever comes."""

from __future__ import annotations

from itertools import count, pairwise
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from groundswell.contract.errors import GroundswellError
from groundswell.realtime.batching import Batcher, Pace, batch, pace, portions
from groundswell.realtime.deltas import apply_delta, delta
from groundswell.realtime.digests import TOP, Digest, DigestBuilder
from groundswell.realtime.filters import FilterInvalid, compile_filter
from groundswell.realtime.grants import Grants
from groundswell.realtime.messages import Envelope, Publication
from groundswell.realtime.topics import Viewer, admit

SCALARS = st.one_of(
    st.booleans(), st.integers(-3, 3), st.sampled_from([0.0, 1.0, 0.5]), st.sampled_from("ab")
)
KEYS = st.sampled_from(["a", "b", "eventType"])
LEAVES = st.one_of(
    st.builds(
        lambda key, cmp, val: {"key": key, "cmp": cmp, "val": val},
        KEYS,
        st.sampled_from(["eq", "neq"]),
        SCALARS,
    ),
    st.builds(
        lambda key, cmp, vals: {"key": key, "cmp": cmp, "vals": vals},
        KEYS,
        st.sampled_from(["in", "nin"]),
        st.lists(SCALARS, min_size=1, max_size=3),
    ),
    st.builds(lambda key, cmp: {"key": key, "cmp": cmp}, KEYS, st.sampled_from(["ex", "nex"])),
    st.builds(
        lambda key, cmp, val: {"key": key, "cmp": cmp, "val": val},
        KEYS,
        st.sampled_from(["gt", "gte", "lt", "lte"]),
        st.one_of(st.integers(-3, 3), st.sampled_from("ab")),
    ),
)
TREES = st.recursive(
    LEAVES,
    lambda nodes: st.one_of(
        st.builds(
            lambda op, parts: {"op": op, "nodes": parts},
            st.sampled_from(["and", "or"]),
            st.lists(nodes, min_size=1, max_size=3),
        ),
        st.builds(lambda node: {"op": "not", "nodes": [node]}, nodes),
    ),
    max_leaves=8,
)
TAGS = st.dictionaries(KEYS, SCALARS)
JSON = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(allow_nan=False, allow_infinity=False),
        st.text(max_size=4),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.text("ab/~0", max_size=2), inner, max_size=4),
    ),
    max_leaves=12,
)


def same(one: object, other: object) -> bool:
    """JSON equality: ``true`` is not ``1``, but ``1`` is ``1.0``."""
    return isinstance(one, bool) is isinstance(other, bool) and one == other


def evaluated(tree: dict[str, Any], tags: dict[str, Any]) -> bool:
    """The meaning of a filter, read off its table word by word."""
    if "op" in tree:
        parts = [evaluated(node, tags) for node in tree["nodes"]]
        return {"and": all(parts), "or": any(parts), "not": not parts[0]}[tree["op"]]
    cmp, there, tag = tree["cmp"], tree["key"] in tags, tags.get(tree["key"])
    if cmp in ("ex", "nex"):
        return there is (cmp == "ex")
    if cmp in ("eq", "neq", "in", "nin"):
        wanted = tree["vals"] if "vals" in tree else [tree["val"]]
        return (there and any(same(tag, one) for one in wanted)) is (cmp in ("eq", "in"))
    val = tree["val"]
    texts = isinstance(tag, str), isinstance(val, str)
    if not there or isinstance(tag, bool) or texts[0] is not texts[1]:
        return False
    return {"gt": tag > val, "gte": tag >= val, "lt": tag < val, "lte": tag <= val}[cmp]


@given(TREES, TAGS)
def test_a_compiled_filter_means_what_its_tree_says(
    tree: dict[str, Any], tags: dict[str, Any]
) -> None:
    try:
        holds = compile_filter(tree)
    except FilterInvalid as refusal:
        assert "deeper" in str(refusal)
        return
    assert holds(tags) is evaluated(tree, tags)


@given(JSON, st.dictionaries(st.text(max_size=3), JSON, max_size=3))
def test_any_json_is_a_filter_or_refused_and_a_filter_never_fails(
    tree: Any, tags: dict[str, Any]
) -> None:
    try:
        holds = compile_filter(tree)
    except FilterInvalid as refusal:
        assert refusal.errors[0].field.startswith("filter")
    else:
        assert holds(tags) in (True, False)


@given(JSON, JSON)
def test_a_delta_leads_exactly_to_the_new_state(base: Any, new: Any) -> None:
    before, after = msgspec.json.encode(base), msgspec.json.encode(new)
    patch = delta(before, after)
    if patch is not None:
        assert len(patch) < len(after)
        assert exact(apply_delta(before, patch)) == exact(after)


def exact(state: bytes) -> bytes:
    """The state with its members in one order, in which ``1``, ``1.0`` and ``true`` differ."""
    return msgspec.json.encode(msgspec.json.decode(state), order="deterministic")


@given(st.lists(JSON, min_size=20, max_size=40), st.integers(0, 19), JSON)
def test_a_small_change_of_a_long_list_has_a_delta(items: list[Any], place: int, item: Any) -> None:
    rows = [{"position": index, "item": one} for index, one in enumerate(items)]
    changed = [*rows[:place], {"position": place, "item": item}, *rows[place + 1 :]]
    before, after = msgspec.json.encode(rows), msgspec.json.encode(changed)
    patch = delta(before, after)
    if len(msgspec.json.encode(item)) < 200:
        assert patch is not None
        assert exact(apply_delta(before, patch)) == exact(after)


def event(offset: int, topic: str, kind: str, *, state: bool = False) -> Envelope:
    data = msgspec.json.encode({"eventType": kind, "n": offset})
    return Envelope(Publication(topic, kind, f"msg-{offset}", offset, data, offset, state), offset)


@given(st.lists(st.sampled_from("abcdefghijklmn"), min_size=1, max_size=60))
def test_a_digest_counts_everything_and_shows_some_of_each(kinds: list[str]) -> None:
    builder = DigestBuilder("feed")
    for offset, kind in enumerate(kinds, 1):
        builder.add(event(offset, "feed", kind))
    digest = builder.take("dg", 0)
    assert digest is not None
    assert digest.count == sum(digest.by_type.values()) == len(kinds)
    assert digest.by_type == {kind: kinds.count(kind) for kind in set(kinds)}
    assert (digest.from_offset, digest.to_offset) == (1, len(kinds))
    shown = [msgspec.json.decode(one) for one in digest.top]
    assert len(shown) == min(TOP, len(kinds))
    assert len({one["n"] for one in shown}) == len(shown)
    distinct = {one["eventType"] for one in shown}
    assert len(distinct) == min(TOP, len(set(kinds)))


PACES = st.sampled_from(
    [
        pace("high"),
        pace("normal"),
        pace("low"),
        pace("normal", background=True),
        pace("low", background=True),
        pace("low", mode="digest"),
    ]
)
STEPS = st.lists(
    st.tuples(st.sampled_from("xyz"), PACES, st.booleans(), st.integers(0, 20_000_000)),
    max_size=40,
)


@given(STEPS)
def test_a_batcher_loses_nothing_keeps_order_and_waits_no_longer_than_allowed(
    steps: list[tuple[str, Pace, bool, int]],
) -> None:
    """Whatever the paces: each event leaves, was superseded, or is inside a digest's range."""
    numbers, queue, now = count(1), Batcher(lambda: "dg"), 0
    added: dict[str, list[tuple[int, bool]]] = {}
    latest: dict[int, int] = {}
    told: dict[str, list[tuple[int, int]]] = {}

    def note(taken: list[Envelope | Digest], at: int) -> None:
        for one in taken:
            if isinstance(one, Digest):
                first, last = one.from_offset, one.to_offset
                assert isinstance(first, int)
                assert isinstance(last, int)
            else:
                assert one.offset is not None
                first = last = one.offset
            assert at <= latest[first]
            told.setdefault(one.topic, []).append((first, last))

    for topic, how, state, pause in steps:
        until = now + pause
        while queue.due is not None and queue.due <= until:
            now = max(now, queue.due)
            note(queue.take(now), now)
        now = until
        offset = next(numbers)
        latest[offset] = now + how.wait
        added.setdefault(topic, []).append((offset, state))
        queue.add(event(offset, topic, "s" if state else "e", state=state), how, now)
        note(queue.take(now), now)
    while queue.due is not None:
        now = max(now, queue.due)
        note(queue.take(now), now)
    assert (len(queue), queue.size) == (0, 0)
    for topic, events in added.items():
        ranges = told[topic]
        assert all(before[1] < after[0] for before, after in pairwise(ranges))
        for place, (offset, state) in enumerate(events):
            covered = any(first <= offset <= last for first, last in ranges)
            newer = state and any(is_state for _, is_state in events[place + 1 :])
            assert covered or newer


@given(st.lists(st.binary(max_size=50), max_size=40), st.integers(1, 9), st.integers(1, 120))
def test_portions_are_all_messages_in_order_within_bounds(
    messages: list[bytes], most: int, max_bytes: int
) -> None:
    cut = list(portions(messages, most=most, max_bytes=max_bytes))
    assert [one for portion in cut for one in portion] == messages
    assert all(
        len(portion) <= most and (len(portion) == 1 or sum(map(len, portion)) <= max_bytes)
        for portion in cut
    )


@given(st.lists(JSON, max_size=5), st.sampled_from(["live", "recovery", "history"]))
def test_a_batch_is_json_around_the_same_messages(messages: list[Any], reason: Any) -> None:
    told = msgspec.json.decode(batch([msgspec.json.encode(one) for one in messages], reason))
    assert told == {"type": "BATCH", "reason": reason, "messages": messages}


NAMES = st.text("ab12_-.*/%\n é", max_size=12)
SEGMENT = st.text("ab1_-", min_size=1, max_size=3)
TOPIC = st.lists(SEGMENT, min_size=1, max_size=4).map(".".join)


@given(NAMES | TOPIC, NAMES | TOPIC)
def test_a_pattern_is_refused_or_covers_only_what_it_names(pattern: str, topic: str) -> None:
    try:
        grants = Grants.parse([{"topics": [pattern], "actions": ["subscribe"]}])
    except GroundswellError:
        return
    if grants.allow(topic):
        *head, last = topic.split(".")
        assert topic == pattern or (pattern == ".".join([*head, "*"]) and last)


class Person(Viewer):
    """A signed-in user with any id whatever."""

    def __init__(self, user_id: str) -> None:
        self._user_id = user_id

    @property
    def user_id(self) -> str:
        return self._user_id


@given(NAMES | SEGMENT, NAMES | SEGMENT, st.sampled_from(["social", "inbox", "network", "x"]))
def test_nobody_gets_into_anothers_topic(viewer: str, owner: str, part: str) -> None:
    try:
        topic = admit(f"user.{owner}.{part}", Person(viewer))
    except GroundswellError:
        return
    assert topic == f"user.{viewer}.{part}"
    assert owner == viewer
