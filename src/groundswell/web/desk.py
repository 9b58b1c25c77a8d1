"""What all pages of operators share: who may see them, and forms of those who may."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

import msgspec

from groundswell.access.principal import Principal
from groundswell.contract.errors import Forbidden, Invalid
from groundswell.contract.times import Clock
from groundswell.web.operators import COOKIE, OperatorPasses
from groundswell.web.surface import PRIVATE, AnyRequest, Surface, surface_of

T = TypeVar("T")


class Desk(msgspec.Struct, frozen=True):
    """The surface of operators' pages, and the passes that open them."""

    surface: Surface
    passes: OperatorPasses

    def may_see(self, request: AnyRequest, caller: Principal) -> bool:
        """Whether this is the host application, or somebody who showed its key."""
        shown = request.cookies.get(COOKIE)
        return caller.kind == "host" or self.passes.admits(caller.session_id, shown)

    async def form(self, request: AnyRequest, caller: Principal) -> dict[str, str]:
        """The fields of a form of one of these pages.

        Raises:
            FormExpired, Invalid: it is none of ours.
            Forbidden: who sent it is not signed in, or no longer.
        """
        form = await self.surface.form(request, caller)
        if not self.may_see(request, caller):
            raise Forbidden("You are not signed in any more. Please sign in again.")
        return form


def chosen(form: Mapping[str, str], name: str, among: Sequence[T]) -> T:
    """Which of the buttons of a form was pressed.

    Raises:
        Invalid: at ``name``; none of them.
    """
    for one in among:
        if one == form.get(name):
            return one
    *others, last = map(str, among)
    raise Invalid.at(name, f"Must be {', '.join(others)} or {last}")


def desk_of(csrf_key: bytes, pass_key: bytes, notice: str | None, clock: Clock) -> Desk:
    """The desk. Both keys are secret and the same in every process; ``csrf_key`` is that of all
    pages."""
    surface = surface_of(csrf_key, notice, clock, headers=PRIVATE)
    return Desk(surface, OperatorPasses(pass_key, clock))
