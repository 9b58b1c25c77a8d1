"""Topics: their grammar, which ones exist, and who may subscribe to each.

A topic is ``segment(.segment){0,5}`` with segments of ``[A-Za-z0-9_-]{1,64}``, 255 characters at
most. A name that fits the grammar is still refused unless a row of ``KINDS`` describes it, so a
misspelt topic is an error and not a silent stream.

Who may subscribe is one of four rules: anybody; the user named in the topic; the members of what
it names; or whoever a check permits. The last two need somebody to ask, see ``access.py``; without
one they admit nobody.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal, Protocol

from groundswell.contract.errors import Forbidden, Invalid, NotFound
from groundswell.contract.ids import Topic

TopicClass = Literal["state", "feed", "critical"]
"""What a slow reader loses: all but the newest; the oldest, named in a GAP; nothing, it is closed.
"""
Rule = Literal["public", "owner", "member", "permitted"]

MAX_LENGTH: Final = 255
ACTIVITY: Final = Topic("activity")
HOT: Final = Topic("hot")
BROADCAST: Final = Topic("system.broadcast")

_GRAMMAR: Final = re.compile(r"[A-Za-z0-9_-]{1,64}(?:\.[A-Za-z0-9_-]{1,64}){0,5}")
_PATTERN: Final = re.compile(r"(?:[A-Za-z0-9_-]{1,64}\.){1,5}\*")


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

    def __init__(self, topic: str, reason: str = "is private to its user") -> None:
        super().__init__(f"The topic {topic!r} {reason}.")


@dataclass(frozen=True, slots=True)
class TopicKind:
    """A family of topics.

    ``state``: each event holds the whole state, so only the newest matters and a subscriber
    starts from a snapshot. ``critical``: its events are kept for their user until acknowledged.
    ``rule``: who may subscribe; for all but ``public`` it is about what the second segment names.
    ``refetch``: where a client that lost events reads what it missed. ``key``: the field of the
    data that names what an event is about, where a topic tells of many things. ``states_among``:
    states of something are told among the events, which alone are in the log.
    ``addressed``: some of its events are for some users only.
    """

    name: str
    pattern: re.Pattern[str]
    rule: Rule = "public"
    state: bool = False
    critical: bool = False
    refetch: str | None = None
    key: str | None = None
    states_among: bool = False
    addressed: bool = False

    @property
    def topic_class(self) -> TopicClass:
        """How its events are treated when they have to wait."""
        return "state" if self.state else "critical" if self.critical else "feed"

    def admits(self, topic: str, viewer: Viewer) -> bool:
        """Whether ``viewer`` may subscribe to ``topic``, as far as the name alone tells."""
        if self.rule == "owner":
            return viewer.user_id is not None and subject_of(topic) == viewer.user_id
        return self.rule == "public"


def _kind(
    name: str,
    *,
    rule: Rule = "public",
    state: bool = False,
    critical: bool = False,
    refetch: str | None = None,
    key: str | None = None,
    states_among: bool = False,
    addressed: bool = False,
    **parts: str,
) -> TopicKind:
    """A kind named like ``media.{id}``, each placeholder matching its expression."""
    expression = re.escape(name).replace(r"\{", "{").replace(r"\}", "}")
    for part, matches in parts.items():
        expression = expression.replace(f"{{{part}}}", f"(?:{matches})")
    pattern = re.compile(expression)
    return TopicKind(name, pattern, rule, state, critical, refetch, key, states_among, addressed)


_ID: Final = "[A-Za-z0-9_-]{1,64}"

KINDS: Final[tuple[TopicKind, ...]] = (
    _kind("activity", refetch="/v1/activity?limit=20", key="mediaFileId"),
    _kind("media.{id}", id="[1-9][0-9]{0,18}", refetch="/v1/media/{1}", states_among=True),
    _kind("trending.{period}", period="24h|7d|30d|all", state=True),
    _kind("hot", state=True),
    _kind("system.broadcast", addressed=True),
    _kind(
        "user.{id}.{part}",
        id=_ID,
        part="social|referrals|network|inbox",
        rule="owner",
        critical=True,
    ),
    _kind("program.{programId}.updates", programId=_ID, rule="member"),
    _kind("leaderboard.{boardId}", boardId=_ID, state=True),
    _kind("testimonials.recent", key="testimonialId"),
    _kind("presence.{scope}", scope=_ID, rule="permitted"),
)


def is_name(text: str) -> bool:
    """Whether the text follows the grammar of topics."""
    return len(text) <= MAX_LENGTH and _GRAMMAR.fullmatch(text) is not None


def is_pattern(text: str) -> bool:
    """Whether the text is a topic but for its last segment, which is ``*``.

    ``*`` stands for exactly one segment, never for a part of one or for several.
    """
    return len(text) <= MAX_LENGTH and _PATTERN.fullmatch(text) is not None


def family_of(topic: str) -> str:
    """The one pattern that the topic matches; empty if it has no more than one segment."""
    head, _, last = topic.rpartition(".")
    return f"{head}.*" if head and last else ""


def parse_pattern(text: str) -> str:
    """The pattern, if there are topics that match it. Presence is told nobody by a pattern.

    Raises:
        UnknownTopic: there are none.
    """
    given = text.split(".")[:-1]
    if not any(_may_match(kind, given) for kind in KINDS):
        raise UnknownTopic(text)
    return text


def _may_match(kind: TopicKind, given: list[str]) -> bool:
    *parts, _ = kind.name.split(".")
    return (
        kind.rule != "permitted"
        and len(parts) == len(given)
        and all(part.startswith("{") or part == one for part, one in zip(parts, given, strict=True))
    )


def subject_of(topic: str) -> str:
    """What the second segment names: a user, a program, a board; empty if there is none."""
    return topic.split(".")[1] if "." in topic else ""


def parse(text: str) -> Topic:
    """The topic that ``text`` writes.

    Raises:
        Invalid: the text does not follow the grammar.
        UnknownTopic: it does, and no such topic exists.
    """
    if not is_name(text):
        hint = _FOR_THE_HOST if is_pattern(text) else ""
        raise Invalid.at("topics", f"{text[:80]!r} is not a topic name{hint}")
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
    """The topic, if it exists and ``viewer`` may subscribe to it, as far as its name tells.

    Raises:
        Invalid, UnknownTopic: as ``parse``.
        TopicForbidden: it is another user's, or needs somebody to be asked.
    """
    topic = parse(text)
    kind = kind_of(topic)
    if not kind.admits(topic, viewer):
        raise TopicForbidden(topic, _REASONS[kind.rule])
    return topic


_FOR_THE_HOST: Final = ": patterns are for the host, over WebSocket or Socket.IO"

_REASONS: Final[dict[Rule, str]] = {
    "public": "is closed",
    "owner": "is private to its user",
    "member": "is for members",
    "permitted": "is not permitted",
}


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
