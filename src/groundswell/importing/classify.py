"""What a logged request means: a page view, a download, or nothing to count, and why."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import parse_qsl, unquote, urlsplit

from groundswell.importing.access_log import Request
from groundswell.importing.entries import Ignored, IgnoredReason, Kind, Media, Visit
from groundswell.importing.extensions import (
    ASSETS,
    DOWNLOADS,
    FEED_KEYS,
    FEED_NAMES,
    FEEDS,
    PAGE_ENDINGS,
)

_INTERNAL = re.compile(r"/(?:robots|ads|humans)\.txt|/\.well-known/.*|/apple-touch-icon.*")
_EXTENSION = re.compile(r"\.([A-Za-z0-9]{1,12})$")
_INDEX = re.compile(r"/(?:index|default)\.(?:html?|php|xhtml|shtml|aspx?)$")
_UNSHOWABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ufffd]+")

LONGEST_PATH = 500
LONGEST_TITLE = 255


def classify(
    request: Request, *, is_robot: Callable[[str], bool], site: str | None = None
) -> Visit | Ignored:
    """The meaning of a request. ``site`` (``https://host``) makes addresses of files complete.

    The first rule that ignores a request names the reason.
    """
    path, query = _split(request.target)
    extension = _extension(path)
    reason = _unsuccessful(request) or _not_content(path, query, extension)
    reason = reason or _not_a_person(request.agent, is_robot)
    if reason:
        return Ignored(reason)
    kind: Kind = "download" if extension in DOWNLOADS else "view"
    media = Media(
        external_id=path, title=title_of(path, kind), url=site.rstrip("/") + path if site else None
    )
    return Visit(kind, media, request.at, request.address, referrer_host(request.referrer))


def _unsuccessful(request: Request) -> IgnoredReason | None:
    """HEAD fetches nothing, POST is not a visit; only 200 and 206 say that content was sent."""
    if request.method != "GET":
        return "method"
    return None if request.status in (200, 206) else "status"


def _not_content(path: str, query: str, extension: str) -> IgnoredReason | None:
    if not path or len(path) > LONGEST_PATH:
        return "not a page"
    if _INTERNAL.fullmatch(path):
        return "internal"
    if extension in ASSETS:
        return "asset"
    return "feed" if _is_feed(path, query, extension) else None


def _is_feed(path: str, query: str, extension: str) -> bool:
    """A feed reader polls; that is not a person reading."""
    if extension in FEEDS or path.rstrip("/").rpartition("/")[2].lower() in FEED_NAMES:
        return True
    return any(
        key.lower() in FEED_KEYS and value.lower() in FEED_NAMES
        for key, value in parse_qsl(query, max_num_fields=None)
    )


def _not_a_person(agent: str | None, is_robot: Callable[[str], bool]) -> IgnoredReason | None:
    """``None``: the format does not log agents, so nothing can be told."""
    if agent is None:
        return None
    if not agent.strip():
        return "no user agent"
    return "bot" if is_robot(agent) else None


def _split(target: str) -> tuple[str, str]:
    """Path and query; tracking parameters do not make another page, nor does ``index.html``."""
    without_fragment = target.partition("#")[0]
    path, _, query = without_fragment.partition("?")
    if "://" in path:
        path = "/" + path.partition("://")[2].partition("/")[2]
    if not path.startswith("/") or _UNSHOWABLE.search(path):
        return "", query
    return _INDEX.sub("/", path), query


def _extension(path: str) -> str:
    match = _EXTENSION.search(path.rpartition("/")[2])
    return match[1].lower() if match else ""


def title_of(path: str, kind: Kind) -> str:
    """A readable title made from a path: a download keeps its file name, a page its words."""
    segments = [segment for segment in _shown(path).split("/") if segment]
    if not segments:
        return "Home"
    if kind == "download":
        return segments[-1][:LONGEST_TITLE]
    segments[-1] = _without_page_ending(segments[-1])
    words = re.sub(r"[-_+\s]+", " ", " ".join(_telling(segments))).strip()
    return (words[:1].upper() + words[1:])[:LONGEST_TITLE] or "Home"


def _shown(path: str) -> str:
    return _UNSHOWABLE.sub(" ", unquote(path, errors="replace"))


def _without_page_ending(segment: str) -> str:
    stem, dot, ending = segment.rpartition(".")
    return stem if dot and stem and ending.lower() in PAGE_ENDINGS else segment


def _telling(segments: list[str]) -> list[str]:
    """The last segment that says something in letters, with the numbers after it."""
    start = len(segments) - 1
    while start > 0 and not any(character.isalpha() for character in segments[start]):
        start -= 1
    return segments[start:]


def referrer_host(referrer: str | None) -> str | None:
    """The host a visitor came from; the rest of the referrer is not kept."""
    if not referrer:
        return None
    try:
        host = urlsplit(referrer).hostname
    except ValueError:
        return None
    if not host or len(host) > 253 or _UNSHOWABLE.search(host):
        return None
    return host
