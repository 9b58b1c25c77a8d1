"""Sessions of users, on either database: rotation, reuse, revocation, expiry."""

from __future__ import annotations

import asyncio

import pytest

from groundswell.access.issuer import TokenPair
from groundswell.access.refresh import REFRESH_TOKEN_LIFE
from groundswell.access.revocations import Revocations
from groundswell.access.terms import Terms, TopicGrant
from groundswell.access.tokens import AccessTokens
from groundswell.contract.errors import Invalid, Unauthenticated
from groundswell.contract.times import MINUTE
from groundswell.store import Statement, Store
from tests.integration.access.conftest import KEY, Clock, Process

COUNTS = Statement(
    """SELECT (SELECT count(*) FROM token_sessions), (SELECT count(*) FROM refresh_tokens)"""
)
EVERYTHING = Statement(
    """SELECT token_hash || ' ' || r.session_id || ' ' || user_id || ' ' || scopes
    FROM refresh_tokens r JOIN token_sessions s ON s.session_id = r.session_id"""
)


async def refused(process: Process, token: str, now: int) -> None:
    with pytest.raises(Unauthenticated, match="The refresh token is not valid"):
        await process.issuer.refresh(token, now)


async def test_a_pair_is_issued_and_renewed_within_its_session(
    process: Process, clock: Clock
) -> None:
    first = await process.issuer.issue("ada", Terms(frozenset(["moderate"])), clock.now)
    assert first.expires_in == 900
    second = await process.issuer.refresh(first.refresh_token, clock.now)
    one, two = [await process.issuer.verify(p.access_token, clock.now) for p in (first, second)]
    assert one.user_id == two.user_id == "ada"
    assert one.scopes == two.scopes == {"moderate"}
    assert one.session_id == two.session_id
    assert one.token_id != two.token_id
    assert len({first.refresh_token, second.refresh_token}) == 2


async def test_using_a_refresh_token_twice_ends_the_session_for_all(
    process: Process, other_process: Process, clock: Clock
) -> None:
    stolen = await process.issuer.issue("ada", Terms(), clock.now)
    innocent = await process.issuer.issue("ada", Terms(), clock.now)
    renewed = await process.issuer.refresh(stolen.refresh_token, clock.now)
    await refused(process, stolen.refresh_token, clock.now)
    await refused(process, renewed.refresh_token, clock.now)
    for pair in (stolen, renewed):
        with pytest.raises(Unauthenticated, match="revoked"):
            await process.issuer.verify(pair.access_token, clock.now)
    assert await other_process.issuer.verify(renewed.access_token, clock.now)
    await other_process.revocations.load()
    with pytest.raises(Unauthenticated, match="revoked"):
        await other_process.issuer.verify(renewed.access_token, clock.now)
    await process.issuer.verify(innocent.access_token, clock.now)
    await process.issuer.refresh(innocent.refresh_token, clock.now)


async def test_of_many_uses_at_once_at_most_one_succeeds(
    process: Process, other_process: Process, clock: Clock
) -> None:
    pair = await process.issuer.issue("ada", Terms(), clock.now)
    answers = await asyncio.gather(
        *(
            one.issuer.refresh(pair.refresh_token, clock.now)
            for one in (process, other_process) * 5
        ),
        return_exceptions=True,
    )
    renewed = [answer for answer in answers if isinstance(answer, TokenPair)]
    assert len(renewed) == 1
    assert sum(isinstance(answer, Unauthenticated) for answer in answers) == 9
    await refused(process, renewed[0].refresh_token, clock.now)


async def test_revoking_ends_the_session_at_once_and_may_be_repeated(
    process: Process, clock: Clock
) -> None:
    pair = await process.issuer.issue("ada", Terms(), clock.now)
    for _ in range(2):
        await process.issuer.revoke(pair.refresh_token, clock.now)
    await process.issuer.revoke("gsr_unknown", clock.now)
    with pytest.raises(Unauthenticated, match="revoked"):
        await process.issuer.verify(pair.access_token, clock.now)
    await refused(process, pair.refresh_token, clock.now)


