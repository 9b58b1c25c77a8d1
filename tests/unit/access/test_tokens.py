"""Access tokens: what is accepted, what is refused, and in which words."""

from __future__ import annotations

import base64
import json
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from groundswell.access.derivation import derive_key
from groundswell.access.jwks import KeySet
from groundswell.access.terms import Terms
from groundswell.access.tokens import ACCESS_TOKEN_SECONDS, AccessTokens, signing_key
from groundswell.contract.errors import Conflict, Unauthenticated, Unavailable
from groundswell.contract.times import DAY, MINUTE, SECOND

KEY = b"k" * 32
NOW = 20_000 * DAY
SECONDS = NOW // SECOND
CLAIMS: dict[str, Any] = {"sub": "ada", "aud": "groundswell", "exp": SECONDS + 60}
RSA_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
EC_KEY = ec.generate_private_key(ec.SECP256R1())
RSA_JWK = {**json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(RSA_KEY.public_key())), "kid": "r"}
EC_JWK = {**json.loads(jwt.algorithms.ECAlgorithm.to_jwk(EC_KEY.public_key())), "kid": "e"}


class Issuer:
    """Another issuer of tokens, whose key set can change and whose server can fail."""

    def __init__(self, *keys: Any) -> None:
        self.document: Any = {"keys": list(keys)}
        self.asked = 0
        self.down = False

    async def __call__(self) -> Any:
        self.asked += 1
        if self.down:
            raise ValueError("no answer")
        return self.document


def signed(key: Any = KEY, algorithm: str = "HS256", kid: str | None = None, **claims: Any) -> str:
    headers = None if kid is None else {"kid": kid}
    wanted = {name: value for name, value in {**CLAIMS, **claims}.items() if value is not None}
    return jwt.encode(wanted, key, algorithm=algorithm, headers=headers)


async def refusal(token: str, tokens: AccessTokens | None = None, now: int = NOW) -> str:
    with pytest.raises(Unauthenticated) as caught:
        await (tokens or AccessTokens(KEY)).verify(token, now)
    return str(caught.value)


async def test_an_issued_token_says_who_and_for_how_long() -> None:
    tokens = AccessTokens(KEY)
    token = tokens.issue("ada", Terms(frozenset(["moderate", "boards"])), "sid-1", NOW + 5)
    claims = await tokens.verify(token, NOW + 5)
    assert claims.user_id == "ada"
    assert claims.session_id == "sid-1"
    assert claims.scopes == {"moderate", "boards"}
    assert claims.token_id
    assert claims.issued_at == NOW
    assert claims.expires_at == NOW + ACCESS_TOKEN_SECONDS * SECOND
    decoded = jwt.decode(token, options={"verify_signature": False})
    assert sorted(decoded) == ["aud", "exp", "iat", "jti", "scopes", "sid", "sub"]


async def test_a_token_ends_exactly_at_its_expiry_even_if_it_was_seen_before() -> None:
    tokens = AccessTokens(KEY)
    token = tokens.issue("ada", Terms(), "sid-1", NOW)
    end = NOW + ACCESS_TOKEN_SECONDS * SECOND
    await tokens.verify(token, end - 1)
    assert await refusal(token, tokens, end) == "The token has expired."
    assert await refusal(token, tokens, end + DAY) == "The token has expired."
    assert await refusal(token, AccessTokens(KEY), end) == "The token has expired."


async def test_a_token_of_the_host_needs_only_subject_audience_and_expiry() -> None:
    claims = await AccessTokens(KEY).verify(signed(), NOW)
    assert (claims.user_id, claims.session_id, claims.scopes) == ("ada", None, frozenset())


