"""Real webhooks of GitHub, as their package of examples has them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from groundswell.contract.events.sharing import Engager
from groundswell.contract.times import now
from groundswell.domains.sharing.commands import Engagement
from groundswell.domains.sharing.webhooks import hub_signature
from groundswell.domains.sharing.webhooks.adapter import Delivery, Surroundings, WebhookForged
from groundswell.domains.sharing.webhooks.github import GitHubWebhooks, make
from groundswell.domains.sharing.webhooks.mentions import Mentions

EXAMPLES = Path(__file__).parents[2] / "js/node_modules/@octokit/webhooks-examples/api.github.com"
SECRET = "It's a Secret to Everybody"
SHARE = "share-" + "a" * 32
REPOSITORY = "post:https://github.com/Codertocat/Hello-World"
WHO = Engager(id="21031067", name="Codertocat", url="https://github.com/Codertocat")


async def nothing(_: str) -> Any:
    raise OSError


ADAPTER: GitHubWebhooks = make([SECRET], Surroundings(now, Mentions("https://gs.example"), nothing))


@pytest.fixture(scope="module")
def examples() -> dict[str, list[dict[str, Any]]]:
    if not EXAMPLES.is_dir():
        pytest.fail("The npm packages are not installed: make test.", pytrace=False)
    listed = msgspec.json.decode((EXAMPLES / "index.json").read_bytes())
    return {one["name"]: one["examples"] for one in listed}


def delivery(body: object, secret: str = SECRET) -> Delivery:
    raw = msgspec.json.encode(body)
    signed = {"x-hub-signature-256": hub_signature.signature(secret, raw)}
    return Delivery(method="POST", target="/v1/webhooks/github", headers=signed, body=raw)


def read(body: object) -> list[Engagement]:
    return ADAPTER.read(delivery(body), now())


async def test_the_signature_is_that_of_githubs_documentation() -> None:
    """The vector under "Validating webhook deliveries"."""
    expected = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    assert hub_signature.signature(SECRET, b"Hello, World!") == expected


async def test_every_kind_of_webhook_is_verified_and_read(
    examples: dict[str, list[dict[str, Any]]],
) -> None:
    counted = set()
    for kind, bodies in examples.items():
        for body in bodies:
            sent = delivery(body)
            await ADAPTER.verify(sent)
            changed = msgspec.structs.replace(sent, body=sent.body + b" ")
            for forged in (changed, delivery(body, "another")):
                with pytest.raises(WebhookForged):
                    await ADAPTER.verify(forged)
            if ADAPTER.read(sent, now()):
                counted.add(kind)
    assert counted == {
        *("star", "fork", "issue_comment", "commit_comment", "discussion_comment"),
        "pull_request_review_comment",
    }


def test_a_star(examples: dict[str, list[dict[str, Any]]]) -> None:
    first, _, removed = examples["star"]
    (told,) = read(first)
    assert told == Engagement(
        reference=REPOSITORY,
        platform_event_id=f"star:{first['repository']['id']}:21031067:2019-05-15T15:20:40Z",
        engagement_type="like",
        engager=WHO,
        at=1_557_933_640_000_000,
    )
    assert read(removed) == []


def test_a_comment_on_an_issue_whose_description_has_a_tracked_link(
    examples: dict[str, list[dict[str, Any]]],
) -> None:
    body = msgspec.json.decode(msgspec.json.encode(examples["issue_comment"][0]))
    body["issue"]["body"] = f"See https://gs.example/s/{SHARE}."
    page, share = read(body)
    assert page.reference == f"{REPOSITORY}/issues/1"
    assert share.reference == SHARE
    assert share.platform_event_id == page.platform_event_id
    assert (share.engagement_type, share.engager) == ("comment", WHO)


def test_a_comment_that_is_edited_or_deleted_is_not_another_one(
    examples: dict[str, list[dict[str, Any]]],
) -> None:
    told = [read(body) for body in examples["issue_comment"] if body["action"] != "created"]
    assert told == [[], [], [], []]


def test_the_same_event_has_the_same_id_whatever_header_comes_along(
    examples: dict[str, list[dict[str, Any]]],
) -> None:
    """Headers are not signed: a copy under another delivery id must not count again."""
    sent = delivery(examples["star"][0])
    copy = {**sent.headers, "x-github-delivery": "other", "x-github-event": "fork"}
    again = msgspec.structs.replace(sent, headers=copy)
    assert ADAPTER.read(again, 5) == ADAPTER.read(sent, 5)


def test_a_commit_and_a_pull_request_have_pages(
    examples: dict[str, list[dict[str, Any]]],
) -> None:
    (commit,) = read(examples["commit_comment"][0])
    assert commit.reference.startswith(f"{REPOSITORY}/commit/6113728f27ae")
    assert read(examples["pull_request_review_comment"][0])[0].reference == f"{REPOSITORY}/pull/2"
