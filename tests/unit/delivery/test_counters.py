"""Counters are told at most once a second per file, and the newest always arrives."""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from groundswell.contract.events import engagement as events
from groundswell.contract.times import DAY, HOUR, MILLISECOND, SECOND
from groundswell.delivery.counters import Counters
from groundswell.realtime.messages import Publication

NOW = 20_000 * DAY


def _play(media: int, plays: int) -> events.PlayRecorded:
    counters = events.CounterValues(
        play_count=plays,
        qualified_play_count=0,
        download_count=0,
        view_count=0,
        comment_count=0,
        upvotes=0,
        downvotes=0,
    )
    return events.PlayRecorded(
        media_file_id=media, media_title="Harvest", counters=counters, qualified=True
    )


def _plays(told: list[Publication]) -> list[tuple[str, int]]:
    found = [msgspec.json.decode(one.data) for one in told]
    return [
        (one.topic, data["counters"]["playCount"]) for one, data in zip(told, found, strict=True)
    ]


def test_the_first_change_is_told_at_once_and_the_next_together() -> None:
    counters = Counters()
    counters.add(_play(7, 1), seq=1, recorded_at=NOW)
    assert _plays(counters.due(NOW)) == [("media.7", 1)]
    for plays in (2, 3, 4):
        counters.add(_play(7, plays), seq=plays, recorded_at=NOW)
    assert counters.due(NOW + SECOND - 1) == []
    assert len(counters) == 1
    assert _plays(counters.due(NOW + SECOND)) == [("media.7", 4)]
    assert counters.due(NOW + HOUR) == []
    assert len(counters) == 0


def test_what_is_told_replaces_what_was_told_before() -> None:
    counters = Counters()
    counters.add(_play(7, 5), seq=12, recorded_at=NOW)
    (told,) = counters.due(NOW)
    assert told.state
    assert (told.topic, told.event_type) == ("media.7", "engagement.counters.updated")
    assert (told.seq, told.at) == (12, NOW)
    data = msgspec.json.decode(told.data)
    assert data["eventType"] == told.event_type
    assert (data["mediaFileId"], data["version"]) == (7, 12)
    assert data["counters"]["playCount"] == 5


def test_a_clock_that_was_set_back_silences_nobody() -> None:
    counters = Counters()
    counters.add(_play(7, 1), seq=1, recorded_at=NOW)
    assert counters.due(NOW)
    counters.add(_play(7, 2), seq=2, recorded_at=NOW)
    assert _plays(counters.due(NOW - HOUR)) == [("media.7", 2)]
    counters.add(_play(7, 3), seq=3, recorded_at=NOW)
    assert counters.due(NOW - HOUR + SECOND - 1) == []
    assert _plays(counters.due(NOW - HOUR + SECOND)) == [("media.7", 3)]


def test_quiet_files_are_forgotten() -> None:
    counters = Counters()
    for media in range(3_000):
        counters.add(_play(media, 1), seq=media, recorded_at=NOW)
        counters.due(NOW + media * SECOND)
    assert len(counters._told_at) <= 1_001


steps = st.lists(
    st.tuples(
        st.integers(1, 3),
        st.booleans(),
        st.one_of(
            st.integers(0, 300 * MILLISECOND), st.sampled_from([SECOND - 1, SECOND, SECOND + 1])
        ),
    ),
    max_size=60,
)


@given(steps=steps)
def test_never_more_than_one_a_second_and_the_newest_always_arrives(
    steps: list[tuple[int, bool, int]],
) -> None:
    counters, now = Counters(), NOW
    newest: dict[str, int] = {}
    told: dict[str, list[tuple[int, int]]] = defaultdict(list)

    def tell() -> None:
        publications = counters.due(now)
        assert [one.seq for one in publications] == sorted(one.seq for one in publications)
        for topic, plays in _plays(publications):
            told[topic].append((now, plays))

    for seq, (media, looked, waited) in enumerate(steps, 1):
        counters.add(_play(media, seq), seq, NOW)
        newest[f"media.{media}"] = seq
        now += waited
        if looked:
            tell()
    now += SECOND
    tell()
    assert {topic: values[-1][1] for topic, values in told.items()} == newest
    for values in told.values():
        times = [at for at, _ in values]
        assert all(later - earlier >= SECOND for earlier, later in pairwise(times))
        assert [plays for _, plays in values] == sorted({plays for _, plays in values})
    assert len(counters) == 0
