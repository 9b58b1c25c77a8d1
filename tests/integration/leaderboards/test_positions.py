"""L1: what the counts of all levels say is how many stand above a score, on either database."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groundswell.domains.leaderboards import entry_rows
from groundswell.domains.leaderboards.entry_rows import position_of
from groundswell.domains.leaderboards.ranks import SHIFTS, count_changes
from groundswell.store import Statement, Store, open_store

_EDGES = [side * 2**shift + by for shift in SHIFTS for side in (-1, 1) for by in (-1, 0, 1)]
scores = st.one_of(st.integers(-130, 130), st.integers(-(10**15), 10**15), st.sampled_from(_EDGES))
EMPTY = Statement("DELETE FROM board_counts")


@pytest.fixture
def loop() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as runner:
        yield runner


def test_a_position_is_one_more_than_stand_above(ready_url: str, loop: asyncio.Runner) -> None:
    store = open_store(ready_url)
    loop.run(store.open())

    @settings(max_examples=150)
    @given(st.lists(scores, min_size=1, max_size=60), scores)
    def every(held: list[int], asked: int) -> None:
        found = loop.run(_position(store, held, asked))
        assert found == 1 + sum(score > asked for score in held)

    every()
    loop.run(store.close())


async def _position(store: Store, held: list[int], asked: int) -> int:
    counts = count_changes((None, score) for score in held)
    async with store.writing() as transaction:
        await transaction.fetch(EMPTY)
        rows = [("b", 0, *place, members) for place, members in counts.items()]
        await transaction.fetch(entry_rows.ADD_COUNTS, rows=rows)
        return await position_of(transaction, "b", 0, asked)