@pytest.mark.parametrize(
    ("claims", "words"),
    [
        ({"sub": None}, "has no 'sub' claim"),
        ({"exp": None}, "has no 'exp' claim"),
        ({"aud": None}, "has no 'aud' claim"),
        ({"aud": "elsewhere"}, "is not meant for 'groundswell'"),
        ({"sub": "a.b"}, "subject is not a user id"),
        ({"sub": "a\n"}, "subject is not a user id"),
        ({"sub": ""}, "subject is not a user id"),
        ({"sub": "x" * 65}, "subject is not a user id"),
        ({"exp": SECONDS}, "has expired"),
        ({"exp": "soon"}, "'exp' claim is not a time"),
        ({"exp": True}, "'exp' claim is not a time"),
        ({"exp": 1e300}, "'exp' claim is not a time"),
        ({"exp": float("inf")}, "'exp' claim is not a time"),
        ({"exp": float("nan")}, "'exp' claim is not a time"),
        ({"nbf": SECONDS + 31}, "is not valid yet"),
        ({"sid": 5}, "'sid' claim is not a text"),
        ({"scopes": "admin"}, "scopes are not a list"),
        ({"scopes": [1]}, "scopes are not a list"),
    ],
)
async def test_claims_that_are_wrong_are_named(claims: dict[str, Any], words: str) -> None:
    assert words in await refusal(signed(**claims))


async def test_a_token_that_is_nearly_valid_is_forgiven_half_a_minute() -> None:
    assert (await AccessTokens(KEY).verify(signed(nbf=SECONDS + 30), NOW)).user_id == "ada"


async def test_another_key_signs_nothing() -> None:
    assert await refusal(signed(b"other" * 8)) == "The token is not signed by a known key."


async def test_no_algorithm_is_no_signature() -> None:
    token = jwt.encode(CLAIMS, "", algorithm="none")
    assert await refusal(token) == "The token's signature algorithm is not accepted."


@pytest.mark.parametrize("name", ["none", "None", "nOnE", "HS512", "RS256", "", None, 5, ["HS256"]])
async def test_an_algorithm_by_another_name_is_refused(name: Any) -> None:
    header = base64.urlsafe_b64encode(json.dumps({"alg": name}).encode()).decode().rstrip("=")
    forged = ".".join([header, *signed().split(".")[1:]])
    assert "not accepted" in (words := await refusal(forged)) or "malformed" in words


async def test_a_public_key_is_never_taken_for_a_shared_secret() -> None:
    """The classic confusion: HS256 with the text of the RSA key as its secret."""
    tokens = AccessTokens(KEY, KeySet(Issuer(RSA_JWK)))
    pem = RSA_KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    header = {"alg": "HS256", "kid": "r", "typ": "JWT"}
    parts = [
        base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=")
        for part in (header, CLAIMS)
    ]
    signature = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256).sign(
        b".".join(parts), pem
    )
    forged = b".".join([*parts, base64.urlsafe_b64encode(signature).rstrip(b"=")]).decode()
    assert "not signed by a known key" in await refusal(forged, tokens)
    assert "not accepted" in await refusal(forged, AccessTokens(None, KeySet(Issuer(RSA_JWK))))


@given(st.text(max_size=300) | st.lists(st.text(max_size=40), min_size=3, max_size=3).map(".".join))
async def test_rubbish_is_never_a_token(text: str) -> None:
    assert await refusal(text)


@given(st.integers(0, 400), st.integers(0, 63))
async def test_a_token_changed_in_one_place_is_refused(place: int, letter: int) -> None:
    token = signed()
    place %= len(token)
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    changed = token[:place] + alphabet[letter] + token[place + 1 :]
    # The last letter of each part has bits that decode to nothing.
    if _decoded(changed) != _decoded(token):
        assert await refusal(changed)


def _decoded(token: str) -> list[bytes]:
    return [base64.urlsafe_b64decode(part + "==") for part in token.split(".")]


@pytest.mark.parametrize(
    ("key", "algorithm", "kid"), [(RSA_KEY, "RS256", "r"), (EC_KEY, "ES256", "e")]
)
async def test_tokens_of_another_issuer(key: Any, algorithm: str, kid: str) -> None:
    issuer = Issuer(RSA_JWK, EC_JWK)
    tokens = AccessTokens(None, KeySet(issuer))
    assert (await tokens.verify(signed(key, algorithm, kid), NOW)).user_id == "ada"
    assert (await tokens.verify(signed(key, algorithm, kid, sub="bob"), NOW)).user_id == "bob"
    assert issuer.asked == 1


