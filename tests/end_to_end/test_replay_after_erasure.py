"""After somebody was forgotten, rows are still what the log says, also of ids made of theirs."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import httpx

from tests.end_to_end.service import Service, StartService
from tests.end_to_end.stored import rows_of
from tests.end_to_end.test_testimonials import CONSENT
from tests.support.waiting import until


async def test_what_is_kept_of_a_forgotten_user_is_what_the_log_says(
    database_url: str, start_service: StartService
) -> None:
    service = start_service(database_url, GROUNDSWELL_RATE_LIMITS="off")
    mia = f"mia-{uuid4().hex[:8]}"
    async with service.host() as host, await service.user(mia) as client:
        await _work(service, host, mia)
        await _say(service, client, mia)
        erased = await client.post("/v1/me/erase", json={"confirm": "erase"})
        assert erased.status_code == 200, erased.text
    service.stop()
    for statement in (
        "SELECT project_id FROM testimonials",
        "SELECT project_id FROM collaborations",
        "SELECT payload FROM event_log",
    ):
        rows = await rows_of(service.database_url, statement)
        assert rows
        assert not [row for row in rows if mia in row[0]]
    replayed = service.command("replay", "--dry-run", "--from-start")
    assert replayed.returncode == 0, replayed.stdout + replayed.stderr
    assert replayed.stdout.count(": 0 differences\n") == 7, replayed.stdout
    service.audit()


async def _work(service: Service, host: httpx.AsyncClient, mia: str) -> None:
    """Projects of hers and for her, under ids that the host made of hers."""
    events: list[tuple[str, dict[str, Any]]] = [
        ("project.completed", {"projectId": f"{mia}.roof", "ownerId": mia, "contractorId": "bob"}),
        ("project.completed", {"projectId": f"for-{mia}", "ownerId": "bob", "contractorId": mia}),
        ("bid.awarded", {"bidId": f"b-{mia}", "projectId": f"by-{mia}", "bidderId": mia,
                         "ownerId": "bob"}),
    ]  # fmt: skip
    for number, (kind, data) in enumerate(events):
        event = {"specversion": "1.0", "id": f"{mia}/{number}", "source": "/host", "type": kind}
        answer = await host.post("/v1/events", json={**event, "data": data})
        assert answer.status_code == 202, answer.text

    async def noted() -> bool:
        asked = await rows_of(service.database_url, "SELECT author_id FROM testimonials")
        return len(asked) == 2 and bool(
            await rows_of(service.database_url, "SELECT project_id FROM collaborations")
        )

    await until(noted)


async def _say(service: Service, client: httpx.AsyncClient, mia: str) -> None:
    body = {"projectId": f"{mia}.roof", "body": "A fine roof.", "consent": CONSENT}
    said = await client.post("/v1/testimonials", json=body)
    assert said.status_code == 201, said.text
    async with service.host() as host:
        published = await host.post(f"/v1/testimonials/{said.json()['testimonialId']}/publish")
        assert published.status_code == 200, published.text

    async def told() -> bool:
        """What is under way when somebody is forgotten is forgotten later, not at once."""
        filed = "SELECT event_type FROM inbox_messages"
        return ("testimonial.published",) in await rows_of(service.database_url, filed)

    await until(told)
