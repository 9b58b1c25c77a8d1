"""Between the messages of the gateway and the events of Socket.IO; pure functions.

``{"type":"CAUGHT_UP",…}`` is the event ``caught_up`` with the message as its one argument, and
``emit("subscribe", {…})`` is the message ``{"type":"SUBSCRIBE",…}``.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, Final

import msgspec

from groundswell.realtime.messages import Envelope

ANSWERED: Final = frozenset(
    ("HELLO", "SUBSCRIBE", "HISTORY", "PRESENCE", "PUBLISH", "REFRESH", "PING")
)
"""Messages of a client that get one answer with their ``ref``."""

_NAME: Final = re.compile(r"[A-Za-z_]{1,32}")
_TYPE: Final = re.compile(rb'\{"type":"([A-Z_]+)"')
_encode = msgspec.json.Encoder().encode


class _Answer(msgspec.Struct):
    type: str = ""
    ref: str | None = None


_answer = msgspec.json.Decoder(_Answer)
_object = msgspec.json.Decoder(dict[str, msgspec.Raw])


class NotACommand(ValueError):
    """The arguments of an event are not those of a command."""


class Command(msgspec.Struct, frozen=True):
    """What an event of a client stands for; ``body`` is without ``type``."""

    type: str
    body: dict[str, Any]

    @property
    def ref(self) -> str | None:
        """What the client calls it."""
        ref = self.body.get("ref")
        return ref if isinstance(ref, str) else None

    def encode(self, ref: str | None = None) -> bytes:
        """The message; ``ref`` takes the place of the client's. Binary parts become base64 text.

        Raises:
            NotACommand: the body has something that no message can say.
        """
        own = {} if ref is None else {"ref": ref}
        try:
            return _encode({**self.body, "type": self.type, **own})
        except RecursionError:
            raise NotACommand("The body cannot be a message.") from None


def command_of(arguments: list[Any]) -> Command:
    """What the event ``[name, body]`` stands for.

    Raises:
        NotACommand: the name is none, or the body is not one object.
    """
    name, *rest = arguments
    if not isinstance(name, str) or _NAME.fullmatch(name) is None:
        raise NotACommand("The event has no name that a command could have.")
    body = rest[0] if rest else {}
    if len(rest) > 1 or not isinstance(body, dict):
        raise NotACommand("A command takes one object.")
    return Command(name.upper(), body)


def hello(auth: dict[str, Any]) -> bytes:
    """The HELLO that ``auth`` stands for; fields it does not name stay away.

    Raises:
        NotACommand: it cannot be told.
    """
    return Command("HELLO", {"protocol": 1, **auth}).encode()


def type_of(message: bytes) -> str:
    """The type of a message from the gateway."""
    found = _TYPE.match(message)
    return found[1].decode() if found else _answer.decode(message).type


def ref_of(message: bytes) -> str | None:
    """Which request a message from the gateway answers."""
    return _answer.decode(message).ref


def with_ref(message: bytes, ref: str | None) -> bytes:
    """``message`` with the ``ref`` that its client chose, or without one."""
    fields = _object.decode(message)
    fields.pop("ref", None)
    return _encode(fields if ref is None else {**fields, "ref": ref})


def event_of(message: bytes) -> bytes:
    """The packet that tells a message of the gateway."""
    return _opening(type_of(message)) + message + b"]"


def event_packet(envelope: Envelope) -> bytes:
    """The packet that tells an EVENT: the same bytes for every receiver."""
    return b'42["event",%b]' % envelope.event


def ack_packet(number: int, message: bytes | None) -> bytes:
    """The answer to the client's event of this number; empty where there is nothing to say."""
    return b"43%d[%b]" % (number, message or b"")


@lru_cache(maxsize=64)
def _opening(kind: str) -> bytes:
    return b'42["%b",' % kind.lower().encode()
