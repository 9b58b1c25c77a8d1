"""Making and changing programs: every change of the rules is a version of its own."""

from __future__ import annotations

from typing import Any

import msgspec

from groundswell.contract.errors import Conflict, GroundswellError, Invalid
from groundswell.contract.events.referrals import ProgramCreated, ProgramUpdated
from groundswell.domains.referrals import program_rows as sql
from groundswell.domains.referrals.commands import ChangeProgram, CreateProgram
from groundswell.domains.referrals.program_rows import Program, find_program
from groundswell.domains.referrals.refusals import ProgramNotFound
from groundswell.domains.referrals.rules import ProgramRules, rule_faults
from groundswell.domains.referrals.views import ProgramView
from groundswell.http.decoding import field_error, invalid
from groundswell.store import Transaction
from groundswell.store.commands import EventTail


async def create_program(
    transaction: Transaction, command: CreateProgram, tail: EventTail
) -> ProgramView | GroundswellError:
    """Make a program, with version 1 of its rules."""
    if await find_program(transaction, command.program_id):
        return Conflict("program_exists", "A program with this id exists already.")
    rules = sql.encoded(command.rules)
    await transaction.fetch(
        sql.ADD,
        program_id=command.program_id,
        name=command.name,
        state=command.state,
        starts_at=command.starts_at,
        ends_at=command.ends_at,
        rules=rules,
        now=command.at,
    )
    await transaction.fetch(
        sql.ADD_VERSION, program_id=command.program_id, version=1, rules=rules, now=command.at
    )
    event = ProgramCreated(
        program_id=command.program_id,
        version=1,
        name=command.name,
        state=command.state,
        reward_terms=command.rules.rewards,
    )
    tail.append(event, command.at)
    made = await find_program(transaction, command.program_id)
    return made.view() if made else ProgramNotFound()


async def change_program(
    transaction: Transaction, command: ChangeProgram, tail: EventTail
) -> ProgramView | GroundswellError:
    """Change it; what is as it was makes no version."""
    program = await find_program(transaction, command.program_id)
    if program is None:
        return ProgramNotFound()
    if program.state == "ended" and command.changes.get("state", "ended") != "ended":
        return Conflict("program_ended", "A program that has ended does not begin again.")
    try:
        wanted = changed(program, command.changes, command.rules)
    except Invalid as error:
        return error
    if wanted == program:
        return program.view()
    return await _write(transaction, program, wanted, command.at, tail)


async def _write(
    transaction: Transaction, program: Program, wanted: Program, now: int, tail: EventTail
) -> ProgramView:
    version = program.version + 1
    after = msgspec.structs.replace(wanted, version=version, updated_at=now)
    rules = sql.encoded(after.rules)
    await transaction.fetch(
        sql.CHANGE,
        program_id=after.program_id,
        version=version,
        name=after.name,
        state=after.state,
        starts_at=after.starts_at,
        ends_at=after.ends_at,
        rules=rules,
        now=now,
    )
    await transaction.fetch(
        sql.ADD_VERSION, program_id=after.program_id, version=version, rules=rules, now=now
    )
    event = ProgramUpdated(
        program_id=after.program_id,
        version=version,
        name=after.name,
        state=after.state,
        reward_terms=after.rules.rewards,
        changed=_names_of_changes(program, after),
    )
    tail.append(event, now)
    return after.view()


def changed(program: Program, changes: dict[str, Any], rules: dict[str, Any]) -> Program:
    """The program with these changes.

    Raises:
        Invalid: the rules would not be rules any more.
    """
    if not rules:
        return msgspec.structs.replace(program, **changes)
    merged = {**msgspec.to_builtins(program.rules), **rules}
    try:
        wanted = msgspec.convert(merged, ProgramRules)
    except msgspec.ValidationError as error:
        raise invalid(field_error(str(error), ProgramRules, "rules")) from error
    check_rules(wanted)
    return msgspec.structs.replace(program, **changes, rules=wanted)


def check_rules(rules: ProgramRules) -> None:
    """Refuse rules that contradict themselves.

    Raises:
        Invalid: with the places of all faults.
    """
    found = rule_faults(rules)
    if found:
        path, message = found[0]
        raise Invalid.at(f"rules.{path}", message)


def _names_of_changes(before: Program, after: Program) -> tuple[str, ...]:
    fields = ("name", "state", "starts_at", "ends_at")
    own = [name for name in fields if getattr(before, name) != getattr(after, name)]
    parts = [
        f"rules.{name}"
        for name in ProgramRules.__struct_fields__
        if getattr(before.rules, name) != getattr(after.rules, name)
    ]
    return (*own, *parts)
