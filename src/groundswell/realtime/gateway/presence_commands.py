"""PRESENCE: being seen in a scope, and seeing who is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from groundswell.contract.errors import GroundswellError
from groundswell.contract.moderation import Submission, texts_of
from groundswell.realtime.codes import Code
from groundswell.realtime.gateway.errors import Refused
from groundswell.realtime.gateway.frames import Presence as Frame
from groundswell.realtime.gateway.reply import or_unset
from groundswell.realtime.gateway.subscription import Stage
from groundswell.realtime.presence.base import Presence
from groundswell.realtime.presence.members import TTL, Device, Status
from groundswell.realtime.presence.messages import PresenceDiff, PresenceState, state_message
from groundswell.realtime.presence.watching import PresenceWatch
from groundswell.realtime.topics import kind_of

if TYPE_CHECKING:
    from groundswell.realtime.gateway.connection import Connection

MAX_DATA: Final = 1_024
BEAT: Final = TTL // 3
"""So often a connection says that its device is still here."""


class Appearance:
    """In which scopes a connection is present, kept up while it lives."""

    __slots__ = ("_connection", "_device", "_presence", "due", "scopes")

    def __init__(self, connection: Connection, presence: Presence, device: Device) -> None:
        self._connection = connection
        self._presence = presence
        self._device = device
        self.scopes: dict[str, tuple[Status, bytes]] = {}
        self.due: int | None = None

    async def show(self, scope: str, status: Status, data: bytes) -> None:
        """Be present, or say something else."""
        await self._presence.enter(scope, self._device, status, data)
        self.scopes[scope] = (status, data)
        self._plan()

    async def turn(self, status: Status) -> None:
        """Be ``status`` wherever it is seen; where it hides, nothing changes."""
        for scope, (shown, data) in list(self.scopes.items()):
            if shown not in (status, "invisible"):
                await self.show(scope, status, data)

    def says(self, scope: str) -> bytes | None:
        """What it says of itself there."""
        return self.scopes[scope][1] if scope in self.scopes else None

    async def hide(self, scope: str) -> None:
        """Be present no longer."""
        self.scopes.pop(scope, None)
        await self._presence.leave(scope, self._device)
        self._plan()

    async def hide_all(self) -> None:
        """Be present nowhere."""
        for scope in list(self.scopes):
            await self.hide(scope)

    def tick(self, now: int) -> None:
        """Time passed."""
        if self.due is not None and now >= self.due:
            self.due = now + BEAT
            self._connection.later(self._beat)

    async def _beat(self) -> None:
        for scope, (status, data) in list(self.scopes.items()):
            if not await self._allowed(scope):
                await self.hide(scope)
            elif not await self._presence.heartbeat(scope, self._device):
                await self._presence.enter(scope, self._device, status, data)

    async def _allowed(self, topic: str) -> bool:
        connection = self._connection
        try:
            await connection.shared.rights.admit(topic, connection.session.credentials, "presence")
        except (GroundswellError, Refused):
            return False
        return not connection.expired()

    def _plan(self) -> None:
        self.due = self._connection.shared.clock() + BEAT if self.scopes else None
        self._connection.look_after()


class Viewing:
    """The scopes whose changes a connection is told."""

    __slots__ = ("_connection", "_topics", "_watch")

    def __init__(self, connection: Connection, watch: PresenceWatch) -> None:
        self._connection = connection
        self._watch = watch
        self._topics: set[str] = set()

    def begin(self, topic: str) -> None:
        """Tell who is present, and every change of it."""
        if topic not in self._topics:
            self._topics.add(topic)
            self._watch.watch(topic, self._connection, self._tell)

    def forget(self, topic: str) -> None:
        """Tell no more of it."""
        if topic in self._topics:
            self._topics.discard(topic)
            self._watch.unwatch(topic, self._connection)

    def look_again(self) -> None:
        """Tell who is present now: changes were not told for a while."""
        for topic in self._topics:
            self._watch.watch(topic, self._connection, self._tell)

    def end(self) -> None:
        """Tell no more of anything."""
        for topic in tuple(self._topics):
            self.forget(topic)

    def _tell(self, message: PresenceDiff | PresenceState) -> None:
        connection = self._connection
        subscription = connection.subscriptions.get(message.topic)
        if (
            subscription is not None
            and subscription.stage is Stage.LIVE
            and connection.hearing.flow.state == "foreground"
            and connection.hearing.may_hear(subscription)
        ):
            connection.outlet.write(message.encode())


def view(connection: Connection, topic: str) -> None:
    """Let the connection follow who is present on a topic that it holds."""
    watch = connection.shared.watch
    if watch is None or connection.closed:
        return
    if connection.viewing is None:
        connection.viewing = Viewing(connection, watch)
    connection.viewing.begin(topic)


async def present(connection: Connection, frame: Frame) -> None:
    """Carry out a PRESENCE; what is answered is the state of the scope as it is after it.

    Raises:
        Refused: there is no presence here, or it is not well said.
        GroundswellError: there is no such topic, not for this client, what it says of itself may
            not be said, or presence is away.
    """
    shared, session = connection.shared, connection.session
    if shared.presence is None:
        raise Refused(Code.NOT_AVAILABLE, "This server has no presence.")
    topic = await shared.rights.admit(frame.topic, session.credentials, "presence")
    if connection.expired():
        raise Refused(Code.TOKEN_EXPIRED, "The token has expired.")
    if kind_of(topic).name != "presence.{scope}":
        raise Refused(Code.BAD_REQUEST, "Presence is told on topics presence.{scope}.")
    if frame.op in ("enter", "update"):
        status: Status = "invisible" if frame.incognito else _seen_as(connection)
        appearance, data = _appearance(connection, shared.presence), _checked(frame)
        if appearance.says(topic) != data:
            await _look_at(connection, data)
        if connection.closed:
            return
        await appearance.show(topic, status, data)
    elif frame.op == "leave":
        await _appearance(connection, shared.presence).hide(topic)
    connection.outlet.write((await _answer(shared.presence, topic, frame)).encode())


async def look_up_or_away(connection: Connection) -> None:
    """The client came to the foreground, or left it: others see it online, or away.

    Raises:
        Degraded: presence is away itself.
    """
    if connection.appearance is not None:
        await connection.appearance.turn(_seen_as(connection))


def _seen_as(connection: Connection) -> Status:
    return "away" if connection.hearing.flow.state == "background" else "online"


async def _answer(presence: Presence, topic: str, frame: Frame) -> PresenceState:
    if frame.op != "list":
        told = PresenceState(topic=topic, count=await presence.count(topic))
    else:
        page = await presence.members(topic, frame.cursor)
        told = state_message(topic, page, paged=frame.cursor is not None)
    told.ref = or_unset(frame.ref)
    return told


def _appearance(connection: Connection, presence: Presence) -> Appearance:
    if connection.appearance is None:
        user_id, client_id = connection.session.credentials.user_id, connection.session.client_id
        if user_id is None:
            raise Refused(Code.UNAUTHENTICATED, "Only users are present.")
        device = Device(user_id, client_id or connection.id)
        connection.appearance = Appearance(connection, presence, device)
    return connection.appearance


async def _look_at(connection: Connection, data: bytes) -> None:
    """What somebody says of themselves is of use now or never: nothing of it waits for a review."""
    try:
        text = texts_of(msgspec.json.decode(data))
    except (msgspec.DecodeError, RecursionError) as error:
        raise Refused(Code.BAD_REQUEST, "The data of presence cannot be read.") from error
    if text:
        author = connection.session.credentials.user_id
        await connection.shared.gate(
            Submission(kind="presence", text=text, author_id=author, when_held="refuse")
        )


def _checked(frame: Frame) -> bytes:
    data = bytes(frame.data)
    if len(data) > MAX_DATA:
        raise Refused(Code.TOO_LARGE, f"The data of presence has at most {MAX_DATA} bytes.")
    if data == b"null":
        return b"{}"
    if not data.startswith(b"{"):
        raise Refused(Code.BAD_REQUEST, "The data of presence is an object.")
    return data
