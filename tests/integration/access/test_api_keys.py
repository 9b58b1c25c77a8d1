"""API keys on either database."""

from __future__ import annotations

import re

import pytest

from groundswell.access.api_keys import KNOWN_FOR, ApiKeys
from groundswell.contract.errors import Invalid, NotFound, Unauthenticated
from groundswell.store import Statement, Store
from tests.integration.access.conftest import BOOTSTRAP, Clock, Process

STORED = Statement("SELECT key_id || name || key_hash FROM api_keys")


async def refused(keys: ApiKeys, key: str, now: int) -> None:
    with pytest.raises(Unauthenticated, match="The API key is not valid"):
        await keys.verify(key, now)


async def test_a_key_works_from_its_making_until_it_is_revoked(
    process: Process, clock: Clock
) -> None:
    made = await process.keys.create("the shop", clock.now)
    assert re.fullmatch(r"gsk_[A-Za-z0-9_-]{43}", made.secret)
    await process.keys.verify(made.secret, clock.now)
    await process.keys.revoke(made.key_id, clock.now + 1)
    await refused(process.keys, made.secret, clock.now + 1)
    await process.keys.revoke(made.key_id, clock.now + 2)
    (listed,) = await process.keys.all()
    assert (listed.name, listed.created_at, listed.revoked_at) == (
        "the shop",
        clock.now,
        clock.now + 1,
    )


async def test_another_process_knows_a_new_key_at_once_and_a_revoked_one_soon(
    process: Process, other_process: Process, clock: Clock
) -> None:
    made = await process.keys.create("the shop", clock.now)
    await other_process.keys.verify(made.secret, clock.now)
    await process.keys.revoke(made.key_id, clock.now)
    await other_process.keys.verify(made.secret, clock.now + KNOWN_FOR - 1)
    await refused(other_process.keys, made.secret, clock.now + KNOWN_FOR)


async def test_a_key_tried_before_it_was_made_works_once_it_is(store: Store, clock: Clock) -> None:
    keys = ApiKeys(store, random_text=lambda size: "a" * size)
    await refused(keys, "gsk_" + "a" * 32, clock.now)
    made = await keys.create("the shop", clock.now)
    await keys.verify(made.secret, clock.now)


async def test_the_bootstrap_key_works_without_being_stored(
    process: Process, store: Store, clock: Clock
) -> None:
    await process.keys.verify(BOOTSTRAP, clock.now)
    assert await process.keys.all() == []
    await refused(process.keys, BOOTSTRAP + "x", clock.now)
    await refused(ApiKeys(store), BOOTSTRAP, clock.now)


async def test_what_is_no_key_is_refused(process: Process, clock: Clock) -> None:
    await process.keys.create("the shop", clock.now)
    for key in ("gsk_", "gsk_x", "", "gsk_\x00", "gsk_\ud800", "gsk_' OR 1=1 --"):
        await refused(process.keys, key, clock.now)


async def test_the_store_knows_no_key(process: Process, store: Store, clock: Clock) -> None:
    made = await process.keys.create("the shop", clock.now)
    ((stored,),) = [tuple(row) for row in await store.fetch(STORED)]
    assert made.key_id in stored
    assert made.secret.removeprefix("gsk_") not in stored


async def test_a_key_needs_a_name(process: Process, clock: Clock) -> None:
    for name in ("", "  ", "x" * 101):
        with pytest.raises(Invalid):
            await process.keys.create(name, clock.now)


async def test_revoking_an_unknown_key_is_an_error(process: Process, clock: Clock) -> None:
    with pytest.raises(NotFound):
        await process.keys.revoke("key-unknown", clock.now)


def test_a_bootstrap_key_may_look_anyhow(store: Store) -> None:
    keys = ApiKeys(store, "chosen by hand")
    assert keys.is_meant("chosen by hand")
    assert not keys.is_meant("chosen by foot")
