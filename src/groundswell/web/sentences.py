"""What the messages of an inbox say to the person they are for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from groundswell.domains.inbox.views import Item

_SENTENCES: Mapping[str, tuple[str, ...]] = {
    "testimonial.requested": ("You are asked how it went",),
    "testimonial.published": ("Your testimonial is published",),
    "testimonial.rejected": ("Your testimonial is not published",),
    "moderation.content.approved": ("What you wrote is published",),
    "moderation.content.rejected": ("What you wrote is not published",),
    "social.suggestion.created": ("You may want to share",),
    "social.share.created": ("You shared something",),
    "referral.reward.earned": ("You earned {amount} {currency}", "You earned a reward"),
    "referral.reward.held": (
        "{amount} {currency} of yours is being looked at",
        "A reward of yours is being looked at",
    ),
    "referral.reward.released": (
        "Your reward of {amount} {currency} goes on",
        "A reward of yours goes on",
    ),
    "referral.reward.approved": (
        "Your reward of {amount} {currency} was approved",
        "A reward of yours was approved",
    ),
    "referral.reward.paid": (
        "You were paid {amount} {currency}",
        "A reward of yours was paid",
    ),
    "referral.reward.cancelled": (
        "Your reward of {amount} {currency} was cancelled",
        "A reward of yours was cancelled",
    ),
    "referral.reward.reversed": ("A reward of yours was taken back",),
    "referral.reward.expired": (
        "Your reward of {amount} {currency} has expired",
        "A reward of yours has expired",
    ),
    "referral.milestone.reached": ("You reached {tier}", "You reached a milestone"),
    "referral.conversion.completed": (
        "Your referral of {newUserId} is complete",
        "A referral of yours is complete",
    ),
    "social.friend.joined": (
        "{friendId} is here, and a friend of yours now",
        "A friend of yours is here now",
    ),
}
"""By type of message. The first sentence whose fields are all told is said: names and amounts are
left out of messages to whom they may not be known."""


def sentence_of(message: Item) -> str:
    """What a message says: what its type means, and about what; or the host's own words."""
    data = {name: one for name, one in message.data.items() if one is not None}
    known = _filled(_SENTENCES.get(message.event_type, ()), data)
    title = _words(data, ("title",))
    if known is not None:
        return known if title is None else f"{known}: {title}"
    said = _words(data, ("title", "text", "message"))
    return said or message.event_type.replace(".", " ").replace("_", " ").capitalize()


def _filled(sentences: Sequence[str], data: Mapping[str, object]) -> str | None:
    for sentence in sentences:
        try:
            return sentence.format_map(data)
        except KeyError:
            continue
    return None


def _words(data: Mapping[str, object], fields: Sequence[str]) -> str | None:
    found = (data.get(field) for field in fields)
    return next((one.strip() for one in found if isinstance(one, str) and one.strip()), None)
