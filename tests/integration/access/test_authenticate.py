"""From headers and addresses to a principal."""

from __future__ import annotations

import pytest

from groundswell.access.addresses import TrustedProxies
from groundswell.access.authenticate import Authenticator
from groundswell.access.principal import Principal
from groundswell.access.terms import Terms
from groundswell.contract.errors import Forbidden, Invalid, Unauthenticated
from tests.integration.access.conftest import BOOTSTRAP, Clock, Process

PEER = "203.0.113.7"
HOST_HEADER = f"Bearer {BOOTSTRAP}"


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One database is enough: what is tested here does not depend on which."""
    return sqlite_url


@pytest.fixture
def authenticator(process: Process) -> Authenticator:
    return Authenticator(process.keys, process.issuer, TrustedProxies.parse("10.0.0.0/8"))


async def test_without_credentials_one_is_a_visitor(
    authenticator: Authenticator, clock: Clock
) -> None:
    found = await authenticator.authenticate(None, "10.0.0.1", "1.1.1.1, ::1", "cookie", clock.now)
    assert found == Principal("visitor", None, "::/64", "cookie")
    found = await authenticator.authenticate(None, PEER, "1.1.1.1", None, clock.now)
    assert found == Principal("visitor", None, PEER, None)


async def test_a_token_makes_a_user(
    authenticator: Authenticator, process: Process, clock: Clock
) -> None:
    pair = await process.issuer.issue("ada", Terms(frozenset(["moderate"])), clock.now)
    session = (await process.issuer.verify(pair.access_token, clock.now)).session_id
    for scheme in ("Bearer", "bearer", "BEARER"):
        header = f"{scheme} {pair.access_token}"
        found = await authenticator.authenticate(header, PEER, None, "cookie", clock.now)
        assert found == Principal("user", "ada", PEER, session, frozenset({"moderate"}))


async def test_a_key_makes_the_host(authenticator: Authenticator, clock: Clock) -> None:
    found = await authenticator.authenticate(HOST_HEADER, PEER, None, None, clock.now)
    assert found == Principal("host", None, PEER, None, key_id="settings")


@pytest.mark.parametrize(
    "header",
    [
        *("", " ", "Bearer", "Bearer ", "Basic YTpi", "Token x", "Bearer gsk_", "Bearer a.b.c"),
        *("Bearer gsk_wrong", BOOTSTRAP, "Bearer \ufffd", f"Bearer {BOOTSTRAP} x"),
    ],
)
async def test_wrong_credentials_never_make_a_visitor(
    authenticator: Authenticator, clock: Clock, header: str
) -> None:
    with pytest.raises(Unauthenticated):
        await authenticator.authenticate(header, PEER, None, None, clock.now)


@pytest.mark.parametrize(
    ("user", "address", "expected"),
    [
        ("ada", None, Principal("user", "ada", PEER, None)),
        ("ada", "::ffff:1.1.1.1", Principal("user", "ada", "1.1.1.1", None)),
        (None, "2001:db8:1:2::3", Principal("visitor", None, "2001:db8:1:2::/64", None)),
    ],
)
async def test_the_host_acts_for_another_with_that_ones_rights(
    authenticator: Authenticator,
    clock: Clock,
    user: str | None,
    address: str | None,
    expected: Principal,
) -> None:
    found = await authenticator.authenticate(
        HOST_HEADER, PEER, None, None, clock.now, acting_user=user, acting_address=address
    )
    assert found == expected


@pytest.mark.parametrize(("user", "address"), [("a.b", None), ("", None), ("ada", "nowhere")])
async def test_the_host_must_name_possible_users_and_addresses(
    authenticator: Authenticator, clock: Clock, user: str, address: str | None
) -> None:
    with pytest.raises(Invalid, match="Groundswell-"):
        await authenticator.authenticate(
            HOST_HEADER, PEER, None, None, clock.now, acting_user=user, acting_address=address
        )


@pytest.mark.parametrize(("user", "address"), [("ada", None), (None, "1.1.1.1")])
async def test_nobody_else_acts_for_another(
    authenticator: Authenticator,
    process: Process,
    clock: Clock,
    user: str | None,
    address: str | None,
) -> None:
    pair = await process.issuer.issue("eve", Terms(), clock.now)
    for header in (None, f"Bearer {pair.access_token}"):
        with pytest.raises(Forbidden):
            await authenticator.authenticate(
                header, PEER, None, None, clock.now, acting_user=user, acting_address=address
            )
