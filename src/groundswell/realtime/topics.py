"""Topics: their grammar, which ones exist, and who may subscribe to each.

A topic is ``segment(.segment){0,5}`` with segments of ``[A-Za-z0-9_-]{1,64}``, 255 characters at
most. A name that fits the grammar is still refused unless a row of ``KINDS`` describes it, so a
misspelt topic is an error and not a silent stream.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Protocol

from groundswell.contract.errors import Forbidden, Invalid, NotFound
from groundswell.contract.ids import Topic

MAX_LENGTH: Final = 255
ACTIVITY: Final = Topic("activity")
HOT: Final = Topic("hot")
BROADCAST: Final = Topic("system.broadcast")

_GRAMMAR: Final = re.compile(r"[A-Za-z0-9_-]{1,64}(?:\.[A-Za-z0-9_-]{1,64}){0,5}")


class Viewer(Protocol):
    """Whoever subscribes; ``user_id`` is None for a visitor."""

    @property
    def user_id(self) -> str | None:
        """The signed-in user."""


class UnknownTopic(NotFound):
    """No topic of this name exists."""

    code = "unknown_topic"

    def __init__(self, topic: str) -> None:
        super().__init__(f"There is no topic {topic!r}.")


class TopicForbidden(Forbidden):
    """The topic is private to somebody else."""

    code = "topic_forbidden"

    def __init__(self, topic: str) -> None:
        super().__init__(f"The topic {topic!r} is private to its user.")


@dataclass(frozen=True, slots=True)
class TopicKind:
    """A family of topics.

    ``state``: each event holds the whole state, so only the newest matters and a subscriber
    starts from a snapshot. ``owned``: the second segment names the only user who may subscribe.
    ``refetch``: where a client that lost events reads what it missed.
    """

    name: str
    pattern: re.Pattern[str]
    state: bool = False
    owned: bool = False
    refetch: str | None = None

    def admits(self, topic: str, viewer: Viewer) -> bool:
        """Whether ``viewer`` may subscribe to ``topic``, a topic of this kind."""
        return not self.owned or (
            viewer.user_id is not None and topic.split(".")[1] == viewer.user_id
        )


def _kind(
    name: str, *, state: bool = False, owned: bool = False, refetch: str | None = None, **parts: str
) -> TopicKind:
    """A kind named like ``media.{id}``, each placeholder matching its expression."""
    expression = re.escape(name).replace(r"\{", "{").replace(r"\}", "}")
    for part, matches in parts.items():
        expression = expression.replace(f"{{{part}}}", f"(?:{matches})")
    return TopicKind(name, re.compile(expression), state=state, owned=owned, refetch=refetch)


KINDS: Final[tuple[TopicKind, ...]] = (
    _kind("activity", refetch="/v1/activity?limit=20"),
    _kind("media.{id}", id="[1-9][0-9]{0,18}", refetch="/v1/media/{1}"),
    _kind("trending.{period}", period="24h|7d|30d|all", state=True),
    _kind("hot", state=True),
    _kind("system.broadcast"),
    _kind(
        "user.{id}.{part}",
        id="[A-Za-z0-9_-]+",
        part="social|referrals|network|inbox",
        owned=True,
    ),
)


def parse(text: str) -> Topic:
    """The topic that ``text`` writes.

    Raises:
        Invalid: the text does not follow the grammar.
        UnknownTopic: it does, and no such topic exists.
    """
    if len(text) > MAX_LENGTH or not _GRAMMAR.fullmatch(text):
        raise Invalid.at("topics", f"{text[:80]!r} is not a topic name")
    kind_of(text)
    return Topic(text)


def kind_of(topic: str) -> TopicKind:
    """The kind a topic belongs to.

    Raises:
        UnknownTopic: it belongs to none.
    """
    for kind in KINDS:
        if kind.pattern.fullmatch(topic):
            return kind
    raise UnknownTopic(topic)


def admit(text: str, viewer: Viewer) -> Topic:
    """The topic, if it exists and ``viewer`` may subscribe to it.

    Raises:
        Invalid, UnknownTopic: as ``parse``.
        TopicForbidden: it is another user's.
    """
    topic = parse(text)
    if not kind_of(topic).admits(topic, viewer):
        raise TopicForbidden(topic)
    return topic


def is_state(topic: str) -> bool:
    """Whether each event of the topic holds its whole state."""
    return kind_of(topic).state


def refetch_url(topic: str) -> str | None:
    """Where a client that lost events of the topic reads the present, if anywhere."""
    try:
        url = kind_of(topic).refetch
    except UnknownTopic:
        return None
    return None if url is None else url.format(*topic.split("."))
