"""The host reports events over HTTP."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from tests.end_to_end.service import Service


def event(**more: Any) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": uuid4().hex,
        "source": "/tests",
        "type": "user.registered",
        "data": {"userId": "mia"},
        **more,
    }


async def test_one_event_and_a_batch_are_taken_in_and_repeats_are_known(service: Service) -> None:
    one, two = event(), event(type="project.created", data={"projectId": "p", "ownerId": "mia"})
    async with service.host() as host:
        first = await host.post("/v1/events", json=one)
        assert first.status_code == 202, first.text
        assert (first.json()["accepted"], first.json()["repeated"]) == (1, 0)
        both = await host.post(
            "/v1/events",
            json=[one, two],
            headers={"content-type": "application/cloudevents-batch+json"},
        )
        assert both.status_code == 202, both.text
        assert [each["repeated"] for each in both.json()["events"]] == [True, False]
        assert both.json()["events"][0]["seq"] == first.json()["events"][0]["seq"]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"data": {}}, "[1].data.userId"),
        ({"type": "user.vanished"}, "[1].type"),
        ({"specversion": "0.3"}, "[1].specversion"),
        ({"time": "yesterday"}, "[1].time"),
    ],
)
async def test_a_batch_with_a_wrong_event_is_refused_as_a_whole(
    service: Service, wrong: dict[str, Any], field: str
) -> None:
    good = event()
    async with service.host() as host:
        answer = await host.post("/v1/events", json=[good, event(**wrong)])
        assert answer.status_code == 400, answer.text
        assert answer.json()["errors"][0]["field"] == field
        later = await host.post("/v1/events", json=good)
        assert later.json()["accepted"] == 1


async def test_only_the_host_reports_events(service: Service) -> None:
    async with await service.user("mia") as user:
        assert (await user.post("/v1/events", json=event())).status_code == 403
    async with service.visitor("192.0.2.9") as visitor:
        assert (await visitor.post("/v1/events", json=event())).status_code == 401
