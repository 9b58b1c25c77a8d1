"""What callers send."""

from __future__ import annotations

from typing import Any

import msgspec

from groundswell.contract.errors import Invalid
from groundswell.contract.privacy import Audience


class Body(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """A body in which unknown fields are mistakes."""


class VisibilityChanges(Body, frozen=True, kw_only=True):
    """To whom verbs are told from now on; those that are not named stay as they are."""

    play: Audience | msgspec.UnsetType = msgspec.UNSET
    vote: Audience | msgspec.UnsetType = msgspec.UNSET
    comment: Audience | msgspec.UnsetType = msgspec.UNSET
    download: Audience | msgspec.UnsetType = msgspec.UNSET
    share: Audience | msgspec.UnsetType = msgspec.UNSET
    friend: Audience | msgspec.UnsetType = msgspec.UNSET
    reward: Audience | msgspec.UnsetType = msgspec.UNSET


class PrivacyChanges(Body, frozen=True, kw_only=True):
    """What is to change; the rest stays as it is."""

    visibility: VisibilityChanges | msgspec.UnsetType = msgspec.UNSET
    broadcast: bool | msgspec.UnsetType = msgspec.UNSET
    incognito: bool | msgspec.UnsetType = msgspec.UNSET
    attribution: Audience | msgspec.UnsetType = msgspec.UNSET
    private_rewards: bool | msgspec.UnsetType = msgspec.UNSET

    def changes(self) -> dict[str, Any]:
        """By the names of the command's fields."""
        given = msgspec.structs.asdict(self)
        visibility = given.pop("visibility")
        if visibility is not msgspec.UNSET:
            given["audiences"] = _given(msgspec.structs.asdict(visibility))
        return _given(given)


class ErasureConfirmed(Body, frozen=True, kw_only=True):
    """Erasure cannot be undone; whoever sends a body says so in so many words."""

    confirm: str

    def check(self) -> None:
        """Let only the right word pass.

        Raises:
            Invalid: it is another one.
        """
        if self.confirm != "erase":
            raise Invalid.at("confirm", "Must be the word erase")


def _given(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not msgspec.UNSET}
