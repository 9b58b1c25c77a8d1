"""Activities: who signed what, when, and with a key of whom."""

from __future__ import annotations

import base64
from email.utils import formatdate
from hashlib import sha256
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15

from groundswell.contract.errors import Invalid
from groundswell.contract.events.sharing import Engager
from groundswell.contract.times import HOUR, MINUTE, now
from groundswell.domains.sharing.webhooks import http_signatures
from groundswell.domains.sharing.webhooks.activitypub import ActivityPub, make
from groundswell.domains.sharing.webhooks.adapter import (
    Delivery,
    Surroundings,
    WebhookForged,
    WebhookStale,
)
from groundswell.domains.sharing.webhooks.mentions import Mentions
from tests.unit.sharing.webhooks.deliveries import LINK, NOW, SHARE, seconds
from tests.unit.sharing.webhooks.deliveries import delivery as delivered

ACTOR = "https://m.example/users/bob"
KEY_ID = f"{ACTOR}#main-key"
TARGET = "/v1/webhooks/mastodon"
COVERED = ("(request-target)", "host", "date", "digest")
RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
ED = ed25519.Ed25519PrivateKey.generate()
SigningKey = rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey


def pem(key: SigningKey) -> str:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_key().public_bytes(serialization.Encoding.PEM, form).decode()


class Fediverse:
    """What the servers answer, and how often they were asked."""

    def __init__(self, key: SigningKey = RSA) -> None:
        self.documents: dict[str, Any] = {ACTOR: self.actor(key)}
        self.asked: list[str] = []
        self.now = now()

    @staticmethod
    def actor(key: SigningKey, owner: str = ACTOR) -> dict[str, Any]:
        return {
            "id": ACTOR,
            "publicKey": {"id": KEY_ID, "owner": owner, "publicKeyPem": pem(key)},
        }

    async def fetch(self, url: str) -> Any:
        self.asked.append(url)
        if url not in self.documents:
            raise OSError("gone")
        return self.documents[url]

    def adapter(self) -> ActivityPub:
        mentions = Mentions("https://gs.example")
        return make(["https://m.example"], Surroundings(lambda: self.now, mentions, self.fetch))


def like(**more: Any) -> dict[str, Any]:
    return {
        "id": f"{ACTOR}#likes/1",
        "type": "Like",
        "actor": ACTOR,
        "object": "https://m.example/users/mia/statuses/1",
        **more,
    }


def signed(
    activity: object,
    key: SigningKey = RSA,
    *,
    covered: tuple[str, ...] = COVERED,
    key_id: str = KEY_ID,
    algorithm: str = "rsa-sha256",
    age: int = 0,
) -> Delivery:
    body = msgspec.json.encode(activity)
    headers = {
        "host": "gs.example",
        "date": formatdate(seconds() - age, usegmt=True),
        "digest": f"SHA-256={base64.b64encode(sha256(body).digest()).decode()}",
    }
    text = http_signatures.signed_text("POST", TARGET, headers, covered)
    if isinstance(key, rsa.RSAPrivateKey):
        made = key.sign(text, PKCS1v15(), hashes.SHA256())
    else:
        made = key.sign(text)
    headers["signature"] = (
        f'keyId="{key_id}",algorithm="{algorithm}",headers="{" ".join(covered)}",'
        f'signature="{base64.b64encode(made).decode()}"'
    )
    return msgspec.structs.replace(delivered(body, TARGET), headers=headers)


async def test_the_actor_signs_with_its_key_which_is_asked_for_once() -> None:
    fediverse = Fediverse()
    adapter = fediverse.adapter()
    for _ in range(3):
        await adapter.verify(signed(like()))
    assert fediverse.asked == [ACTOR]


async def test_keys_may_be_of_edwards_curves() -> None:
    await Fediverse(ED).adapter().verify(signed(like(), ED, algorithm="hs2019"))


@pytest.mark.parametrize("missing", COVERED)
async def test_all_that_matters_must_be_signed(missing: str) -> None:
    covered = tuple(name for name in COVERED if name != missing)
    with pytest.raises(WebhookForged):
        await Fediverse().adapter().verify(signed(like(), covered=covered))


async def test_another_body_is_forged() -> None:
    body = msgspec.json.encode(like(type="Announce"))
    forged = msgspec.structs.replace(signed(like()), body=body)
    with pytest.raises(WebhookForged):
        await Fediverse().adapter().verify(forged)


async def test_another_path_is_forged() -> None:
    moved = msgspec.structs.replace(signed(like()), target="/v1/webhooks/other")
    with pytest.raises(WebhookForged):
        await Fediverse().adapter().verify(moved)


