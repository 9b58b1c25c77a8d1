"""What the slice answers."""

from __future__ import annotations

from typing import Any

import msgspec

from groundswell.contract.privacy import VERBS, Audience, Discretion


class View(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Something that is answered as JSON."""


class Visibility(View, frozen=True, kw_only=True):
    """To whom each verb is told."""

    play: Audience
    vote: Audience
    comment: Audience
    download: Audience
    share: Audience
    friend: Audience
    reward: Audience


class PrivacySettings(View, frozen=True, kw_only=True):
    """What may be known of a user; as made, everything that everybody may know anyway."""

    visibility: Visibility
    broadcast: bool
    incognito: bool
    attribution: Audience
    private_rewards: bool


class Archive(View, frozen=True, kw_only=True):
    """Everything that is known of one user, by the part that knows it."""

    user_id: str
    exported_at: str
    data: dict[str, Any]


class Erased(View, frozen=True, kw_only=True):
    """Somebody is forgotten. ``records`` named them until now; with 0, nothing did.

    ``tombstone`` stands in their place where something has to, and leads back to nobody.
    """

    erased_at: str
    records: int
    tombstone: str | None


def settings_of(wishes: Discretion) -> PrivacySettings:
    """Wishes in full."""
    audiences = {verb: wishes.audiences.get(verb, "everyone") for verb in VERBS}
    return PrivacySettings(
        visibility=Visibility(**audiences),
        broadcast=wishes.broadcast,
        incognito=wishes.incognito,
        attribution=wishes.attribution,
        private_rewards=wishes.private_rewards,
    )
