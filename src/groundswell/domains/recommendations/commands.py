"""What can be done to what is known of tastes. Nobody asks for it but the log, and time."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from groundswell.store.commands import Command
from groundswell.store.deeds import Told


class Learnt(msgspec.Struct, frozen=True, rename="camel"):
    """How many persons it concerned."""

    persons: int


class LearnTastes(Command, frozen=True, kw_only=True):
    """People did something with files: count who likes what together.

    ``unvoted`` are files from which votes may have gone: those kept of them are looked at again.
    """

    answer: ClassVar[type] = Learnt
    told: tuple[Told, ...]
    unvoted: tuple[int, ...] = ()


class ForgetTastes(Command, frozen=True, kw_only=True):
    """Forget what was done up to ``before``, of at most so many rows at a time."""

    answer: ClassVar[type] = Learnt
    before: int
    rows: int


COMMANDS: tuple[type[Command], ...] = (LearnTastes, ForgetTastes)
"""All of them."""
