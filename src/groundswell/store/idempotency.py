"""Answers already given to writes that carried an Idempotency-Key."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from groundswell.contract.errors import Conflict, GroundswellError
from groundswell.store.commands import Command, Idempotency
from groundswell.store.statement import BIGINT, TEXT, Statement
from groundswell.store.transaction import Transaction

FIND = Statement(
    """
    SELECT k.scope, k.idempotency_key, k.fingerprint, k.answer
    FROM idempotency_keys k JOIN {rows} r
      ON k.scope = r.scope AND k.idempotency_key = r.idempotency_key
    """,
    rows={"scope": TEXT, "idempotency_key": TEXT},
)
REMEMBER = Statement(
    """
    INSERT INTO idempotency_keys (scope, idempotency_key, fingerprint, answer, created_at)
    {values}
    """,
    rows={
        "scope": TEXT,
        "idempotency_key": TEXT,
        "fingerprint": TEXT,
        "answer": TEXT,
        "created_at": BIGINT,
    },
)
FORGET = Statement("DELETE FROM idempotency_keys WHERE created_at < :before")

Known = dict[tuple[str, str], tuple[str, str]]


async def known_answers(transaction: Transaction, keys: Sequence[Idempotency]) -> Known:
    """The answers stored under these keys, as (fingerprint, answer)."""
    if not keys:
        return {}
    found = await transaction.fetch(FIND, rows=[(one.scope, one.key) for one in keys])
    return {(scope, key): (fingerprint, answer) for scope, key, fingerprint, answer in found}


def repeat(command: Command, idempotency: Idempotency, known: tuple[str, str]) -> object:
    """The answer of the first call, or a refusal if the key was used for something else."""
    fingerprint, answer = known
    if fingerprint != idempotency.fingerprint:
        return Conflict(
            "idempotency_key_reused", "This Idempotency-Key was used for a different request."
        )
    return msgspec.json.decode(answer, type=command.answer)


async def remember(
    transaction: Transaction,
    answered: Sequence[tuple[Idempotency, Any]],
    now: int,
) -> None:
    """Keep the answers of commands that succeeded; a refused one may be tried again."""
    rows = [
        (one.scope, one.key, one.fingerprint, msgspec.json.encode(answer).decode(), now)
        for one, answer in answered
        if not isinstance(answer, GroundswellError)
    ]
    if rows:
        await transaction.write(REMEMBER, rows=rows)
