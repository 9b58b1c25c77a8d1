"""What the hub counts for those who run the service: by pattern of topic, and by door."""

from __future__ import annotations

import pytest

from groundswell.realtime.hub import Audience, Hub
from groundswell.realtime.messages import Envelope
from groundswell.realtime.patterns import pattern_of
from groundswell.realtime.topics import KINDS, TopicKind
from tests.unit.realtime.builders import envelope


class Listener:
    """Counts what it is handed."""

    def __init__(self, *, fails: bool = False) -> None:
        self.heard = 0
        self._fails = fails

    def send(self, _: Envelope) -> None:
        if self._fails:
            raise RuntimeError
        self.heard += 1


def test_subscriptions_are_counted_by_pattern_and_forgotten_when_they_end() -> None:
    hub, one, other = Hub(), Listener(), Listener()
    hub.subscribe(one, ["media.1", "media.2", "user.ada.inbox"])
    hub.subscribe(other, ["media.1", "hot"])
    assert hub.audience().subscriptions == {"media.{id}": 3, "user.{id}.{part}": 1, "hot": 1}
    hub.unsubscribe(one, ["media.2"])
    hub.leave(other)
    assert hub.audience().subscriptions == {"media.{id}": 1, "user.{id}.{part}": 1}


def test_deliveries_are_counted_by_the_door_they_go_through() -> None:
    hub, listeners = Hub(), [Listener() for _ in range(3)]
    hub.subscribe(listeners[0], ["hot"], door="websocket")
    hub.subscribe(listeners[1], ["hot"], door="websocket")
    hub.deliver([envelope(1, "hot"), envelope(2, "activity")])
    hub.subscribe(listeners[2], ["hot"], door="sse")
    hub.deliver([envelope(3, "hot")])
    hub.leave(listeners[0])
    hub.deliver([envelope(3, "hot")])
    assert hub.audience() == Audience({"hot": 2}, {"websocket": 5, "sse": 2}, 0)
    assert hub.statistics().delivered == sum(one.heard for one in listeners) == 7


def test_a_subscriber_that_fails_is_counted_once_and_hears_no_more() -> None:
    hub = Hub()
    hub.subscribe(Listener(fails=True), ["hot"])
    hub.deliver([envelope(1, "hot")] * 2)
    assert hub.audience().failed == 1
    assert hub.audience().subscriptions == {}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_every_kind_of_topic_is_recognized_by_its_first_segment(kind: TopicKind) -> None:
    name = kind.name
    assert pattern_of(name.replace("{", "").replace("}", "")) == name
    assert pattern_of("nothing.like.it") == "other"
