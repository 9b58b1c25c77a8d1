"""What is committed arrives, in the form and with the signature that was promised."""

from __future__ import annotations

import asyncio
import time

import pytest

from groundswell.contract.errors import Conflict, Invalid, NotFound
from groundswell.contract.times import DAY, HOUR, SECOND, to_rfc3339
from groundswell.domains.webhooks.bodies import EndpointChanges, Rotation
from groundswell.domains.webhooks.endpoints import MOST_ENDPOINTS
from groundswell.domains.webhooks.health import DISABLE_AFTER, THRESHOLD
from groundswell.domains.webhooks.lane import LEASE
from groundswell.domains.webhooks.schedule import Schedule
from tests.integration.webhooks.world import SOURCE, World


async def test_an_event_comes_as_a_signed_cloud_event_with_its_own_id(world: World) -> None:
    endpoint = await world.endpoint("/a")
    (event_id,) = await world.register()
    await world.work(endpoint)
    (received,) = world.receiver.received
    event = received.event
    (logged,) = [one for one in await world.core.events() if one.event_id == event_id]
    assert event | {"data": None} == {
        "specversion": "1.0",
        "id": event_id,
        "source": SOURCE,
        "type": "engagement.media.registered",
        "subject": logged.event.partition_key,
        "time": to_rfc3339(logged.at),
        "recordedtime": to_rfc3339(logged.recorded_at),
        "sequence": f"{logged.seq:019}",
        "partitionkey": logged.event.partition_key,
        "privacy": "internal",
        "critical": False,
        "datacontenttype": "application/json",
        "dataschema": f"{SOURCE}/v1/events/schemas/engagement.media.registered",
        "data": None,
    }
    assert event["data"]["title"] == "File 0"
    assert received.headers["content-type"].startswith("application/cloudevents+json")
    assert received.headers["webhook-id"] == event_id
    assert received.headers["webhook-timestamp"] == str(world.clock() // SECOND)
    assert endpoint.secret is not None
    assert received.signatures() == [received.expected(endpoint.secret)]


async def test_only_events_of_the_chosen_types_that_follow_the_endpoint_come(world: World) -> None:
    await world.register(3)
    everything = await world.endpoint("/all", "*")
    media = await world.endpoint("/media", "engagement.media.registered")
    await world.endpoint("/none", "referral.*")
    told = await world.register(2)
    for one in (everything, media):
        await world.work(one)
    assert world.receiver.ids("/media") == told
    types = [one.event["type"] for one in world.receiver.at("/all")]
    assert types == ["webhook.endpoint.created"] * 2 + ["engagement.media.registered"] * 2
    assert not world.receiver.at("/none")


async def test_an_endpoint_for_public_events_gets_no_private_ones(world: World) -> None:
    public = await world.endpoint("/public", "*", privacy="public")
    told = await world.register(2)
    await world.work(public)
    assert not world.receiver.received
    await world.replay(public, event_ids=tuple(told))
    await world.work(public)
    assert not world.receiver.received
    assert (await world.see(public)).waiting == 0


async def test_an_event_that_fails_comes_again_later_and_later_with_the_same_id(
    world: World,
) -> None:
    endpoint = await world.endpoint("/a")
    world.receiver.answers["/a"] = [(500, {}), (503, {"retry-after": "60"}), (302, {})]
    (event_id,) = await world.register()
    await world.work(endpoint)
    for seconds in (3.9, 55, 60):
        world.clock.advance(round(seconds * SECOND))
        before = len(world.receiver.received)
        await world.work(endpoint)
        assert len(world.receiver.received) == before
        world.clock.advance(100 * SECOND)
        await world.work(endpoint)
        assert len(world.receiver.received) == before + 1
    assert world.receiver.ids("/a") == [event_id] * 4
    times = {one.headers["webhook-timestamp"] for one in world.receiver.received}
    assert len(times) == 4
    view = await world.see(endpoint)
    assert (view.waiting, view.failed, view.circuit) == (0, 0, "closed")
    assert view.failing_since is None


async def test_what_is_never_taken_goes_to_the_failures_and_replay_delivers_it(
    world: World,
) -> None:
    endpoint = await world.endpoint("/a")
    world.receiver.always["/a"] = 500
    (event_id,) = await world.register()
    for _ in range(Schedule().attempts):
        await world.work(endpoint)
        world.clock.advance(30 * HOUR)
        # Somebody looks after the endpoint, or it would be disabled before that.
        await world.actions.change(endpoint.endpoint_id, EndpointChanges(enabled=False), None)
        await world.actions.change(endpoint.endpoint_id, EndpointChanges(enabled=True), None)
    assert len(world.receiver.received) == Schedule().attempts
    (failure,) = await world.failures(endpoint)
    page = await world.queries.failures(endpoint.endpoint_id, 1, None)
    assert (page.items, page.next_cursor) == ([failure], None)
    assert (failure.event_id, failure.attempts) == (event_id, Schedule().attempts)
    assert (failure.status, failure.error) == (500, "refused")
    assert (await world.see(endpoint)).failed == 1

    world.receiver.always["/a"] = 200
    await world.work(endpoint)
    assert len(world.receiver.received) == Schedule().attempts
    assert await world.replay(endpoint, event_ids=(event_id,)) == 1
    await world.work(endpoint)
    assert world.receiver.ids("/a") == [event_id] * (Schedule().attempts + 1)
    assert await world.failures(endpoint) == []


async def test_replay_by_time_sends_failures_or_everything_again(world: World) -> None:
    endpoint = await world.endpoint("/a")
    start = world.clock()
    first = await world.register(2)
    world.clock.advance(HOUR)
    second = await world.register(3)
    await world.work(endpoint)
    world.receiver.received.clear()
    span = {"start": to_rfc3339(start), "end": to_rfc3339(start + HOUR - SECOND)}
    assert await world.replay(endpoint, **span) == 0
    assert await world.replay(endpoint, **span, all=True) == 2
    await world.work(endpoint)
    assert sorted(world.receiver.ids("/a")) == sorted(first)
    world.clock.advance(SECOND)
    assert await world.replay(endpoint, start=to_rfc3339(start), all=True) == 5
    await world.work(endpoint)
    assert sorted(world.receiver.ids("/a")) == sorted([*first, *first, *second])


async def test_replay_wants_known_events_and_one_way_to_name_them(world: World) -> None:
    endpoint = await world.endpoint("/a")
    with pytest.raises(NotFound):
        await world.replay(endpoint, event_ids=("msg-0",))
    now = to_rfc3339(world.clock())
    for wrong in ({}, {"event_ids": ("msg-0",), "start": now}, {"start": "yesterday"}):
        with pytest.raises(Invalid):
            await world.replay(endpoint, **wrong)


async def test_after_some_failures_the_breaker_opens_and_one_probe_closes_it(
    world: World,
) -> None:
    endpoint = await world.endpoint("/a")
    world.receiver.always["/a"] = 500
    told = await world.register()
    await world.work(endpoint)
    assert (await world.see(endpoint)).circuit == "closed"
    told += await world.register(20)
    await world.work(endpoint)
    assert len(world.receiver.received) == THRESHOLD
    view = await world.see(endpoint)
    assert (view.circuit, view.waiting) == ("open", 21)

    world.clock.advance(40 * SECOND)
    await world.work(endpoint)
    assert len(world.receiver.received) == THRESHOLD + 1
    assert (await world.see(endpoint)).circuit == "open"

    world.receiver.always["/a"] = 200
    world.clock.advance(2 * HOUR)
    await world.work(endpoint)
    assert set(world.receiver.ids("/a")) == set(told)
    assert (await world.see(endpoint)).waiting == 0


async def test_an_endpoint_that_fails_for_days_is_disabled_and_waits_for_the_host(
    world: World,
) -> None:
    endpoint = await world.endpoint("/a")
    world.receiver.always["/a"] = 404
    told: list[str] = []
    for _ in range(DISABLE_AFTER // DAY + 1):
        told += await world.register(2)
        for _ in range(24):
            await world.work(endpoint)
            world.clock.advance(HOUR)
    view = await world.see(endpoint)
    assert (view.enabled, view.disabled_reason) == (False, "failing")
    disabled = [
        one.event
        for one in await world.core.events()
        if one.event.event_type == "webhook.endpoint.disabled"
    ]
    assert [one.reason for one in disabled] == ["failing"]  # type: ignore[attr-defined]
    before = len(world.receiver.received)
    missed = await world.register()
    lane = await world.work(endpoint)
    assert lane.is_over
    assert len(world.receiver.received) == before
    with pytest.raises(Conflict):
        await world.actions.test(endpoint.endpoint_id, None)

    world.receiver.always["/a"] = 200
    world.receiver.received.clear()
    await world.actions.change(endpoint.endpoint_id, EndpointChanges(enabled=True), None)
    later = await world.register()
    world.clock.advance(DAY)
    await world.work(endpoint)
    dead = {one.event_id for one in await world.failures(endpoint)}
    assert set(world.receiver.ids("/a")) | dead == {*told, *missed, *later}
    assert {*missed, *later} <= set(world.receiver.ids("/a"))
    assert await world.replay(endpoint, start=endpoint.created_at) == len(dead)
    await world.work(endpoint)
    assert set(world.receiver.ids("/a")) == {*told, *missed, *later}


async def test_a_receiver_that_is_gone_is_disabled_at_once_and_loses_nothing(
    world: World,
) -> None:
    endpoint = await world.endpoint("/a")
    world.receiver.answers["/a"] = [(410, {})]
    told = await world.register()
    await world.work(endpoint)
    view = await world.see(endpoint)
    assert (view.enabled, view.disabled_reason, view.waiting) == (False, "gone", 1)
    await world.actions.change(endpoint.endpoint_id, EndpointChanges(enabled=True), None)
    await world.work(endpoint)
    assert world.receiver.ids("/a") == told * 2


async def test_more_than_fits_into_the_table_waits_in_the_log_even_while_disabled(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("groundswell.domains.webhooks.lane.MOST_WAITING", 4)
    monkeypatch.setattr("groundswell.domains.webhooks.lane._PORTION", 3)
    endpoint = await world.endpoint("/a")
    world.receiver.always["/a"] = 500
    told = await world.register(20)
    for _ in range(6):
        await world.work(endpoint)
        world.clock.advance(2 * HOUR)
    assert (await world.see(endpoint)).waiting <= 4 + 3
    for enabled in (False, True):
        await world.actions.change(endpoint.endpoint_id, EndpointChanges(enabled=enabled), None)
        told += await world.register(2)
    world.receiver.always["/a"] = 200
    world.receiver.received.clear()
    world.clock.advance(DAY)
    await world.work(endpoint)
    assert set(world.receiver.ids("/a")) == set(told)


async def test_two_processes_send_each_event_once_while_both_live(world: World) -> None:
    endpoint = await world.endpoint("/a")
    kept = await world.queries.endpoint(endpoint.endpoint_id)
    lanes = [world.dispatcher.lane(kept) for _ in range(2)]
    told = await world.register(40)
    await asyncio.gather(*(world.work(endpoint, lane=one) for one in lanes))
    assert sorted(world.receiver.ids("/a")) == sorted(told)


async def test_what_a_dead_process_had_claimed_comes_when_its_lease_is_over(
    world: World,
) -> None:
    endpoint = await world.endpoint("/a")
    world.receiver.slow["/a"] = 1
    told = await world.register(3)
    lane = world.dispatcher.lane(await world.queries.endpoint(endpoint.endpoint_id))
    dying = asyncio.create_task(lane.step())
    await world.receiver.has(3)
    dying.cancel()
    await asyncio.gather(dying, return_exceptions=True)
    world.receiver.slow.clear()
    await world.work(endpoint)
    assert len(world.receiver.received) == 3
    world.clock.advance(LEASE)
    await world.work(endpoint)
    assert sorted(world.receiver.ids("/a")) == sorted(told * 2)


@pytest.mark.alone
async def test_a_slow_endpoint_does_not_keep_others_waiting(world: World) -> None:
    world.receiver.slow["/slow"] = 1.5
    slow, quick = await world.endpoint("/slow"), await world.endpoint("/quick")
    told = await world.register(40)
    job = asyncio.create_task(world.dispatcher.run())
    try:
        started = time.monotonic()
        while len(world.receiver.at("/quick")) < len(told):
            assert time.monotonic() - started < 1.4
            await asyncio.sleep(0.01)
        assert (await world.see(quick)).enabled
        assert (await world.see(slow)).last_delivered_at is None
    finally:
        job.cancel()
        await asyncio.gather(job, return_exceptions=True)


async def test_two_secrets_sign_while_one_is_replaced_and_never_three(world: World) -> None:
    endpoint = await world.endpoint("/a")
    secrets = [endpoint.secret]
    for _ in range(2):
        rotated = await world.actions.rotate(endpoint.endpoint_id, Rotation(), None)
        assert rotated.old_secret_until is not None
        secrets.append(rotated.secret)
    assert len(set(secrets)) == 3
    await world.register()
    await world.work(endpoint)
    world.clock.advance(2 * DAY)
    await world.register()
    await world.work(endpoint)
    first, second = world.receiver.received
    assert first.signatures() == [first.expected(one or "") for one in (secrets[2], secrets[1])]
    assert second.signatures() == [second.expected(secrets[2] or "")]
    assert (await world.see(endpoint)).old_secret_until is None


async def test_a_test_event_reaches_its_own_endpoint_alone(world: World) -> None:
    one, other = await world.endpoint("/one"), await world.endpoint("/other", "webhook.*")
    await world.actions.test(one.endpoint_id, None)
    for each in (one, other):
        await world.work(each)
    assert [each.event["type"] for each in world.receiver.at("/one")] == ["webhook.endpoint.tested"]
    assert not world.receiver.at("/other")


async def test_changes_hold_for_what_follows_and_deletion_forgets_what_waits(
    world: World,
) -> None:
    endpoint = await world.endpoint("/a")
    world.receiver.always["/a"] = 500
    await world.register()
    await world.work(endpoint)
    changes = EndpointChanges(url=f"{world.receiver.url}/b", events=("engagement.vote.*",))
    changed = await world.actions.change(endpoint.endpoint_id, changes, None)
    assert (changed.url, changed.events) == (f"{world.receiver.url}/b", ["engagement.vote.*"])
    assert changed.secret is None
    await world.register(2)
    world.clock.advance(DAY)
    await world.work(endpoint)
    assert len(world.receiver.at("/b")) == 1
    await world.register()
    await world.actions.delete(endpoint.endpoint_id, None)
    assert (await world.core.rows("SELECT COUNT(*) FROM webhook_deliveries"))[0][0] == 0
    with pytest.raises(NotFound):
        await world.see(endpoint)
    with pytest.raises(NotFound):
        await world.actions.change(endpoint.endpoint_id, EndpointChanges(enabled=False), None)


async def test_there_are_so_many_endpoints_and_no_more(world: World) -> None:
    for number in range(MOST_ENDPOINTS):
        await world.endpoint(f"/{number}")
    with pytest.raises(Conflict) as refused:
        await world.endpoint("/more")
    assert refused.value.reason == "too_many_endpoints"
