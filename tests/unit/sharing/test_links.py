"""Links lead where the operator agreed to, and nowhere else."""

from __future__ import annotations

import pytest

from groundswell.contract.errors import Invalid
from groundswell.domains.sharing.links import Links, origin_of, parse_targets
from groundswell.domains.sharing.pages import preview_page

LINKS = Links("https://gs.example", frozenset({"https://app.example"}))

NOWHERE = [
    "javascript:alert(1)",
    "JavaScript:alert(1)",
    "java\tscript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "//evil.example/x",
    "/relative",
    "https:///evil.example",
    "https://app.example@evil.example/",
    "https://app.example\\@evil.example/",
    "https://evil.example\\.app.example/",
    "https://app.example:x/",
    "https://app.example:99999/",
    "https://app.example/\nlocation: https://evil.example",
    "https://app.example /",
    "ftp://app.example/",
    "https://" + "a" * 3000,
    7,
]
ELSEWHERE = [
    "https://evil.example/",
    "http://app.example/",
    "https://app.example:8443/",
    "https://app.example.evil.example/",
    "https://sub.app.example/",
]


@pytest.mark.parametrize("url", [*NOWHERE, *ELSEWHERE])
def test_a_share_leads_nowhere_else(url: object) -> None:
    with pytest.raises(Invalid) as refused:
        LINKS.check({"url": url})
    assert [error.field for error in refused.value.errors] == ["metadata.url"]
    assert LINKS.preview("project", "p", {"url": url}).target is None


@pytest.mark.parametrize(
    "url",
    ["https://app.example", "https://APP.example:443/x?y=1#z", "https://gs.example/media/7"],
)
def test_a_share_leads_to_what_is_set_and_to_this_service(url: str) -> None:
    LINKS.check({"url": url})
    assert LINKS.preview("project", "p", {"url": url}).target == url


def test_a_media_file_has_a_page_of_its_own_here() -> None:
    assert LINKS.preview("media", "7", {}).target == "https://gs.example/media/7"
    assert LINKS.preview("media", "../x", {}).target is None
    assert LINKS.preview("project", "7", {}).target is None


@pytest.mark.parametrize("url", NOWHERE)
def test_an_image_is_on_the_web(url: object) -> None:
    with pytest.raises(Invalid):
        LINKS.check({"image": url})


def test_all_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(Invalid) as refused:
        LINKS.check({"title": "x" * 301, "description": 5, "url": "x", "image": "x", "more": 1})
    assert [error.field for error in refused.value.errors] == [
        "metadata.title",
        "metadata.description",
        "metadata.url",
        "metadata.image",
    ]


@pytest.mark.parametrize("text", ["app.example", "https://app.example/path", "javascript:", "*"])
def test_a_target_is_an_origin(text: str) -> None:
    with pytest.raises(ValueError, match="link targets"):
        parse_targets(text)


def test_targets_are_separated_by_commas() -> None:
    assert parse_targets(" https://a.example , http://[::1]:8080/,") == {
        "https://a.example",
        "http://[::1]:8080",
    }
    assert origin_of("http://[::1]:80/x") == "http://[::1]"


def test_a_preview_shows_markup_as_text() -> None:
    nasty = '"><script>alert(1)</script>'
    preview = LINKS.preview("media", "7", {"title": nasty, "description": nasty})
    page = preview_page(preview, LINKS.url("share-1"))
    assert "<script" not in page
    assert '<meta property="og:title" content="&#34;&gt;&lt;script&gt;' in page
    assert '<meta property="og:url" content="https://gs.example/s/share-1">' in page
