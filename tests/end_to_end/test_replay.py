"""An operator's way out: the audit finds what was tampered with, a replay puts it right."""

from __future__ import annotations

from uuid import uuid4

import httpx

from tests.end_to_end.service import Service, StartService
from tests.end_to_end.stored import change, rows_of
from tests.end_to_end.test_rewards import FLAT, TWO, Town
from tests.end_to_end.test_testimonials import decide, say
from tests.support.waiting import until

BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
DAMAGES = (
    "UPDATE media SET play_count = play_count + 5",
    "UPDATE programs SET conversions = conversions + 1",
    "UPDATE referrals SET referrer_id = 'eve'",
    "UPDATE referral_codes SET human_clicks = human_clicks + 1",
    "UPDATE ledger_balances SET amount_minor = amount_minor + 100",
    "UPDATE reward_counts SET conversions = conversions + 1",
    "UPDATE board_entries SET descending = descending - 1000",
    "UPDATE shares SET clicks = clicks + 3",
    "UPDATE testimonials SET state = 'hidden'",
    "DELETE FROM testimonial_reactions",
    "DELETE FROM connections",
)
TABLES = tuple(one.split()[1 if one.startswith("UPDATE") else 2] for one in DAMAGES)


async def test_what_was_tampered_with_is_found_and_put_right(
    database_url: str, start_service: StartService
) -> None:
    service = start_service(
        database_url,
        GROUNDSWELL_RATE_LIMITS="off",
        GROUNDSWELL_LINK_TARGETS="https://app.example",
    )
    await _live(service)
    before = {table: await _rows(service, table) for table in TABLES}
    service.stop()
    service.audit()

    for damage in DAMAGES:
        await change(service.database_url, damage)
    audit = service.command("audit")
    assert audit.returncode == 1, audit.stdout
    for words in ("play_count", "program", "referral ref-", "clicks of code", "balance of",
                  "count of", "entry", "share ", "testimonial", "reaction",
                  "connection"):  # fmt: skip
        assert words in audit.stdout, audit.stdout

    tried = service.command("replay", "--dry-run")
    assert tried.returncode == 1, tried.stdout + tried.stderr
    assert {table: await _rows(service, table) for table in TABLES} != before
    mended = service.command("replay")
    assert mended.returncode == 0, mended.stdout + mended.stderr
    for table in TABLES:
        assert f"  {table} " in mended.stdout, mended.stdout
    assert {table: await _rows(service, table) for table in TABLES} == before
    again = service.command("replay", "--from-start")
    assert again.stdout.count(": 0 differences\n") == 7, again.stdout
    service.audit()


async def test_a_service_takes_snapshots_and_a_replay_begins_with_them(
    database_url: str, start_service: StartService
) -> None:
    service = start_service(database_url, GROUNDSWELL_RATE_LIMITS="off")
    await service.register("Harvest")

    async def taken() -> bool:
        sql = "SELECT COUNT(*) FROM projection_snapshots"
        return (await rows_of(service.database_url, sql))[0][0] == 7

    # A new service looks at once, and again after a minute: what it finds first is stored then.
    service.stop()
    service.start()
    await until(taken)
    service.stop()
    replayed = service.command("replay", "--dry-run")
    assert replayed.returncode == 0, replayed.stdout + replayed.stderr
    assert replayed.stdout.count("from the snapshot at ") == 7, replayed.stdout
    assert ": 0 differences\n" in replayed.stdout


async def _live(service: Service) -> None:
    """Things happen in every slice, over HTTP."""
    await _play(service)
    async with service.host() as host:
        town = Town(service, host)
        await town.open(FLAT, TWO)
        board = {"boardId": "inviters", "name": "Inviters", "metric": "referrals",
                 "window": "all_time", "timeZone": "UTC"}  # fmt: skip
        made = await host.post("/v1/leaderboards", json=board)
        assert made.status_code == 201, made.text
        async with service.visitor("203.0.113.77") as visitor:
            headers = {"User-Agent": BROWSER}
            clicked = await visitor.get(f"/r/{town.code}", headers=headers, follow_redirects=False)
            assert clicked.status_code in (302, 303, 307), clicked.text
        await town.join("bob")
        await town.join("cid")
        rewards = await town.rewarded(3)
        await town.do(rewards[0]["rewardId"], "approve")
    await _share(service, town.ann)
    async with await service.user(town.ann) as ann, await service.user("dan") as dan:
        said = await say(service, ann, town.ann)
        await decide(service, said["testimonialId"], "publish")
        reacted = await dan.post(
            f"/v1/testimonials/{said['testimonialId']}/reactions", json={"kind": "love"}
        )
        assert reacted.status_code == 200, reacted.text

    async def counted() -> bool:
        entries = await rows_of(service.database_url, "SELECT -descending FROM board_entries")
        known = await rows_of(service.database_url, "SELECT state FROM connections")
        return entries == [(2,)] and len(known) >= 2

    await until(counted)


async def _play(service: Service) -> None:
    media = await service.register("Harvest")
    async with service.visitor("203.0.113.78") as visitor:
        answer = await visitor.post(f"/v1/media/{media}/plays", json={"playDuration": 60})
        assert answer.status_code == 201, answer.text


async def _share(service: Service, user: str) -> None:
    body = {"contentType": "project", "contentId": uuid4().hex, "platform": "acme",
            "metadata": {"title": "A roof", "url": "https://app.example/7"}}  # fmt: skip
    async with await service.user(user) as client:
        shared = await client.post("/v1/shares", json=body)
        assert shared.status_code == 201, shared.text
    async with service.visitor("203.0.113.79") as visitor:
        link = httpx.URL(shared.json()["url"]).path
        headers = {"User-Agent": BROWSER}
        followed = await visitor.get(link, headers=headers, follow_redirects=False)
        assert followed.status_code in (302, 303, 307), followed.text


async def _rows(service: Service, table: str) -> list[tuple[object, ...]]:
    """All of a table but the columns in which scores are computed anew all the time."""
    columns = "*" if table != "media" else "media_file_id, play_count, view_count, upvotes"
    return sorted(await rows_of(service.database_url, f"SELECT {columns} FROM {table}"), key=repr)