async def test_an_old_token_of_the_family_still_revokes_it(process: Process, clock: Clock) -> None:
    first = await process.issuer.issue("ada", Terms(), clock.now)
    second = await process.issuer.refresh(first.refresh_token, clock.now)
    await process.issuer.revoke(first.refresh_token, clock.now)
    await refused(process, second.refresh_token, clock.now)


async def test_a_refresh_token_ends_exactly_after_thirty_days(
    process: Process, clock: Clock
) -> None:
    early, late = [await process.issuer.issue("ada", Terms(), clock.now) for _ in range(2)]
    end = clock.now + REFRESH_TOKEN_LIFE
    renewed = await process.issuer.refresh(early.refresh_token, end - 1)
    await refused(process, late.refresh_token, end)
    await process.issuer.refresh(renewed.refresh_token, end + REFRESH_TOKEN_LIFE - 2)


async def test_what_is_no_refresh_token_is_refused(process: Process, clock: Clock) -> None:
    for token in ("", "x", "gsr_" + "a" * 43, "'; DROP TABLE", "\x00", "\ud800"):
        await refused(process, token, clock.now)


async def test_impossible_users_and_scopes_start_no_session(
    process: Process, store: Store, clock: Clock
) -> None:
    wrong: list[tuple[str, list[str]]] = [("a.b", []), ("", []), ("ada", ["NO"])]
    for user, scopes in wrong:
        with pytest.raises(Invalid):
            await process.issuer.issue(user, Terms(frozenset(scopes)), clock.now)
    assert [tuple(row) for row in await store.fetch(COUNTS)] == [(0, 0)]


async def test_the_store_knows_no_token(process: Process, store: Store, clock: Clock) -> None:
    pair = await process.issuer.issue("ada", Terms(), clock.now)
    renewed = await process.issuer.refresh(pair.refresh_token, clock.now)
    stored = " ".join(row[0] for row in await store.fetch(EVERYTHING))
    assert "ada" in stored
    for secret in (pair.refresh_token, renewed.refresh_token):
        assert secret.removeprefix("gsr_") not in stored


async def test_ended_sessions_are_tidied_away(process: Process, store: Store, clock: Clock) -> None:
    ended = await process.issuer.issue("ada", Terms(), clock.now)
    await process.issuer.refresh(ended.refresh_token, clock.now)
    clock.now += REFRESH_TOKEN_LIFE // 2
    await process.issuer.issue("bob", Terms(), clock.now)
    clock.now += REFRESH_TOKEN_LIFE // 2
    await process.refresh.forget_expired(clock.now)
    assert [tuple(row) for row in await store.fetch(COUNTS)] == [(1, 1)]


async def test_a_running_process_follows_the_others_and_forgets_what_has_expired(
    process: Process, store: Store, clock: Clock
) -> None:
    pauses: asyncio.Queue[float] = asyncio.Queue(1)
    follower = Revocations(store, process.refresh, clock, pauses.put)
    pair = await process.issuer.issue("ada", Terms(), clock.now)
    await process.issuer.revoke(pair.refresh_token, clock.now)
    session = (await AccessTokens(KEY).verify(pair.access_token, clock.now)).session_id
    assert session not in follower
    running = asyncio.create_task(follower.run())
    assert await pauses.get() <= 60
    assert session in follower
    clock.now += 15 * MINUTE
    await pauses.get()
    await pauses.get()
    assert session not in follower
    assert follower.statistics()["revoked_sessions"] == 0
    running.cancel()


async def test_the_limits_of_a_sign_in_are_in_every_token_that_follows(
    process: Process, clock: Clock
) -> None:
    """Section 2: grants and clientId are claims, and survive a refresh."""
    grant = TopicGrant(["user.ada.*"], ["subscribe"])
    terms = Terms(frozenset(["moderate"]), [grant], "phone-1")
    first = await process.issuer.issue("ada", terms, clock.now)
    second = await process.issuer.refresh(first.refresh_token, clock.now)
    for pair in (first, second):
        claims = await process.issuer.verify(pair.access_token, clock.now)
        assert claims.grants == [{"topics": ["user.ada.*"], "actions": ["subscribe"]}]
        assert claims.client_id == "phone-1"
        assert claims.scopes == {"moderate"}
