"""What can be called: a name, a kind, the type of its input, and what it does."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Literal, TypeVar

import msgspec

from groundswell.access.principal import Principal

ProcedureKind = Literal["query", "mutation"]
I = TypeVar("I")  # noqa: E741 - the input of a procedure


class NoInput(msgspec.Struct, forbid_unknown_fields=True):
    """The input of a procedure that takes none."""


class Procedure(msgspec.Struct, frozen=True):
    """One procedure of the router, such as ``engagement.vote``.

    ``call`` takes the decoded input and the caller, and returns what msgspec can encode or raises
    a GroundswellError.
    """

    name: str
    kind: ProcedureKind
    input: Any
    call: Callable[[Any, Principal], Awaitable[Any]]


def query(name: str, takes: type[I], call: Callable[[I, Principal], Awaitable[Any]]) -> Procedure:
    """A procedure that reads; clients send it as GET."""
    return Procedure(name, "query", takes, call)


def mutation(
    name: str, takes: type[I], call: Callable[[I, Principal], Awaitable[Any]]
) -> Procedure:
    """A procedure that changes something; clients send it as POST."""
    return Procedure(name, "mutation", takes, call)
