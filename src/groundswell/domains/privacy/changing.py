"""What a change of wishes comes to: values in, values out."""

from __future__ import annotations

from groundswell.contract.privacy import Discretion
from groundswell.domains.privacy.commands import ChangeSettings


def changed(before: Discretion, command: ChangeSettings) -> Discretion:
    """The wishes after the change. Verbs told to everyone are not kept: that is how it is made."""
    audiences = {**before.audiences, **command.audiences}
    return Discretion(
        broadcast=before.broadcast if command.broadcast is None else command.broadcast,
        incognito=before.incognito if command.incognito is None else command.incognito,
        audiences={verb: to for verb, to in sorted(audiences.items()) if to != "everyone"},
        attribution=command.attribution or before.attribution,
        private_rewards=before.private_rewards
        if command.private_rewards is None
        else command.private_rewards,
    )


def differences(before: Discretion, after: Discretion) -> tuple[str, ...]:
    """The names of the settings that differ, as clients know them."""
    named = {
        "broadcast": before.broadcast != after.broadcast,
        "incognito": before.incognito != after.incognito,
        "visibility": dict(before.audiences) != dict(after.audiences),
        "attribution": before.attribution != after.attribution,
        "privateRewards": before.private_rewards != after.private_rewards,
    }
    return tuple(name for name, differs in named.items() if differs)
