"""Suggestions that nobody took up are forgotten; those somebody dismissed are not made again."""

from __future__ import annotations

from typing import Any

import pytest

from groundswell.contract.times import DAY
from groundswell.domains.network import keeping as people
from groundswell.domains.network.statements import ADD_SUGGESTION as ADD_PERSON
from groundswell.domains.sharing import keeping as shares
from groundswell.domains.sharing.statements import ADD_SUGGESTION
from groundswell.store import Statement
from groundswell.store.forgetting import OldRows
from tests.support.core import running_core

TABLES: dict[str, tuple[Any, Statement, bool]] = {
    "suggestions": (shares, ADD_SUGGESTION, True),
    "people_suggestions": (people, ADD_PERSON, False),
}


@pytest.mark.parametrize("table", TABLES)
async def test_old_suggestions_are_forgotten(ready_url: str, table: str) -> None:
    slice_, add, titled = TABLES[table]
    async with running_core(ready_url) as core:
        ends = core.clock()
        rows = [
            (name, "ada", "kind", name, "why", *((None,) if titled else ()), state, ends - DAY, end)
            for name, state, end in (
                ("s-old", "open", ends),
                ("s-dismissed", "dismissed", ends),
                ("s-later", "open", ends + 1),
            )
        ]
        async with core.store.writing() as tx:
            await tx.fetch(add, rows=rows)
        old = OldRows(core.store, core.clock, slice_.old_suggestions())
        core.clock.advance(slice_.AFTERWARDS - 1)
        await old.forget()
        names = f"SELECT suggestion_id FROM {table} ORDER BY suggestion_id"
        assert len(await core.rows(names)) == 3
        core.clock.advance(1)
        await old.forget()
        assert await core.rows(names) == [("s-dismissed",), ("s-later",)]
