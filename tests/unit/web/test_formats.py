"""Numbers, times and addresses as people read them."""

from __future__ import annotations

import pytest

from groundswell.contract.times import DAY, HOUR, MINUTE, SECOND, to_rfc3339
from groundswell.web import formats
from tests.unit.web.fakes import NOW


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"),
        (9_999, "9,999"),
        (10_000, "10.0k"),
        (12_399, "12.3k"),
        (999_999, "999.9k"),
        (1_000_000, "1.0M"),
        (-12_399, "-12.3k"),
    ],
)
def test_a_large_number_is_cut_to_four_figures_and_never_rounded_up(number: int, text: str) -> None:
    assert formats.compact(number) == text


def test_a_balance_carries_its_sign_and_zero_carries_none() -> None:
    assert [formats.signed(n) for n in (7, 0, -7)] == ["+7", "0", "\N{MINUS SIGN}7"]


@pytest.mark.parametrize(
    ("age", "text"),
    [
        (-HOUR, "now"),
        (5 * SECOND - 1, "now"),
        (5 * SECOND, "5 s ago"),
        (MINUTE - 1, "59 s ago"),
        (MINUTE, "1 min ago"),
        (HOUR, "1 h ago"),
        (DAY - 1, "23 h ago"),
        (3 * DAY, "3 d ago"),
    ],
)
def test_an_age_is_told_in_its_largest_whole_unit(age: int, text: str) -> None:
    assert formats.ago(to_rfc3339(NOW), NOW + age) == text


def test_a_length_has_hours_only_if_it_has_them() -> None:
    assert [formats.length(s) for s in (9, 225, 3729)] == ["0:09", "3:45", "1:02:09"]


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        (None, None),
        ("https://host.example/a/song.mp3", "audio"),
        ("https://host.example/song.ogg?x=1", "audio"),
        ("https://host.example/live", "audio"),
        ("https://host.example/blog/post.html", "link"),
        ("https://host.example/blog/", "link"),
        ("https://host.example/cover.png", "link"),
        ("javascript:alert(1)", None),
        ("data:text/html,<b>", None),
        ("/relative.mp3", None),
    ],
)
def test_only_web_addresses_are_offered_and_only_sound_is_played(
    url: str | None, kind: str | None
) -> None:
    assert formats.media_kind(url) == kind


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (None, "\N{EN DASH}"),
        (0.0008, "0.8 ms"),
        (0.0421, "42 ms"),
        (0.0999, "100 ms"),
        (0.25, "250 ms"),
        (1.237, "1.24 s"),
        (60, "60 s"),
        (180, "3 min"),
        (7_300, "2 h"),
    ],
)
def test_a_duration_has_two_or_three_figures(seconds: float | None, said: str) -> None:
    assert formats.duration(seconds) == said


@pytest.mark.parametrize(
    ("number", "said"), [(0, "0"), (0.42, "0.4"), (9.96, "10"), (250.4, "250"), (12_345, "12.3k")]
)
def test_a_rate_has_a_decimal_where_it_matters(number: float, said: str) -> None:
    assert formats.rate(number) == said


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [
        (None, "share", "\N{EN DASH}"),
        (0.0512, "share", "5.12 %"),
        (2.0, "seconds", "2 s"),
        (1_001.0, "count", "1,001"),
        (1.0, "flag", "yes"),
    ],
)
def test_what_an_alert_compares_is_said_in_its_unit(
    value: float | None, unit: str, said: str
) -> None:
    assert formats.measure(value, unit) == said


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("none", "nothing to resume"),
        ("websocket_4101", "WebSocket 4101"),
        ("sse_left", "event stream left"),
        ("slow_reader", "slow reader"),
    ],
)
def test_a_label_of_a_figure_is_said_in_words(name: str, said: str) -> None:
    assert formats.outcome(name) == said
