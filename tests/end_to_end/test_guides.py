"""What the README and the guides show works as they say, one after another, on one service."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end_to_end.examples import Answer, Example, examples, run, unlike
from tests.end_to_end.service import Service

ROOT = Path(__file__).parents[2]
PAGES = [
    page
    for page in [ROOT / "README.md", *sorted((ROOT / "docs").glob("**/*.md"))]
    if examples(page)
]
SETTINGS = {
    "GROUNDSWELL_API_KEY": "gsk_try",
    "GROUNDSWELL_TRUSTED_PROXIES": "127.0.0.1",
    "GROUNDSWELL_LINK_TARGETS": "https://app.example",
    "GROUNDSWELL_WEBHOOK_SECRETS": "acme=whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
}
"""What the pages tell their readers to start the service with."""


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service that nobody used yet, as the pages presume, for all of them in turn."""
    directory = tmp_path_factory.mktemp("guides")
    database_url = f"sqlite:///{directory / 'groundswell.db'}"
    service = Service(database_url, log=directory / "log", **SETTINGS)
    try:
        service.start()
        yield service
    finally:
        service.kill()


@pytest.mark.parametrize("name", sorted(SETTINGS))
def test_the_service_is_started_as_the_pages_say(name: str) -> None:
    assert any(f"{name}={SETTINGS[name]}" in page.read_text() for page in PAGES)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_example_of_a_page_works(page: Path, fresh: Service, tmp_path: Path) -> None:
    shown = examples(page)
    answers = run(shown, url=fresh.url, key=SETTINGS["GROUNDSWELL_API_KEY"], directory=tmp_path)
    wrong = [each for one in shown for each in _wrong(one, answers)]
    assert not wrong, "\n".join(wrong)


def _wrong(example: Example, answers: list[Answer]) -> list[str]:
    """What of an example is not as its page says."""
    mine = [one for one in answers if one.line == example.line]
    refused = [one for one in mine if not one.taken]
    wrong = []
    if Counter(one.status for one in refused) != example.failures:
        wrong = [f"line {one.line}: {one.status} {one.command}\n  {one.body}" for one in refused]
        wrong = wrong or [f"line {example.line}: nothing was refused with {example.failures}"]
    if example.shown is not None and not wrong:
        got = unlike(example.shown, json.loads(mine[-1].body))
        wrong = [f"line {example.line}: {each}" for each in got]
    return wrong