async def test_a_key_is_used_with_its_own_algorithm_only() -> None:
    tokens = AccessTokens(None, KeySet(Issuer(RSA_JWK, EC_JWK)))
    assert "known key" in await refusal(signed(RSA_KEY, "RS256", "e"), tokens)
    assert "known key" in await refusal(signed(EC_KEY, "ES256", "r"), tokens)
    assert "not accepted" in await refusal(signed(RSA_KEY, "RS512", "r"), tokens)


async def test_a_token_without_key_id_is_accepted_while_there_is_one_key() -> None:
    token = signed(RSA_KEY, "RS256")
    assert (await AccessTokens(None, KeySet(Issuer(RSA_JWK))).verify(token, NOW)).user_id == "ada"
    both = AccessTokens(None, KeySet(Issuer(RSA_JWK, EC_JWK)))
    assert "known key" in await refusal(token, both)


async def test_a_new_key_is_fetched_but_made_up_ids_do_not_cause_a_storm() -> None:
    issuer = Issuer(EC_JWK)
    tokens = AccessTokens(None, KeySet(issuer))
    await tokens.verify(signed(EC_KEY, "ES256", "e"), NOW)
    issuer.document["keys"].append(RSA_JWK)
    for attempt in range(20):
        await refusal(signed(RSA_KEY, "RS256", f"made-up-{attempt}"), tokens)
    assert issuer.asked == 1
    later = NOW + 30 * SECOND
    assert (await tokens.verify(signed(RSA_KEY, "RS256", "r"), later)).user_id == "ada"
    assert issuer.asked == 2


async def test_a_withdrawn_key_counts_for_ten_minutes_at_most() -> None:
    issuer = Issuer(RSA_JWK)
    keys = KeySet(issuer)
    late = signed(RSA_KEY, "RS256", "r", exp=SECONDS + 3600)
    await AccessTokens(None, keys).verify(late, NOW)
    issuer.document = {"keys": [EC_JWK]}
    await AccessTokens(None, keys).verify(late, NOW + 10 * MINUTE - 1)
    assert "known key" in await refusal(late, AccessTokens(None, keys), NOW + 10 * MINUTE)


async def test_known_keys_stay_while_the_issuer_is_silent() -> None:
    issuer = Issuer(RSA_JWK)
    keys = KeySet(issuer)
    token = signed(RSA_KEY, "RS256", "r", exp=SECONDS + 3600)
    await AccessTokens(None, keys).verify(token, NOW)
    issuer.down = True
    claims = await AccessTokens(None, keys).verify(token, NOW + 20 * MINUTE)
    assert claims.user_id == "ada"


@pytest.mark.parametrize("document", [None, [], {"keys": 5}, "x"])
async def test_without_any_key_set_the_service_says_so(document: Any) -> None:
    issuer = Issuer()
    issuer.document = document
    with pytest.raises(Unavailable):
        await AccessTokens(None, KeySet(issuer)).verify(signed(RSA_KEY, "RS256", "r"), NOW)


async def test_keys_that_cannot_be_used_are_passed_over() -> None:
    odd = [5, {}, {"kty": "oct", "k": "AAAA", "kid": "r"}, {**EC_JWK, "use": "enc"}, {"kty": "RSA"}]
    tokens = AccessTokens(None, KeySet(Issuer(*odd, RSA_JWK)))
    assert (await tokens.verify(signed(RSA_KEY, "RS256", "r"), NOW)).user_id == "ada"
    assert "known key" in await refusal(signed(EC_KEY, "ES256", "e"), tokens)


def test_where_the_signing_key_comes_from() -> None:
    root, given_key = b"r" * 32, b"g" * 32
    assert signing_key(root, None, has_key_set=False) == derive_key(root, "groundswell/jwt")
    assert signing_key(root, given_key, has_key_set=False) == given_key
    assert signing_key(root, given_key, has_key_set=True) == given_key
    assert signing_key(root, None, has_key_set=True) is None
    with pytest.raises(ValueError, match="at least 32 bytes"):
        signing_key(root, b"short", has_key_set=False)


def test_without_a_signing_key_no_tokens_are_issued() -> None:
    with pytest.raises(Conflict) as caught:
        AccessTokens(None).issue("ada", Terms(), "sid-1", NOW)
    assert caught.value.reason == "tokens_issued_elsewhere"
