"""The command line: keys, tokens, schema, audit and replay, beside a running service."""

from __future__ import annotations

import re
import sqlite3
import subprocess
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

from tests.end_to_end.service import NewAddress, Service
from tests.end_to_end.shapes import COUNTERS, assert_problem
from tests.end_to_end.stored import rows_of
from tests.services.server import SECRET


async def test_a_printed_token_signs_the_user_in(service: Service) -> None:
    done = service.command("token", "--user", "ada", "--scope", "moderate")
    assert done.returncode == 0, done.stderr
    token = done.stdout.strip()
    assert re.fullmatch(r"[\w-]+\.[\w-]+\.[\w-]+", token)
    media = await service.register()
    async with service.bearer(token) as user:
        answer = await user.post(f"/v1/media/{media}/comments", json={"body": "Signed in"})
    assert answer.json()["comment"]["authorId"] == "ada"


async def test_a_key_is_made_listed_and_revoked_and_never_stored(service: Service) -> None:
    made = service.command("key", "create", "--name", "catalogue")
    assert made.returncode == 0, made.stderr
    key = made.stdout.strip()
    assert key.startswith("gsk_")
    stored = await rows_of(service.database_url, "SELECT * FROM api_keys")
    assert stored
    assert key not in repr(stored)
    async with service.bearer(key) as host:
        assert (await host.post("/v1/media", json={"title": "By key"})).status_code == 201
    listed = service.command("key", "list").stdout
    (line,) = [line for line in listed.splitlines() if line.endswith("catalogue")]
    assert "valid" in line
    assert key not in listed
    revoked = service.command("key", "revoke", line.split()[0])
    assert revoked.returncode == 0, revoked.stderr
    # The running process may believe what it knew for up to half a minute; a new one does not.
    service.restart()
    async with service.bearer(key) as host:
        answer = await host.post("/v1/media", json={"title": "By a revoked key"})
    assert_problem(answer, 401, "unauthenticated")


async def test_audit_finds_what_does_not_add_up_and_replay_mends_it(
    service: Service, new_address: NewAddress
) -> None:
    media = await service.register()
    for _ in range(4):
        async with service.visitor(new_address()) as visitor:
            await visitor.post(f"/v1/media/{media}/plays", json={"playDuration": 60})
            await visitor.post(f"/v1/media/{media}/downloads")
            await visitor.put(f"/v1/media/{media}/vote", json={"voteType": "up"})
            await visitor.post(f"/v1/media/{media}/comments", json={"body": "Counted"})
    before = await service.media(media)
    spoil = (
        f"UPDATE media SET play_count = 999, upvotes = 7 WHERE media_file_id = {media} "
        "RETURNING media_file_id"
    )
    await _write(service.database_url, spoil)
    found = service.command("audit")
    assert found.returncode == 1
    assert f"media {media} play_count (logs): stored 999, recomputed 4" in found.stdout
    assert f"media {media} upvotes (events): stored 7, recomputed 4" in found.stdout
    assert "Traceback" not in found.stderr
    replayed = service.command("replay")
    assert replayed.returncode == 0, replayed.stderr
    after = await service.media(media)
    assert {name: after[name] for name in COUNTERS} == {name: before[name] for name in COUNTERS}
    async with service.visitor(new_address()) as visitor:
        assert (await visitor.post(f"/v1/media/{media}/plays")).json()["playCount"] == 5
    service.audit()


async def _write(database_url: str, sql: str) -> None:
    if database_url.startswith("sqlite"):
        path = database_url.removeprefix("sqlite:///")
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute(sql).fetchall()
    else:
        await rows_of(database_url, sql)


def test_the_schema_is_made_taken_down_and_made_again(database_url: str, tmp_path: Path) -> None:
    service = Service(database_url, log=tmp_path / "log")
    for arguments, revision in (
        (("migrate",), r"\d{4}"),
        (("migrate", "--to", "base"), "base"),
        (("migrate",), r"\d{4}"),
    ):
        done = service.command(*arguments)
        assert done.returncode == 0, done.stderr
        assert re.fullmatch(rf"The schema is at revision {revision}\.\n", done.stdout)


MISTAKES: list[tuple[tuple[str, ...], dict[str, str], str]] = [
    (("serve",), {"GROUNDSWELL_RATE_LIMITS": "vote=many"}, "many"),
    (("serve",), {"GROUNDSWELL_DATABASE_URL": "sqlite:////proc/none/x.db"}, "/proc/none"),
    (("key", "revoke", "key-unknown"), {}, "key"),
    (("token", "--user", "a.b"), {}, "userId"),
]


def test_a_mistake_is_told_in_a_sentence(sqlite_url: str, tmp_path: Path) -> None:
    service = Service(sqlite_url, log=tmp_path / "log")
    assert service.command("migrate").returncode == 0

    def run(
        mistake: tuple[tuple[str, ...], dict[str, str], str],
    ) -> tuple[subprocess.CompletedProcess[str], str]:
        arguments, settings, named = mistake
        return service.command(*arguments, **settings), named

    with ThreadPoolExecutor(2) as threads:
        for done, named in threads.map(run, MISTAKES):
            assert done.returncode == 1, named
            last = done.stderr.splitlines()[-1]
            assert last.startswith("Error: "), done.stderr
            assert named in last
            assert "Traceback" not in done.stderr
            assert SECRET not in done.stderr
