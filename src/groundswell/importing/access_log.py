"""Lines of web server logs in the common and the combined format of Apache and nginx."""

from __future__ import annotations

import re
from datetime import datetime

import msgspec

from groundswell.access.addresses import InvalidAddress, canonical
from groundswell.contract.times import from_datetime

TIME_FORMAT = "%d/%b/%Y:%H:%M:%S %z"

_QUOTED = r'"((?:[^"\\]|\\.)*+)"'
# Possessive and bounded, so that no line, however made, costs more than one pass.
_LINE = re.compile(
    r"(\S++) \S++ .{0,256}?\[([^\]]{1,40}+)\] " + _QUOTED + r" (\d{3}) (?:\d++|-)"
    r"(?: " + _QUOTED + " " + _QUOTED + ")?(.*+)",
    re.DOTALL,
)
_REQUEST = re.compile(r"([A-Z]{3,16}) (\S++)(?: HTTP/\d(?:\.\d)?)?")
_ESCAPE = re.compile(r"\\(?:x([0-9A-Fa-f]{2})|(.))", re.DOTALL)
_LETTERS = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "v": "\v", "f": "\f"}


class UnreadableLine(Exception):
    """The line is not of this format; the message says why, without repeating the line."""


class Request(msgspec.Struct, frozen=True):
    """One logged request by a canonical address.

    ``method`` and ``target`` are empty when what the client sent was no HTTP request.
    """

    address: str
    at: int
    method: str
    target: str
    status: int
    referrer: str | None
    agent: str | None
    """None in the common format, which does not log it; empty when the client sent none."""


def parse_line(line: bytes, *, combined: bool) -> Request:
    """Understand one line.

    Raises:
        UnreadableLine: it is not a line of this format.
    """
    match = _LINE.fullmatch(_text(line))
    if match is None:
        raise UnreadableLine("not a line of this format")
    address, time, request, status, referrer, agent, rest = match.groups()
    _check_tail(referrer, rest, combined=combined)
    method, target = _request(_unescape(request))
    return Request(
        address=_address(address),
        at=_instant(time),
        method=method,
        target=target,
        status=int(status),
        referrer=_field(referrer) if combined else None,
        agent=(_field(agent) or "") if combined else None,
    )


def _text(line: bytes) -> str:
    try:
        text = line.decode()
    except UnicodeDecodeError:
        raise UnreadableLine("not valid UTF-8") from None
    if not text.strip():
        raise UnreadableLine("empty line")
    return text


def _check_tail(referrer: str | None, rest: str, *, combined: bool) -> None:
    """Fields some servers add after the known ones are allowed; half a field is not."""
    if combined and referrer is None:
        raise UnreadableLine("referrer or user agent is missing or cut off")
    if rest and not rest.startswith(" "):
        raise UnreadableLine("not a line of this format")


def _address(text: str) -> str:
    try:
        return canonical(text)
    except InvalidAddress:
        raise UnreadableLine("the client is not an IP address") from None


def _instant(text: str) -> int:
    try:
        return from_datetime(datetime.strptime(text, TIME_FORMAT))  # noqa: DTZ007 - it has %z
    except (ValueError, OverflowError):
        raise UnreadableLine("the time is not a time") from None


def _request(text: str) -> tuple[str, str]:
    match = _REQUEST.fullmatch(text)
    return (match[1], match[2]) if match else ("", "")


def _field(raw: str | None) -> str | None:
    """A quoted field; servers write ``-`` for what the client did not send."""
    return None if raw is None or raw == "-" else _unescape(raw)


def _unescape(raw: str) -> str:
    """Undo the server's escapes: ``\\"``, ``\\\\``, ``\\n`` and, byte by byte, ``\\xhh``."""
    if "\\" not in raw:
        return raw
    text = _ESCAPE.sub(lambda m: chr(int(m[1], 16)) if m[1] else _LETTERS.get(m[2], m[2]), raw)
    try:
        return text.encode("latin-1").decode()
    except UnicodeError:
        return text