async def test_nobody_signs_for_another_actor() -> None:
    with pytest.raises(WebhookForged):
        await Fediverse().adapter().verify(signed(like(actor="https://m.example/users/eve")))


@pytest.mark.parametrize(
    ("algorithm", "key"), [("hmac-sha256", RSA), ("ed25519", RSA), ("rsa-sha256", ED)]
)
async def test_the_algorithm_is_that_of_the_key(algorithm: str, key: SigningKey) -> None:
    with pytest.raises(WebhookForged):
        await Fediverse(key).adapter().verify(signed(like(), key, algorithm=algorithm))


async def test_only_trusted_servers_are_asked_for_keys() -> None:
    fediverse = Fediverse()
    for key_id in ("https://evil.example/key", "http://127.0.0.1/key", "file:///etc/passwd"):
        with pytest.raises(WebhookForged):
            await fediverse.adapter().verify(signed(like(), key_id=key_id))
    assert fediverse.asked == []


async def test_a_server_answers_for_its_own_actors_only() -> None:
    fediverse = Fediverse()
    fediverse.documents[ACTOR] = Fediverse.actor(RSA, "https://other.example/users/bob")
    with pytest.raises(WebhookForged):
        await fediverse.adapter().verify(signed(like(actor="https://other.example/users/bob")))


async def test_a_stale_activity() -> None:
    for age in (3700, -3700):
        with pytest.raises(WebhookStale):
            await Fediverse().adapter().verify(signed(like(), age=age))


async def test_an_actor_may_change_its_key() -> None:
    fediverse = Fediverse()
    adapter = fediverse.adapter()
    await adapter.verify(signed(like()))
    fediverse.documents[ACTOR] = Fediverse.actor(ED)
    renewed = signed(like(), ED, algorithm="hs2019", age=-120)
    with pytest.raises(WebhookForged):
        await adapter.verify(renewed)  # asked a moment ago
    fediverse.now += 2 * MINUTE
    await adapter.verify(renewed)
    assert len(fediverse.asked) == 2


async def test_a_server_that_does_not_answer_is_not_asked_all_the_time() -> None:
    fediverse = Fediverse()
    fediverse.documents.clear()
    adapter = fediverse.adapter()
    for _ in range(3):
        with pytest.raises(WebhookForged):
            await adapter.verify(signed(like()))
    assert len(fediverse.asked) == 1


async def test_a_key_is_asked_for_again_after_an_hour() -> None:
    fediverse = Fediverse()
    adapter = fediverse.adapter()
    await adapter.verify(signed(like()))
    fediverse.now += HOUR
    await adapter.verify(signed(like(), age=-3600))
    assert len(fediverse.asked) == 2


@pytest.mark.parametrize(
    "header",
    [
        "",
        "nonsense",
        'keyId="x"',
        'keyId="x",keyId="x",headers="date",signature="eA=="',
        'keyId="x",headers="date",signature="é"',
        'keyId="x",headers="(request-target) host date digest absent",signature="eA=="',
    ],
)
async def test_a_header_that_is_none(header: str) -> None:
    genuine = signed(like())
    forged = msgspec.structs.replace(genuine, headers={**genuine.headers, "signature": header})
    with pytest.raises(WebhookForged):
        await Fediverse().adapter().verify(forged)


@pytest.mark.parametrize(
    ("activity", "kind", "reference"),
    [
        (like(), "like", "post:https://m.example/users/mia/statuses/1"),
        (like(type="Announce", object=LINK), "share", SHARE),
        (like(type="EmojiReact", object={"id": LINK}), "reaction", SHARE),
        (
            like(type="Create", object={"type": "Note", "inReplyTo": "https://m.example/p"}),
            "comment",
            "post:https://m.example/p",
        ),
    ],
)
def test_what_counts(activity: dict[str, Any], kind: str, reference: str) -> None:
    (one,) = Fediverse().adapter().read(signed(activity), NOW)
    assert (one.engagement_type, one.reference) == (kind, reference)
    assert one.platform_event_id == f"{ACTOR}#likes/1"
    assert one.engager == Engager(id=ACTOR, url=ACTOR)


@pytest.mark.parametrize(
    "activity",
    [like(type="Undo"), like(type="Follow"), like(object=None), like(type="Create")],
)
def test_what_does_not(activity: dict[str, Any]) -> None:
    assert Fediverse().adapter().read(signed(activity), NOW) == []


def test_an_activity_is_on_the_server_of_its_actor() -> None:
    with pytest.raises(Invalid):
        Fediverse().adapter().read(signed(like(id="https://other.example/1")), NOW)
