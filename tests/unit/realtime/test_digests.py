"""What a digest says of the events it stands for."""

from __future__ import annotations

import msgspec

from groundswell.realtime.digests import TOP, TOP_BYTES, DigestBuilder
from groundswell.realtime.messages import Envelope, Publication
from tests.unit.realtime.builders import START

NOW = START + 1_000_000_000


def event(seq: int, kind: str = "connection.created", padding: int = 0) -> Envelope:
    data = msgspec.json.encode({"eventType": kind, "n": seq, "padding": "x" * padding})
    return Envelope(Publication("feed", kind, f"msg-{seq}", START + seq, data, seq + 100), seq, "e")


def digest_of(*events: Envelope) -> dict[str, object]:
    builder = DigestBuilder("feed")
    for one in events:
        builder.add(one)
    digest = builder.take("dg-1", NOW)
    assert digest is not None
    return msgspec.json.decode(digest.encode())


def test_a_digest_names_the_range_and_the_kinds() -> None:
    told = digest_of(event(42), event(43, "friend.joined"), event(45))
    assert told | {"top": None} == {
        "type": "DIGEST",
        "topic": "feed",
        "id": "dg-1",
        "window": {"from": "2026-03-15T14:30:40.120Z", "to": "2026-03-15T14:30:40.120Z"},
        "fromOffset": 42,
        "toOffset": 45,
        "fromSeq": 142,
        "toSeq": 145,
        "count": 3,
        "byType": {"connection.created": 2, "friend.joined": 1},
        "top": None,
        "timestamp": "2026-03-15T14:47:20.120Z",
    }


def test_the_rarest_kind_comes_first_among_the_examples() -> None:
    told = digest_of(*map(event, range(30)), event(30, "friend.joined"), *map(event, range(31, 40)))
    top = [one["n"] for one in told["top"]]  # type: ignore[attr-defined]
    assert top == [30, 39, 38, 37, 36, 35, 34, 33, 32, 31]
    assert len(top) == TOP


def test_examples_that_are_too_large_are_left_out() -> None:
    told = digest_of(event(1), event(2, padding=TOP_BYTES), event(3))
    assert [one["n"] for one in told["top"]] == [3, 1]  # type: ignore[attr-defined]
    assert told["count"] == 3


def test_events_without_an_offset_are_placed_by_seq() -> None:
    told = digest_of(Envelope(event(5).publication))
    assert "fromOffset" not in told
    assert (told["fromSeq"], told["toSeq"]) == (105, 105)


def test_a_digest_that_was_taken_begins_anew() -> None:
    builder = DigestBuilder("feed")
    assert builder.take("dg-0", NOW) is None
    builder.add(event(1))
    assert builder.take("dg-1", NOW) is not None
    assert builder.take("dg-2", NOW) is None
    builder.add(event(2, "friend.joined"))
    digest = builder.take("dg-3", NOW)
    assert digest is not None
    assert (digest.count, digest.by_type, digest.from_offset) == (1, {"friend.joined": 1}, 2)
