"""What people wish to be known of what they do, as all slices understand it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, get_args

import msgspec

Verb = Literal["play", "vote", "comment", "download", "share", "friend", "reward"]
Audience = Literal["everyone", "friends", "nobody"]

VERBS: Final[tuple[Verb, ...]] = get_args(Verb)


class Discretion(msgspec.Struct, frozen=True, kw_only=True):
    """One person's wishes; as made, those of somebody who never said any.

    Attributes:
        broadcast: whether anything they do is told to everybody at all.
        incognito: what they do now is counted, and leaves no other trace.
        audiences: to whom each verb is told; a verb that is missing, to everyone.
        attribution: who may know through whom they came.
        private_rewards: their rewards are told to nobody but them, and without amounts.
    """

    broadcast: bool = True
    incognito: bool = False
    audiences: Mapping[str, Audience] = {}
    attribution: Audience = "everyone"
    private_rewards: bool = False

    def audience(self, verb: str) -> Audience:
        """To whom what they do now may be told. ``upload`` is no verb of its own."""
        if self.incognito or not self.broadcast:
            return "nobody"
        return self.audiences.get(verb, "everyone")

    def is_public(self, verb: str) -> bool:
        """Whether it may be told to everybody."""
        return self.audience(verb) == "everyone"

    def kept_for(self, verb: str) -> Audience:
        """To whom what they did before may be told now: incognito is about what they do now."""
        return self.audiences.get(verb, "everyone") if self.broadcast else "nobody"

    def names_to(self, *, friends: bool) -> bool:
        """Whether the other side of a referral, a friend or not, may know who they are."""
        return self.attribution == "everyone" or (self.attribution == "friends" and friends)

    def hidden(self) -> tuple[str, ...] | None:
        """The verbs of which nothing may stay in public; None for all, uploads among them."""
        if not self.broadcast:
            return None
        return tuple(verb for verb in VERBS if self.audiences.get(verb, "everyone") != "everyone")


OPEN: Final = Discretion()
