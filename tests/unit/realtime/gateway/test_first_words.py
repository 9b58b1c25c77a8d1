"""Opening a session: HELLO, or without it the first other message."""

from __future__ import annotations

from tests.unit.realtime.gateway.dialogue import World, user


async def test_the_plain_client_knows_only_subscribe_and_event() -> None:
    """P2: the specification's two shapes are enough."""
    world = World()
    peer = world.connect(user("123"))
    peer.say(
        "SUBSCRIBE",
        topics=["user.123.social", "user.123.referrals", "activity"],
        clientId="device-456789",
        options={"history": 10, "priority": "high", "offlineDelivery": True},
    )
    from tests.unit.realtime.gateway.dialogue import settle

    await settle()
    assert peer.types()[:2] == ["WELCOME", "SUBSCRIBED"]
    await world.publish("user.123.social")
    (event,) = peer.heard("EVENT")
    assert event["topic"] == "user.123.social"
    assert event["offset"] == 1
