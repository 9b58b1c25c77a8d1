"""What counts as a view or a download, and why the rest does not."""

from __future__ import annotations

import pytest

from groundswell.importing.access_log import Request
from groundswell.importing.classify import classify, referrer_host, title_of
from groundswell.importing.entries import Ignored, Visit
from groundswell.importing.robots import Robots

BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:27.0) Gecko/20100101 Firefox/27.0"
ROBOTS = Robots()


def request(
    target: str = "/page",
    *,
    method: str = "GET",
    status: int = 200,
    agent: str | None = BROWSER,
    referrer: str | None = None,
) -> Request:
    return Request("192.0.2.7", 1_000_000, method, target, status, referrer, agent)


def outcome(one: Request, site: str | None = None) -> str:
    found = classify(one, is_robot=ROBOTS.is_robot, site=site)
    return found.reason if isinstance(found, Ignored) else found.kind


def external_id(target: str) -> str:
    found = classify(request(target), is_robot=ROBOTS.is_robot)
    assert isinstance(found, Visit)
    return found.media.external_id


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (request("/"), "view"),
        (request("/misc/sample.log"), "view"),
        (request("/a.html?utm_source=x"), "view"),
        (request("/a", status=206), "view"),
        (request("/talk.PDF"), "download"),
        (request("/x.tar.gz?mirror=2"), "download"),
        (request("/song.mp3", status=206), "download"),
        (request("/a", method="HEAD"), "method"),
        (request("/a", method="POST"), "method"),
        (request("", method=""), "method"),
        (request("/a", status=404), "status"),
        (request("/a", status=301), "status"),
        (request("/a", status=304), "status"),
        (request("/a", status=204), "status"),
        (request("/style.css"), "asset"),
        (request("/photo.JPG"), "asset"),
        (request("/robots.txt"), "internal"),
        (request("/.well-known/security.txt"), "internal"),
        (request("/?flav=rss20"), "feed"),
        (request("/blog/feed/"), "feed"),
        (request("/news.atom"), "feed"),
        (request("*"), "not a page"),
        (request("/" + "x" * 600), "not a page"),
        (request("/a", agent=""), "no user agent"),
        (request("/a", agent="Googlebot/2.1 (+http://www.google.com/bot.html)"), "bot"),
        (request("/a", agent="curl/8.1.2"), "bot"),
        (request("/a", agent=None), "view"),
    ],
)
def test_a_request_is_classified(one: Request, expected: str) -> None:
    assert outcome(one) == expected


def test_tracking_and_index_names_do_not_make_another_page() -> None:
    assert external_id("/a/index.html?utm_source=x#top") == external_id("/a/") == "/a/"


def test_an_absolute_target_is_known_by_its_path() -> None:
    assert external_id("http://example.org/a") == "/a"


def test_a_site_completes_addresses() -> None:
    found = classify(request("/a"), is_robot=ROBOTS.is_robot, site="https://example.org/")
    assert isinstance(found, Visit)
    assert found.media.url == "https://example.org/a"


@pytest.mark.parametrize(
    ("path", "title"),
    [
        ("/", "Home"),
        ("/blog/geekery/ssl-latency.html", "Ssl latency"),
        ("/projects/xdotool/", "Xdotool"),
        ("/blog/2013/05/", "Blog 2013 05"),
        ("/blog/tags/jquery%20mobile", "Jquery mobile"),
        ("/a/%00%ff", "A"),
    ],
)
def test_a_page_gets_a_readable_title(path: str, title: str) -> None:
    assert title_of(path, "view") == title


def test_a_download_keeps_its_file_name() -> None:
    assert title_of("/files/tool-1.3.jar", "download") == "tool-1.3.jar"


@pytest.mark.parametrize(
    ("referrer", "host"),
    [
        (None, None),
        ("", None),
        ("https://www.Example.org:8080/search?q=private", "www.example.org"),
        ("not an address", None),
        ("http://[broken", None),
    ],
)
def test_only_the_host_of_a_referrer_is_kept(referrer: str | None, host: str | None) -> None:
    assert referrer_host(referrer) == host
