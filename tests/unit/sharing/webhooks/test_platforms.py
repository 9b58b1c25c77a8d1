"""The setting that says who may send webhooks."""

from __future__ import annotations

import pytest

from groundswell.domains.sharing.webhooks.activitypub import ActivityPub
from groundswell.domains.sharing.webhooks.github import GitHubWebhooks
from groundswell.domains.sharing.webhooks.meta import MetaWebhooks
from groundswell.domains.sharing.webhooks.platforms import (
    Platform,
    adapters,
    check_secrets,
    parse_secrets,
)
from groundswell.domains.sharing.webhooks.standard import StandardWebhooks
from tests.unit.sharing.webhooks.deliveries import SURROUNDINGS

SECRET = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="


def test_a_platform_is_understood_by_its_name_or_as_is_said() -> None:
    text = (
        f"github=g, facebook:meta=m;t,acme={SECRET},acme={SECRET},"
        "mastodon:activitypub=https://m.example"
    )
    platforms = parse_secrets(text)
    assert platforms["acme"] == Platform("standard", (SECRET, SECRET))
    made = adapters(platforms, SURROUNDINGS)
    assert {name: type(adapter) for name, adapter in made.items()} == {
        "github": GitHubWebhooks,
        "facebook": MetaWebhooks,
        "acme": StandardWebhooks,
        "mastodon": ActivityPub,
    }
    assert parse_secrets("") == {}


@pytest.mark.parametrize(
    "text",
    ["github", "github=", "=x", "Git Hub=x", "acme:nonsense=x", "x:meta=1,x:github=2"],
)
def test_an_entry_that_cannot_be_read_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(ValueError, match="webhook secrets"):
        check_secrets(text)


@pytest.mark.parametrize(
    "text", ["acme=whsec_é", "activitypub=m.example", "acme=whsec_", "acme=c2hvcnQ="]
)
def test_a_secret_must_be_one_of_its_scheme(text: str) -> None:
    with pytest.raises(ValueError, match="cannot be used") as refused:
        check_secrets(text)
    assert text.partition("=")[2] not in str(refused.value)
