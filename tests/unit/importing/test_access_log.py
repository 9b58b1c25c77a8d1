"""Lines of web server logs, well formed and not."""

from __future__ import annotations

import time

import pytest

from groundswell.contract.times import from_rfc3339
from groundswell.importing.access_log import Request, UnreadableLine, parse_line

COMMON = '192.0.2.7 - - [17/May/2015:10:05:03 +0000] "GET /a HTTP/1.1" 200 512'
COMBINED = COMMON + ' "http://example.org/from" "Mozilla/5.0"'


def parsed(text: str, *, combined: bool = True) -> Request:
    return parse_line(text.encode(), combined=combined)


def reason(line: bytes, *, combined: bool = True) -> str:
    with pytest.raises(UnreadableLine) as caught:
        parse_line(line, combined=combined)
    return str(caught.value)


def test_a_combined_line_is_understood() -> None:
    assert parsed(COMBINED) == Request(
        address="192.0.2.7",
        at=from_rfc3339("2015-05-17T10:05:03Z"),
        method="GET",
        target="/a",
        status=200,
        referrer="http://example.org/from",
        agent="Mozilla/5.0",
    )


def test_a_common_line_tells_no_agent_and_no_referrer() -> None:
    request = parsed(COMMON, combined=False)
    assert (request.agent, request.referrer, request.target) == (None, None, "/a")


def test_a_combined_line_read_as_common_tells_no_agent() -> None:
    assert parsed(COMBINED, combined=False).agent is None


def test_a_common_line_is_not_combined() -> None:
    assert "missing or cut off" in reason(COMMON.encode())


def test_the_zone_of_the_time_is_heeded() -> None:
    line = COMBINED.replace("10:05:03 +0000", "10:05:03 -0730")
    assert parsed(line).at == from_rfc3339("2015-05-17T17:35:03Z")


def test_ipv6_addresses_are_known_by_their_prefix() -> None:
    line = COMBINED.replace("192.0.2.7", "2001:db8:1:2:3:4:5:6")
    assert parsed(line).address == "2001:db8:1:2::/64"


def test_quotes_and_backslashes_inside_fields_are_unescaped() -> None:
    line = COMMON + r' "-" "a \"quoted\" \\ agent"'
    assert parsed(line).agent == 'a "quoted" \\ agent'


def test_escaped_bytes_are_read_as_utf8() -> None:
    line = COMMON + r' "http://example.org/caf\xc3\xa9" "x"'
    assert parsed(line).referrer == "http://example.org/café"


def test_a_user_name_with_spaces_is_skipped() -> None:
    assert parsed(COMBINED.replace("- - [", "- jane doe [")).target == "/a"


def test_a_dash_means_that_nothing_was_sent() -> None:
    request = parsed(COMMON + ' "-" "-"')
    assert (request.referrer, request.agent) == (None, "")


def test_further_fields_are_allowed() -> None:
    assert parsed(COMBINED + ' "203.0.113.9" 0.004').agent == "Mozilla/5.0"


def test_a_size_may_be_unknown() -> None:
    assert parsed(COMBINED.replace(" 512", " -")).status == 200


@pytest.mark.parametrize("request_line", ["-", r"\x16\x03\x01\x02", "GET", ""])
def test_what_is_no_http_request_has_no_method(request_line: str) -> None:
    assert parsed(COMBINED.replace("GET /a HTTP/1.1", request_line)).method == ""


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"", "empty line"),
        (b"   ", "empty line"),
        (b"\xff\xfe garbage", "not valid UTF-8"),
        (b"\x00\x00\x00", "not a line of this format"),
        (b"hello", "not a line of this format"),
        (COMBINED.encode()[:-1], "missing or cut off"),
        (COMBINED.encode()[:80], "missing or cut off"),
        (COMBINED.encode()[:40], "not a line of this format"),
        (COMBINED.replace("17/May", "32/May").encode(), "the time is not a time"),
        (COMBINED.replace("192.0.2.7", "host.example").encode(), "the client is not an IP address"),
        (COMBINED.replace("192.0.2.7", "192.0.2.777").encode(), "the client is not an IP address"),
    ],
)
def test_a_bad_line_has_a_reason(line: bytes, expected: str) -> None:
    assert expected in reason(line)


def test_a_reason_repeats_nothing_of_the_line() -> None:
    assert "192.0.2" not in reason(COMBINED.replace("192.0.2.7", "192.0.2.777").encode())


@pytest.mark.alone
@pytest.mark.parametrize(
    "line",
    [
        b"a b " + b"[" * 60_000,
        b'1.2.3.4 - - [17/May/2015:10:05:03 +0000] "' + b"\\" * 60_000,
        b'1.2.3.4 - - [17/May/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 1 "' + b'\\"' * 30_000,
    ],
)
def test_no_line_takes_long(line: bytes) -> None:
    started = time.perf_counter()
    reason(line)
    assert time.perf_counter() - started < 0.2
